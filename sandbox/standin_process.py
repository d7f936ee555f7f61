"""The stand-ins as one child process, and the variables that point the product at them."""

import json
import sys
from collections.abc import Mapping

import requests

from sandbox.home import PROJECT, Home
from sandbox.process import Child, spawn, wait_until
from sandbox.standins import kakao

_KEY = "sandbox-key"
# Vendor: its key, whose absence means the stand-in (a key given by the operator means the real service), what else the
# stand-in wants to be told, and the variables with its address.
_VENDORS: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "datagokr": ("DATA_GO_KR_SERVICE_KEY", {}, ("DATA_GO_KR_BASE_URL",)),
    "openai": ("OPENAI_API_KEY", {}, ("OPENAI_BASE_URL",)),
    "kakao": ("KAKAO_REST_API_KEY", kakao.SECRETS, ("KAKAO_AUTH_BASE_URL", "KAKAO_API_BASE_URL")),
    "kakao_local": ("KAKAO_REST_API_KEY", {}, ("KAKAO_LOCAL_BASE_URL",)),
    # Without a key of its own: whoever has the catalogue's has real addresses of pictures.
    "mfds_pictures": ("DATA_GO_KR_SERVICE_KEY", {}, ("MEDICINE_PICTURES_BASE_URL",)),
    "expo": ("EXPO_ACCESS_TOKEN", {}, ("EXPO_BASE_URL",)),
}


def needed(given: Mapping[str, str]) -> bool:
    return any(not given.get(key) for key, _, _ in _VENDORS.values())


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
    told: dict[str, str] = {}
    for vendor, (key, secrets, places) in _VENDORS.items():
        if not given.get(key):
            told |= {key: _KEY, **secrets} | dict.fromkeys(places, addresses[vendor])
    return told


def _answers(home: Home) -> bool:
    try:
        return requests.get(urls(home)["control"], timeout=2).ok
    except (OSError, ValueError, KeyError):
        return False
