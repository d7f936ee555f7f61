"""Carries out a Dockerfile without an engine: each stage gets a folder in place of its file system.

Base images are this machine: its Python stands for `python:…`, its uv for uv's image. Absolute paths of the image
(`_PLACES`) are moved below the stage's folder wherever they stand in a step. Steps that only make users are left out.
"""

import ast
import fnmatch
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PLACES = re.compile(r"(?<![\w/.-])/(app|opt/venv|run/pilling|etc/nginx|usr/share/nginx)(?=[/\s\"']|$)")
# How pip's configuration is called by uv, which reads none of it.
_INDEX = {
    "index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}  # fmt: skip
_USERS = re.compile(r"^(groupadd|useradd|install -d -o)\b")


@dataclass
class Stage:
    root: Path
    workdir: Path = Path("/")
    env: dict[str, str] = field(default_factory=dict)
    user: str = ""
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def place(self, path: str) -> Path:
        """Where a path of the image is on this machine."""
        return self.root / str(self.workdir / path).lstrip("/")

    def moved(self, text: str) -> str:
        return _PLACES.sub(lambda found: f"{self.root}/{found[1]}", text)


def steps(dockerfile: str) -> Iterator[tuple[str, str]]:
    """(instruction, rest) of each line, comments left out and continued lines joined."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, re.sub(r"\s+", " ", rest)


class Ignored:
    """`.dockerignore`: of all patterns that fit a path or a folder above it, the last decides."""

    def __init__(self, text: str) -> None:
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        self.patterns = [(line.removeprefix("!"), line.startswith("!")) for line in lines]

    def __call__(self, path: Path) -> bool:
        verdict = False
        for pattern, kept in self.patterns:
            # Only `**/` looks below the top.
            names = path.parts if pattern.startswith("**/") else map(str, [path, *path.parents][:-1])
            if any(fnmatch.fnmatch(name, pattern.removeprefix("**/")) for name in names):
                verdict = not kept
        return verdict


class Build:
    """`Build(context, root).run()` → the stages by name."""

    def __init__(self, context: Path, root: Path) -> None:
        self.context, self.root = context, root
        self.ignored = Ignored((context / ".dockerignore").read_text())
        self.stages: dict[str, Stage] = {}
        self.stage = Stage(root)

    def run(self) -> dict[str, Stage]:
        for word, rest in steps((self.context / "Dockerfile").read_text()):
            getattr(self, f"_{word.lower()}")(rest)
        return self.stages

    def _from(self, rest: str) -> None:
        image, name = rest.split(" AS ")
        self.stage = self.stages[name] = Stage(self.root / name)
        self.stage.root.mkdir(parents=True)
        if "/uv:" in image:
            shutil.copy2(shutil.which("uv", path=clean()["PATH"]) or "", self.stage.root / "uv")

    def _env(self, rest: str) -> None:
        self.stage.env |= {n: self.stage.moved(v) for n, v in (pair.split("=", 1) for pair in rest.split())}

    def _arg(self, rest: str) -> None:
        name, _, default = rest.partition("=")
        self.stage.env[name] = default

    def _workdir(self, rest: str) -> None:
        self.stage.workdir = Path(rest)
        self.stage.place(".").mkdir(parents=True, exist_ok=True)

    def _user(self, rest: str) -> None:
        self.stage.user = rest

    def _cmd(self, rest: str) -> None:
        self.stage.command = json.loads(rest)

    def _healthcheck(self, rest: str) -> None:
        self.stage.health = json.loads(rest.split(" CMD ")[1])

    def _expose(self, rest: str) -> None:
        """Nothing to do."""

    def _copy(self, rest: str) -> None:
        *sources, target = re.sub(r"--from=\S+ ", "", rest).split()
        lender = re.search(r"--from=(\S+)", rest)
        for source in sources:
            place = self.stage.place(target)
            if lender:
                # What a stage lends is not written to any more.
                self._carry(self.stages[lender[1]].place(source), place, lambda _: False, os.link)
            else:
                self._carry(self.context / source, place, self.ignored, shutil.copy2)

    def _carry(self, source: Path, target: Path, ignored: Callable[[Path], bool], copy: Callable[..., object]) -> None:
        if source.is_file():
            target = target / source.name if target.is_dir() else target
            target.parent.mkdir(parents=True, exist_ok=True)
            copy(source, target)
            return
        for file in sorted(source.rglob("*")):
            inside = file.relative_to(source)
            if not file.is_dir() and not ignored(inside):
                place = target / inside
                place.parent.mkdir(parents=True, exist_ok=True)
                copy(file, place, follow_symlinks=False)

    def _run(self, rest: str) -> None:
        commands = [part for part in rest.split(" && ") if not _USERS.match(part)]
        if not commands:
            return
        done = subprocess.run(
            ["sh", "-euc", self.stage.moved(" && ".join(commands))],
            cwd=self.stage.place("."), env=clean() | self.stage.env, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{rest}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"


def clean() -> dict[str, str]:
    """An environment with nothing of the tests' in it; what leads to the package index stays."""
    kept = re.compile(r"UV_|SSL_CERT|REQUESTS_CA|https?_proxy|no_proxy", re.IGNORECASE)
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    named = {name: value for name, value in os.environ.items() if kept.match(name)}
    return {**_index(), **named, "PATH": path, "HOME": "/tmp"}  # noqa: S108


@functools.cache
def _index() -> Mapping[str, str]:
    """Where this machine's pip finds packages and whom it trusts, for uv; as pip does, the best of all places."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    values = {line.partition("=")[0].rpartition(".")[2]: ast.literal_eval(line.partition("=")[2]) for line in told}
    found = {_INDEX[name]: " ".join(value.split()) for name, value in values.items() if name in _INDEX}
    if "UV_FIND_LINKS" in found:
        found["UV_FIND_LINKS"] = found["UV_FIND_LINKS"].replace(" ", ",")
    return found | {"UV_INDEX_STRATEGY": "unsafe-best-match"}
