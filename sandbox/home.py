"""Where a bare-machine run keeps its state: one folder, `PILLING_HOME`."""

import hashlib
import json
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# sockaddr_un holds 108 bytes; the longest name below it is ".s.PGSQL.5432.lock". The path stands in addresses and in a
# list of PostgreSQL's, so it has no character that means something there.
_SOCKET_FOLDER = re.compile(r"[A-Za-z0-9._/+~-]{1,85}")


@dataclass(frozen=True)
class Home:
    """A state folder; two homes share nothing, so two copies don't disturb each other."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        return cls(Path(os.environ.get("PILLING_HOME") or PROJECT / "var").resolve())

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def state_file(self) -> Path:
        return self.run / "environment.json"

    @property
    def standins_file(self) -> Path:
        return self.run / "standins.json"

    @property
    def sockets(self) -> Path:
        """The folder of Unix sockets: below the home, or in the temporary folder when that path is long or odd."""
        if _SOCKET_FOLDER.fullmatch(str(self.run)):
            return self.run
        name = hashlib.sha256(str(self.root).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"pilling-{os.getuid()}-{name}"

    def make(self) -> None:
        for folder in (self.root, self.run, self.logs, self.sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.sockets.stat().st_uid != os.getuid():
            raise RuntimeError(f"{self.sockets} belongs to another user")

    def secret(self, name: str, *, size: int = 48) -> str:
        """A random value of `size` bytes made at first use and kept, readable by its owner only."""
        path = self._secret(name)
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            write_private(path, secrets.token_urlsafe(size))
        return path.read_text()

    def keeps(self, name: str) -> bool:
        return self._secret(name).exists()

    def forget(self, name: str) -> None:
        self._secret(name).unlink(missing_ok=True)

    def _secret(self, name: str) -> Path:
        return self.root / "secrets" / name

    def read_state(self) -> dict[str, str] | None:
        """What the owner of the servers published; None when there is nothing."""
        try:
            state: dict[str, str] = json.loads(self.state_file.read_text())
        except FileNotFoundError:
            return None
        return state


def write_private(path: Path, text: str) -> None:
    """Write whole or not at all, with mode 0600."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)
