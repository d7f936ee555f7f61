"""Ports of this machine for servers that are about to start."""

import random
import socket

# Below the range (from 32768 on Linux, ip_local_port_range) out of which the system gives ports to connections: one
# that was looked up there can be some client's own before the server takes it.
_RANGE = range(10_240, 32_768)
_given: set[int] = set()


def free_port() -> int:
    """One on 127.0.0.1 that nobody listens at, and that this process was never given."""
    while True:
        port = random.choice(_RANGE)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
