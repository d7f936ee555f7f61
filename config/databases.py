"""The databases: PostgreSQL, and a streaming replica of it when there is one (core.replica)."""

from typing import Any

from config.environment import Env

REPLICA = "replica"
# What may be read there; most of the pharmacies' statements are SQL of their own.
REPLICA_MODELS = frozenset({
    "medicines.Medicine", "medicines.MedicineCache", "medicines.MedicineTerm",
    "pharmacies.PharmacyCell", "pharmacies.PublicHoliday",
})  # fmt: skip

# A machine that vanished says nothing: without these a thread waits a quarter of an hour for it. libpq leaves them out
# on a Unix socket.
_SILENCE = {"tcp_user_timeout": 5_000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2}


def databases(env: Env) -> dict[str, dict[str, Any]]:
    """Django's DATABASES, from DATABASE_URL and DATABASE_REPLICA_URL."""
    found = {"default": _database(env, "DATABASE_URL")}
    if env.str("DATABASE_REPLICA_URL", ""):
        found[REPLICA] = _database(env, "DATABASE_REPLICA_URL")
        # Tests have one database, under both names.
        found[REPLICA]["TEST"] = {"MIRROR": "default"}
    return found


def _database(env: Env, variable: str) -> dict[str, Any]:
    pooled = env.bool("DATABASE_POOLED", False)
    options: dict[str, Any] = {"connect_timeout": 3, **_SILENCE}
    if not pooled:
        # gunicorn.conf.py gives web requests 5 s. A task has its own time limit, and a command may take what it takes.
        milliseconds = env.int("DATABASE_STATEMENT_TIMEOUT_MS", 0)
        # core.prepared: plans that serve any parameters.
        options["options"] = f"-c statement_timeout={milliseconds} -c plan_cache_mode=force_generic_plan"
    given: dict[str, Any] = env.db_url(variable)
    return given | {
        "ENGINE": "core.postgresql",
        "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", 300),
        "CONN_HEALTH_CHECKS": True,
        # Behind PgBouncer in transaction mode no session is ours: the role has the options instead (deploy/README.md).
        "DISABLE_SERVER_SIDE_CURSORS": pooled,
        "OPTIONS": given.get("OPTIONS", {}) | options,
    }
