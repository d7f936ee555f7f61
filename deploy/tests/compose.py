"""docker-compose.prod.yml as data: what a service runs, with which variables."""

import re
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from sandbox.home import PROJECT

FILE = PROJECT / "docker-compose.prod.yml"
VALUES = {"PILLING_HOST": "pilling.test"}


def load() -> dict[str, Any]:
    """With `${NAME:?…}` and `${NAME:-default}` filled in."""
    text = re.sub(r"\$\{(\w+)(?::[?-]([^}]*))?\}", lambda m: VALUES.get(m[1], m[2] or ""), FILE.read_text())
    return yaml.safe_load(text)


def written() -> set[str]:
    """The variables that name a folder into which the web writes: settings that are paths, and the metrics'."""
    paths = {name for name in dir(settings) if name[0] != "_" and isinstance(getattr(settings, name), Path)}
    # The code itself, and what was collected when the image was made.
    return (paths - {"BASE_DIR", "STATIC_ROOT"}) | {"PROMETHEUS_MULTIPROC_DIR"}


def service(name: str) -> dict[str, Any]:
    return load()["services"][name]
