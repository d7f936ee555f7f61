"""Environment variables; a secret may stand in a file instead: `NAME_FILE=/run/secrets/name` gives `NAME`."""

from environ import FileAwareEnv
from environ.fileaware_mapping import FileAwareMapping


class _SecretFiles(FileAwareMapping):  # type: ignore[misc] # the library has no types
    """Without the line's end that every editor and `echo` add to a file."""

    def __getitem__(self, key: str) -> str:
        value: str = super().__getitem__(key)
        return value.rstrip("\r\n") if f"{key}_FILE" in self.env else value


class Env(FileAwareEnv):  # type: ignore[misc]
    ENVIRON = _SecretFiles()
