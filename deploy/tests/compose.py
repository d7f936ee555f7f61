"""docker-compose.prod.yml as data: what a service runs, with which variables."""

import re
from typing import Any

import yaml

from sandbox.home import PROJECT

FILE = PROJECT / "docker-compose.prod.yml"
VALUES = {"PILLING_HOST": "pilling.test"}


def load() -> dict[str, Any]:
    """With `${NAME:?…}` and `${NAME:-default}` filled in."""
    text = re.sub(r"\$\{(\w+)(?::[?-]([^}]*))?\}", lambda m: VALUES.get(m[1], m[2] or ""), FILE.read_text())
    return yaml.safe_load(text)


def service(name: str) -> dict[str, Any]:
    return load()["services"][name]
