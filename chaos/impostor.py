"""A server with a certificate that nobody signed: whoever believes it would have their keys taken."""

import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Self


class Impostor:
    """`knocked`: how many came; `believed`: how many of them said anything after the handshake."""

    def __init__(self, certificates: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates / "fullchain.pem", certificates / "privkey.pem")
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.knocked = self.believed = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread blocked in accept() keeps a merely closed listener open.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                self.knocked += 1
                threading.Thread(target=self._greet, args=(caller,), daemon=True).start()

    def _greet(self, caller: socket.socket) -> None:
        caller.settimeout(10)
        with contextlib.suppress(OSError), caller, self._context.wrap_socket(caller, server_side=True) as line:
            self.believed += bool(line.recv(1))
