"""The product behind PgBouncer in transaction mode: many people, two sessions."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote, urlsplit

import psycopg2
import pytest

from config.tests.running import wait_for
from deploy.tests.edge import Web, ask
from sandbox.ports import free_port
from sandbox.process import run_as_root, spawn, unprivileged

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(PGBOUNCER is None, reason="needs Debian's package pgbouncer")]
SESSIONS = 2


@pytest.fixture
def pooler(product, tmp_path):
    """The address of a PgBouncer in front of the product's PostgreSQL."""
    port, password = free_port(), unquote(urlsplit(product.postgres.url()).password)
    (tmp_path / "users").write_text(f'"pilling" "{password}"\n')
    (tmp_path / "ini").write_text(
        f"[databases]\npilling = host={product.postgres.sockets} dbname=pilling\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = plain\nauth_file = {tmp_path}/users\n"
        "admin_users = pilling\n"
        f"pool_mode = transaction\ndefault_pool_size = {SESSIONS}\nignore_startup_parameters = extra_float_digits\n"
    )
    command = [PGBOUNCER, str(tmp_path / "ini")]
    child = spawn("pgbouncer", unprivileged(command) if run_as_root() else command, log=tmp_path / "log")
    address = f"postgresql://pilling:{password}@127.0.0.1:{port}/"
    wait_for(lambda: answers(address + "pilling"), why=child.log_tail())
    yield address
    child.stop()


def answers(address):
    try:
        psycopg2.connect(address, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def test_many_people_share_two_sessions(product, pooler, tmp_path):
    pooled = {"DATABASE_URL": pooler + "pilling", "DATABASE_POOLED": "1", "L1_SECONDS": "0"}
    web = Web(product, tmp_path, **pooled)
    try:
        paths = [f"/api/v1/medicines?q={name}{number}" for number in range(40) for name in ("타이", "두통", "게보린")]
        with ThreadPoolExecutor(16) as people:
            found = list(people.map(lambda path: ask(web.port, path).status_code, paths))
        assert set(found) == {200}
        admin = psycopg2.connect(pooler + "pgbouncer")
        admin.autocommit = True
        cursor = admin.cursor()
        cursor.execute("SHOW POOLS")
        names = [column.name for column in cursor.description]
        pools = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        admin.close()
        used = sum(
            pool["sv_active"] + pool["sv_idle"] + pool["sv_used"] for pool in pools if pool["database"] == "pilling"
        )
        assert 0 < used <= SESSIONS
    finally:
        web.child.stop()
