"""`python -m sandbox.standins`: all stand-ins in one process until SIGTERM or SIGINT."""

import argparse
import json
import logging
import signal
import threading
from pathlib import Path

from sandbox.standins.standins import Standins

logger = logging.getLogger(__name__)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options = _options()
    ports = _earlier_ports(options.ports_file)
    if options.control_port is not None:
        ports["control"] = options.control_port
    stopping = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stopping.set())
    with Standins(data=options.data, ports=ports, host=options.host) as standins:
        for setting, value in options.set:
            standins.set(setting, value)
        _write_ports(options.ports_file, standins.ports())
        logger.info("stand-ins listen: %s", {name: standins.url(name) for name in standins.ports()})
        stopping.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.standins", description=__doc__)
    parser.add_argument("--ports-file", type=Path, help="written once listening; ports in it are used again when free")
    parser.add_argument("--data", type=Path, help="folder of records (default: SANDBOX_DATA, else the sample)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--control-port", type=int)
    parser.add_argument("--set", metavar="SETTING=N", action="append", default=[], type=_setting)
    return parser.parse_args()


def _setting(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    return name, float(value)


def _earlier_ports(path: Path | None) -> dict[str, int]:
    """The ports of the run before; none when the file is absent or broken."""
    if path is None or not path.is_file():
        return {}
    try:
        return {str(name): int(port) for name, port in json.loads(path.read_text()).items()}
    except (ValueError, AttributeError):
        logger.warning("the ports file is unreadable; taking any ports")
        return {}


def _write_ports(path: Path | None, ports: dict[str, int]) -> None:
    """Whole or not at all: a reader that polls for the file never sees half of it."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(ports))
        partial.replace(path)


if __name__ == "__main__":
    main()
