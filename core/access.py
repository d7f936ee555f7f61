"""What is noted of every request: its time in the histogram, and one line. The route, never the path or the query:
they may hold a token or a name.
"""

import logging

from prometheus_client import Histogram

from core import metrics

access = logging.getLogger("core.access")
_timers: dict[tuple[str, str | None, int], Histogram] = {}
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
# Scraped every few seconds; a line for each would drown the rest.
_QUIET_ROUTES = frozenset(("livez", "readyz", "metrics"))


def record(route: str, method: str | None, status: int, seconds: float) -> None:
    _timer(route, method, status).observe(seconds)
    if route not in _QUIET_ROUTES:
        extra = {"route": route, "method": method, "status": status, "duration_ms": round(seconds * 1000, 2)}
        access.info("request", extra=extra)


def _timer(route: str, method: str | None, status: int) -> Histogram:
    key = (route, method, status)
    timer = _timers.get(key)
    if timer is None:
        label = method if method in _METHODS else "other"
        timer = metrics.response_time.labels(route, label, str(status))
        if label == method:
            _timers[key] = timer
    return timer
