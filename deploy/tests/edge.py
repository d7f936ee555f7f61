"""The real nginx with the real nginx.conf, in front of the running product.

Only what belongs to a container is replaced in the file: ports, folders, the user, the web's address.
"""

import contextlib
import http.client
import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from config.tests.running import Answer, Product, wait_for
from sandbox.home import PROJECT
from sandbox.ports import free_port
from sandbox.process import Child, spawn, wait_until

HOST = "pilling.test"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="needs Debian's package nginx")


class Behind(Product):
    """The product as it stands behind a proxy that it trusts, with TLS wanted. `own_ports`: one for each process."""

    def __init__(self) -> None:
        super().__init__()
        self.own_ports = [free_port(), free_port()]

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {
            "WEB_PORTS": " ".join(map(str, self.own_ports)),
            "INSECURE_HTTP": "0",
            "ALLOWED_HOSTS": f"{HOST},127.0.0.1,web",
            "TRUSTED_PROXIES": "127.0.0.0/8",
            "CORS_ALLOWED_ORIGINS": "https://app.pilling.test,https://www.pilling.test",
        }


def _serves(child: psutil.Process) -> bool:
    """False also for a worker that has ended while we looked at it."""
    try:
        return "worker process" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:
        return False


def ask(port: int, path: str, **headers: str) -> requests.Response:
    """One web alone, as nginx asks."""
    given = {"Host": HOST, "X-Forwarded-Proto": "https", **headers}
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", headers=given, timeout=60, allow_redirects=False)
    except requests.ConnectionError:
        return requests.Response()


class Web:
    """Another gunicorn of the same product, on a port of its own."""

    def __init__(self, product: Product, folder: Path, **variables: str) -> None:
        self.port = free_port()
        own = {"PORT": str(self.port), "WEB_PORTS": "", "PROMETHEUS_MULTIPROC_DIR": str(folder / "prometheus")}
        env = product.env | variables | own
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
        self.child = spawn("web", command, log=folder / "web.log", env=env, cwd=PROJECT)
        wait_until(lambda: ask(self.port, "/livez").status_code == 200, self.child, seconds=120)


class Edge:
    """One nginx. `ports`: what it chooses among; `shared`: whom it asks when none of those answers."""

    def __init__(self, folder: Path, ports: list[int], *, shared: int = 0) -> None:
        self.folder, self.shared = folder, shared
        self.http, self.tls, self.status = free_port(), free_port(), free_port()
        for name in ("tls", "conf.d", "cache", "html/static", "run", "tmp"):
            (folder / name).mkdir(parents=True)
        folder.chmod(0o755)
        self.conf = folder / "nginx.conf"
        self.access, self.errors = folder / "access.log", folder / "error.log"
        self._certify()
        self._send_to(ports)
        self.conf.write_text(self._moved((PROJECT / "nginx.conf").read_text()))
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "".join(f"{kind}_temp_path {folder / 'tmp' / kind};\n" for kind in kinds)
        (folder / "conf.d" / "folders.conf").write_text(places)
        self.child: Child | None = None

    def _certify(self) -> None:
        made = f"-keyout {self.folder}/tls/privkey.pem -out {self.folder}/tls/fullchain.pem -subj /CN={HOST}"
        command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 {made}".split()
        subprocess.run(command, check=True, capture_output=True)

    def _send_to(self, ports: list[int]) -> None:
        """As deploy/nginx_web.sh and deploy/release write it, with addresses for names."""
        servers = [f"server 127.0.0.1:{port} max_fails=1 fail_timeout=1s;\n" for port in ports]
        servers += [f"server 127.0.0.1:{self.shared} backup max_fails=0;\n"] if self.shared else []
        (self.folder / "web.conf").write_text("".join(servers))

    def _moved(self, text: str) -> str:
        user = "user root;" if os.geteuid() == 0 else ""
        for pattern, new in (
            (r"^user nginx;", user),
            (r"pid /run/nginx.pid", f"pid {self.folder}/nginx.pid"),
            (r"listen \[::\].*\n", "\n"),
            (r"listen 80 default_server", f"listen 127.0.0.1:{self.http} default_server"),
            (r"listen 443 ", f"listen 127.0.0.1:{self.tls} "),
            (r"127.0.0.1:8081", f"127.0.0.1:{self.status}"),
            (r"/run/web\.conf", f"{self.folder}/web.conf"),
            (r"/dev/stdout", str(self.access)),
            (r"/dev/stderr", str(self.errors)),
            (r"/etc/nginx/(tls|conf\.d)", rf"{self.folder}/\1"),
            (r"/var/cache/nginx", f"{self.folder}/cache"),
            (r"/usr/share/nginx", f"{self.folder}/html"),
            (r"/run/pilling", f"{self.folder}/run"),
        ):
            text, count = re.subn(pattern, new, text, flags=re.MULTILINE)
            assert count, f"nginx.conf has no {pattern}"
        return text

    def command(self, *more: str) -> list[str]:
        return [str(NGINX), "-e", str(self.errors), "-c", str(self.conf), *more]

    def start(self) -> None:
        command = self.command("-g", "daemon off;")
        self.child = spawn("nginx", command, log=self.folder / "output.log")
        wait_until(self._answers, self.child, seconds=120)

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def lead(self, ports: list[int]) -> None:
        """Another web, as deploy/release does it: until the workers of before have gone."""
        self._send_to(ports)
        before = {worker.pid for worker in self._workers()}
        subprocess.run(self.command("-s", "reload"), check=True, capture_output=True, timeout=20)
        wait_for(lambda: not before & {worker.pid for worker in self._workers()})

    def _workers(self) -> list[psutil.Process]:
        """Without nginx's keeper of the cache, which goes with them but asks nobody."""
        assert self.child
        return [child for child in psutil.Process(self.child.process.pid).children() if _serves(child)]

    def _answers(self) -> bool:
        """By a whole handshake: another process may have had the port a moment ago."""
        try:
            with contextlib.closing(self.connect(timeout=2)) as connection:
                connection.connect()
        except OSError:
            return False
        return (self.folder / "nginx.pid").exists()

    # --- asking ---

    @staticmethod
    def trust(*protocols: str) -> ssl.SSLContext:
        # No system's certificates, which take tens of milliseconds to read and vouch for nobody here.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(list(protocols or ("http/1.1",)))
        return context

    def connect(self, *, source: str = "127.0.0.1", timeout: float = 30) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            "127.0.0.1", self.tls, timeout=timeout, context=self.trust(), source_address=(source, 0)
        )

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | None = None, source: str = "127.0.0.1", **headers: str
    ) -> Answer:
        """Over a connection of its own. `headers`: with `_` for `-`."""
        connection = self.connect(source=source)
        with contextlib.closing(connection):
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers={"Host": HOST} | given)
            return Answer(connection.getresponse())

    def search(self, q: str, **headers: Any) -> Answer:
        return self.ask(f"/api/v1/medicines?q={q}", **headers)

    def counted(self, product: Product, route: str) -> float:
        """How many requests of this route reached the product."""
        return product.metric("api_response_time_seconds_count", route=route)

    def log(self) -> str:
        wait_for(self.access.exists)
        return self.access.read_text() + (self.errors.read_text() if self.errors.exists() else "")
