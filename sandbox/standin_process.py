"""The stand-ins as one child process, and the variables that point the product at them."""

import json
import sys
from collections.abc import Mapping

import requests

from sandbox.home import PROJECT, Home
from sandbox.process import Child, spawn, wait_until

_KEY = "sandbox-key"
# Vendor: the variables with its key and its address. A key given by the operator means the real service.
_VENDORS = {
    "datagokr": ("DATA_GO_KR_SERVICE_KEY", "DATA_GO_KR_BASE_URL"),
    "kakao_local": ("KAKAO_REST_API_KEY", "KAKAO_LOCAL_BASE_URL"),
    "openai": ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
}


def needed(given: Mapping[str, str]) -> bool:
    return any(not given.get(key) for key, _ in _VENDORS.values())


def start(home: Home) -> Child:
    command = [sys.executable, "-m", "sandbox.standins", "--ports-file", str(home.standins_file)]
    before = _written_at(home)
    child = spawn("stand-ins", command, log=home.logs / "standins.log", cwd=PROJECT)
    # The file of an earlier run (it keeps the ports) may name ports where somebody else answers by now.
    wait_until(lambda: _written_at(home) != before and _answers(home), child, seconds=60)
    return child


def _written_at(home: Home) -> int:
    return home.standins_file.stat().st_mtime_ns if home.standins_file.exists() else 0


def urls(home: Home) -> dict[str, str]:
    """Vendor (and `control`) to address, as the process wrote them once it was listening."""
    ports: dict[str, int] = json.loads(home.standins_file.read_text())
    return {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}


def variables(home: Home, given: Mapping[str, str]) -> dict[str, str]:
    addresses = urls(home) | {"openai": urls(home)["openai"] + "/v1"}
    missing = {vendor: names for vendor, names in _VENDORS.items() if not given.get(names[0])}
    return {key: _KEY for key, _ in missing.values()} | {address: addresses[v] for v, (_, address) in missing.items()}


def _answers(home: Home) -> bool:
    try:
        return requests.get(urls(home)["control"], timeout=2).ok
    except (OSError, ValueError, KeyError):
        return False
