"""The nginx before what `benchmarks.edge` measures: the shipped file with or without its cache, and a yardstick."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks import wrk
from benchmarks.harness import Site
from config.tests.running import Answer
from deploy.tests.edge import HOST, NGINX, Edge
from sandbox.home import PROJECT
from sandbox.ports import free_port
from sandbox.process import Child, spawn, wait_until

HOST_HEADER = f"Host: {HOST}"
# As every browser and phone sends it.
TAKES_GZIP = "Accept-Encoding: gzip, deflate, br, zstd"
# nginx keeps whoever may be somebody away from its cache.
PAST_THE_CACHE = "Cookie: passes=1"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder that nobody can foretell is made in it
# As with a balancer in front: every client has a limit of its own, which stays as shipped.
_BALANCER = "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;\n"
# Behind TLS as in production. The peer asks no outside source, so neither does the product here.
ALIKE = {
    "INSECURE_HTTP": "0", "ALLOWED_HOSTS": f"{HOST},127.0.0.1", "TRUSTED_PROXIES": "127.0.0.0/8",
    "DATA_GO_KR_SERVICE_KEY": "", "OPENAI_API_KEY": "",
}  # fmt: skip
# What any nginx adds by itself.
_OF_NGINX = frozenset(("server", "date", "content-length", "content-type", "connection", "accept-ranges"))


def has_tools() -> bool:
    """Whether Debian's packages nginx and wrk are here."""
    return NGINX is not None and wrk.is_here()


class Front(Edge):
    """nginx.conf as shipped; `cached=False`: a plain proxy that is the same in everything else."""

    def __init__(self, folder: Path, ports: list[int], *, cached: bool) -> None:
        self._cached = cached
        self._memory: tempfile.TemporaryDirectory[str] | None = None
        super().__init__(folder, ports)
        self._keep_cache_in_memory()
        (folder / "conf.d" / "real_ip.conf").write_text(_BALANCER)

    def _keep_cache_in_memory(self) -> None:
        """As the compose file and Kubernetes have it."""
        if _MEMORY.is_dir():
            self._memory = tempfile.TemporaryDirectory(prefix="pilling-edge-", dir=_MEMORY)
            (self.folder / "cache").rmdir()
            (self.folder / "cache").symlink_to(self._memory.name)

    def _moved(self, text: str) -> str:
        moved = super()._moved(text)
        return moved if self._cached else moved.replace(" proxy_cache $edge_cache;", "")

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.tls}"

    def stop(self) -> None:
        super().stop()
        if self._memory:
            self._memory.cleanup()

    def processes(self) -> list[psutil.Process]:
        assert self.child
        return psutil.Process(self.child.process.pid).children()


@contextlib.contextmanager
def front(site: Site, name: str, ports: list[int], *, cached: bool = True) -> Iterator[Front]:
    running = Front(site.home.root / name, ports, cached=cached)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@contextlib.contextmanager
def counting(site: Site, before: Front) -> Iterator[Child]:
    """The process that counts nginx's hits, as the compose file has it."""
    receiver = before.folder / "run" / "edge.sock"
    command = site.command("count_edge_hits", "--socket", str(receiver))
    child = spawn("counter", command, log=site.home.logs / "counter.log", env=site.env, cwd=PROJECT)
    try:
        wait_until(receiver.exists, child, seconds=30)
        yield child
    finally:
        child.stop()


# --- the yardstick ---

_ALONE = """
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 16384; multi_accept on; }}
http {{
    access_log {folder}/access.log;
    sendfile on;
    tcp_nopush on;
    proxy_temp_path {folder}/tmp;
    client_body_temp_path {folder}/tmp;
    fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp;
    scgi_temp_path {folder}/tmp;
    proxy_cache_path {folder}/cache levels=1:2 keys_zone=body:32m;
    server {{
        listen 127.0.0.1:{inner};
        etag off;
        if_modified_since off;
        default_type application/json;
        {headers}
        location / {{ root {folder}; try_files /body =404; }}
    }}
    server {{
        listen 127.0.0.1:{tls} ssl http2;
        ssl_certificate {certificates}/fullchain.pem;
        ssl_certificate_key {certificates}/privkey.pem;
        location / {{
            proxy_cache body;
            proxy_cache_valid 200 10m;
            proxy_ignore_headers Cache-Control Vary;
            proxy_pass http://127.0.0.1:{inner};
        }}
    }}
}}
"""


def _quoted(value: str) -> str:
    """As nginx reads a text, the quotes of a policy in it too."""
    return '"' + value.replace('"', r"\"") + '"'


class Alone:
    """An nginx that does nothing but give a cached answer, with a log line as nginx writes it by itself."""

    def __init__(self, folder: Path, certificates: Path, answer: Answer) -> None:
        folder.mkdir()
        self.tls = free_port()
        self.folder, self.conf = folder, folder / "nginx.conf"
        (folder / "body").write_bytes(answer.body)
        headers = "".join(
            f"add_header {name} {_quoted(value)};\n" for name, value in answer.headers.items() if name not in _OF_NGINX
        )
        user = "user root;" if psutil.Process().uids().effective == 0 else ""
        self.conf.write_text(
            _ALONE.format(
                user=user, folder=folder, inner=free_port(), tls=self.tls, headers=headers, certificates=certificates
            )
        )

    def start(self) -> None:
        command = [str(NGINX), "-e", str(self.folder / "error.log"), "-c", str(self.conf), "-g", "daemon off;"]
        self.child = spawn("nginx", command, log=self.folder / "output.log")
        wait_until((self.folder / "nginx.pid").exists, self.child, seconds=20)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.tls}"

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.child.process.pid).children()


@contextlib.contextmanager
def nginx_alone(site: Site, before: Front, path: str, *, encoding: str = "") -> Iterator[Alone]:
    """What nginx can do at best with the answer that `before` gives out of its cache to who takes this encoding."""
    running = Alone(site.home.root / f"alone-{encoding}", before.folder / "tls", _hit(before, path, encoding))
    running.start()
    try:
        yield running
    finally:
        running.child.stop()


def _hit(before: Front, path: str, encoding: str) -> Answer:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        answer = before.ask(path, Accept_Encoding=encoding)
        if answer.headers.get("x-cache") == "edge":
            return answer
    raise RuntimeError("nginx never answered out of its cache")
