"""`/livez` (the process answers) and `/readyz` (what it stands on answers, and which part does not)."""

import json
import logging
from collections.abc import Callable

import redis
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from core import stores
from core.api import plain_view

logger = logging.getLogger(__name__)


@plain_view(scope=None)
def livez(request: HttpRequest) -> HttpResponse:
    return _answer({"status": "ok"}, 200)


@plain_view(scope=None)
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when everything answers, else 503; `checks` says "ok" or what is missing, per part."""
    checks = {name: check() for name, check in _CHECKS.items()}
    ready = all(result == "ok" for result in checks.values())
    return _answer({"status": "ok" if ready else "unavailable", "checks": checks}, 200 if ready else 503)


def _answer(body: dict[str, object], status: int) -> HttpResponse:
    return HttpResponse(
        json.dumps(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _database() -> str:
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return _missing("PostgreSQL", error)
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as error:
        return _missing("migrations", error)
    return "ok" if not waiting else f"not applied: {', '.join(f'{m.app_label}.{m.name}' for m, _ in waiting[:5])}"


def _redis(store: stores.Store) -> Callable[[], str]:
    def check() -> str:
        try:
            for server in store.servers():
                server.client.ping()
        except redis.RedisError as error:
            return _missing("Redis", error)
        return "ok"

    return check


def _missing(what: str, error: Exception) -> str:
    # The message may hold addresses and user names, so only its kind leaves the process.
    logger.warning("%s does not answer: %s", what, type(error).__name__)
    return "no answer"


_CHECKS: dict[str, Callable[[], str]] = {
    "postgresql": _database,
    "migrations": _migrations,
    "redis_cache": _redis(stores.cache),
    "redis_broker": _redis(stores.broker),
}
