"""Production settings are safe, and what is unsafe is refused."""

import os
import re
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import call_command

from config.celery import app
from sandbox.home import PROJECT

PRODUCTION = {
    "DJANGO_SECRET_KEY": "k9" * 30 + "-long-enough-and-not-repeating-1234567",
    "ALLOWED_HOSTS": "pilling.example.kr",
    "INSECURE_HTTP": "0",
    "DEBUG": "0",
}


def manage(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "manage.py", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=os.environ | env, capture_output=True, text=True)


def test_production_settings_pass_the_deployment_check():
    done = manage("check", "--deploy", "--fail-level", "INFO", **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("key", ["short", "x" * 31])
def test_a_short_secret_key_is_refused(key):
    done = manage("check", **PRODUCTION | {"DJANGO_SECRET_KEY": key})
    assert done.returncode != 0
    assert "DJANGO_SECRET_KEY" in done.stderr


def test_cache_and_broker_may_not_be_one_server():
    done = manage("check", **PRODUCTION | {"CELERY_BROKER_URL": os.environ["REDIS_URL"]})
    assert done.returncode != 0
    assert "CELERY_BROKER_URL" in done.stderr


def test_a_broker_over_tls_has_to_prove_who_it_is():
    """Celery's own way is to believe anybody, unless the address says otherwise."""
    shown = "from config.celery import app; print(app.connection_for_write().ssl)"
    for more, wanted in (("", "CERT_REQUIRED"), ("?ssl_cert_reqs=none", "CERT_NONE")):
        env = os.environ | {"CELERY_BROKER_URL": f"rediss://broker:6379/0{more}"}
        done = subprocess.run([sys.executable, "-c", shown], cwd=PROJECT, env=env, capture_output=True, text=True)
        assert wanted in done.stdout, done.stderr


@pytest.mark.parametrize(("conf", "limit"), [("import runpy; runpy.run_path('gunicorn.conf.py')", "5s"), ("pass", "0")])
def test_only_web_requests_have_a_statement_timeout(conf, limit):
    """A task or a command would lose its work to the limit of a request."""
    shown = "from django.db import connection as c; k = c.cursor(); k.execute('SHOW statement_timeout')"
    program = f"{conf}; import django; django.setup(); {shown}; print(k.fetchone())"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, env=os.environ, capture_output=True, text=True)
    assert done.stdout == f"('{limit}',)\n", done.stderr


@pytest.mark.parametrize(("name", "value"), [
    ("THROTTLE_USER", "sixty"), ("THROTTLE_SUGGEST", "0/minute"), ("THROTTLE_SOURCE", "10/fortnight"),
    ("TRUSTED_PROXIES", "10.0.0.0/8,nginx"), ("TRUSTED_PROXIES", "10.0.0.1/33"),
])  # fmt: skip
def test_a_limit_or_a_proxy_that_cannot_be_read_is_refused_at_the_start(name, value):
    """Otherwise every request that needs it would be a 500."""
    done = manage("check", **PRODUCTION | {name: value})
    assert done.returncode != 0
    assert name in done.stderr


def test_networks_and_the_local_socket_may_be_proxies():
    assert manage("check", **PRODUCTION | {"TRUSTED_PROXIES": "10.0.0.0/8,::1,unix"}).returncode == 0


@pytest.mark.django_db
def test_models_and_migrations_agree():
    """Who does not is told by a SystemExit."""
    call_command("makemigrations", "--check", "--dry-run")


def test_the_written_schema_is_current():
    made = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=made)
    assert made.getvalue() == (PROJECT / "docs" / "openapi.yaml").read_text(), "make schema"


def test_manage_py_test_runs_the_suite_and_its_own_servers_only():
    """The seed's own name for it; a running product's servers are not emptied for tests."""
    done = manage("test", "core/tests/test_pagination.py", "-q", PILLING_HOME="/nowhere")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_every_variable_is_in_the_example():
    code = "".join(file.read_text() for file in (*(PROJECT / "config").glob("*.py"), PROJECT / "gunicorn.conf.py"))
    read = set(re.findall(r"""env(?:\.[a-z_]+|iron\.get|iron)[\[(]"([A-Z][A-Z0-9_]+)\"""", code))
    example = set(re.findall(r"^#?([A-Z0-9_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert len(read) > 30
    assert read - example == {"DJANGO_SETTINGS_MODULE"} & read


def test_beat_sends_tasks_that_there_are():
    app.loader.import_default_modules()
    sent = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "medicines.tasks.sync_medicines" in sent
    assert sent <= app.tasks.keys()


def test_a_secret_may_stand_in_a_file(tmp_path):
    """As a container's secrets do; the line's end that an editor adds is no part of it."""
    file = tmp_path / "secret"
    file.write_text("from-a-file-" * 4 + "\n")
    shown = ("shell", "-v", "0", "-c", "from django.conf import settings; print(repr(settings.SECRET_KEY))")
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SECRET_KEY"}
    command = [sys.executable, "manage.py", *shown]
    done = subprocess.run(command, cwd=PROJECT, env=environment | {"DJANGO_SECRET_KEY_FILE": str(file)},
                          capture_output=True, text=True)  # fmt: skip
    assert done.stdout.strip() == repr("from-a-file-" * 4), done.stderr


def test_a_secret_file_that_is_not_there_ends_the_start():
    done = manage("check", **PRODUCTION | {"DJANGO_SECRET_KEY_FILE": "/nowhere/secret"})
    assert done.returncode != 0
    assert "/nowhere/secret" in done.stderr
