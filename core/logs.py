"""Placeholder until the core builder's module lands (overwrite freely)."""

from typing import Any


def logging_config(*, level: str, log_file: str) -> dict[str, Any]:
    return {"version": 1, "disable_existing_loggers": False, "root": {"level": level}}
