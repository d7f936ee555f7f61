"""Traces (OpenTelemetry) and error reports (Sentry), both off unless an address is given. For processes, after fork.

Needs requirements-telemetry.txt. What leaves is listed here name by name: routes, statuses and times, never the address
of a request, a query, a body, a user or the text of an exception; all of these may tell what somebody takes.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)

_TOLD = frozenset((
    "http.method", "http.request.method", "http.route", "http.status_code", "http.response.status_code", "db.system",
    "db.system.name", "db.operation.name", "messaging.system", "celery.action", "celery.state", "celery.task_name",
    "error.type", "exception.type",
))  # fmt: skip
_started = False


def watch_requests() -> None:
    """In the master, before Django's handler is made: that takes its middleware from the settings once."""
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from opentelemetry.instrumentation.django import DjangoInstrumentor

        DjangoInstrumentor().instrument()


def start(service: str) -> None:
    """Once a process. A name that is missing is an error at the start: who gave the address wants to see something."""
    global _started
    if _started:
        return
    _started = True
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        _start_traces(service)
    if settings.SENTRY_DSN:
        _start_reports(service)


def told(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in _TOLD}


def _start_traces(service: str) -> None:
    from opentelemetry import propagate, trace
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        resource=Resource.create({"service.name": f"pilling-{service}"}),
        sampler=ParentBased(TraceIdRatioBased(settings.OTEL_TRACES_SHARE)),
    )
    provider.add_span_processor(BatchSpanProcessor(_exporter()))
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(_own_context())
    for instrumentor in (CeleryInstrumentor, RedisInstrumentor, RequestsInstrumentor):
        instrumentor().instrument()
    logger.info("Traces are sent")


def _own_context() -> Any:
    """From web to worker. What a client says of a trace is not believed: it would decide what is kept, and its
    `tracestate` and `baggage` would leave with it.
    """
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    class OwnContext(TraceContextTextMapPropagator):
        def extract(self, carrier: Any, context: Context | None = None, *getter: Any, **more: Any) -> Context:
            if isinstance(carrier, dict) and "wsgi.version" in carrier:
                return context or Context()
            return super().extract(carrier, context, *getter, **more)

    return OwnContext()


def _exporter() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import Event, ReadableSpan

    def bare(span: ReadableSpan) -> ReadableSpan:
        return ReadableSpan(
            name=span.name, context=span.context, parent=span.parent, resource=span.resource, kind=span.kind,
            attributes=told(span.attributes), instrumentation_scope=span.instrumentation_scope,
            events=[Event(event.name, told(event.attributes), event.timestamp) for event in span.events],
            start_time=span.start_time, end_time=span.end_time,
        )  # fmt: skip

    class BareExporter(OTLPSpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> Any:
            return super().export([bare(span) for span in spans])

    return BareExporter(endpoint=f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip('/')}/v1/traces")


def _start_reports(service: str) -> None:
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        before_send=_report,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        server_name=service,
    )


def _report(event: Any, hint: Mapping[str, Any]) -> Any:
    """Where in our code something broke, and what kind of thing it was."""
    kept = {
        name: event[name]
        for name in ("event_id", "timestamp", "level", "platform", "release", "server_name")
        if name in event
    }
    values = event.get("exception", {}).get("values", ())
    frames = [
        {"type": value.get("type"), "module": value.get("module"), "stacktrace": {"frames": _frames(value)}}
        for value in values
    ]
    return {**kept, "logger": event.get("logger"), "exception": {"values": frames}} if frames else None


def _frames(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    frames = (value.get("stacktrace") or {}).get("frames", ())
    return [
        {name: frame.get(name) for name in ("module", "function", "filename", "lineno", "in_app")} for frame in frames
    ]
