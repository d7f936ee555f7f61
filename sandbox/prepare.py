"""What `make run` does before it serves: tables, collected files, catalogue, admin. One process for all of it,
since starting Django takes longer than most of its commands.
"""

import hashlib
import os
import sys
from pathlib import Path

import django
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command

from sandbox.engines.postgres import Postgres
from sandbox.environment import say
from sandbox.home import Home

_ROWS_REFUSED = 1
"""The exit status of a load command when it took the good rows and listed the bad ones."""
_PHARMACIES = ("pharmacies.jsonl", "pharmacies.csv", "pharmacies.csv.gz")


def prepare(home: Home, data: Path | None) -> None:
    """Safe to repeat, also after it was cut off; without `data` an empty catalogue is left to the mirror.

    Raises CommandError when there is no catalogue to load.
    """
    django.setup()
    call_command("migrate", verbosity=0)
    _collect(home.run / "static-collected")
    if data is None:
        _mirror()
    else:
        _load(home.run / "catalogue-loading", data)
    call_command("reindex_search")
    _make_admin(home.run / "admin-made")
    _make_demo(home)


def _collect(collected: Path) -> None:
    """Only when a file is another one: compressing them all takes longer than the rest of a second start."""
    files = _static_files()
    kept = (Path(settings.STATIC_ROOT) / "staticfiles.json").exists() and collected.exists()
    if not kept or collected.read_text() != files:
        call_command("collectstatic", interactive=False, verbosity=0)
        collected.write_text(files)


def _static_files() -> str:
    """A digest of the names, sizes and times of all files that would be collected."""
    found = sorted((name, Path(storage.path(name)).stat()) for each in get_finders() for name, storage in each.list([]))
    told = "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in found)
    return hashlib.sha256(told.encode()).hexdigest()


def _load(unfinished: Path, data: Path) -> None:
    """Only into an empty catalogue, unless it was we who were cut off while filling it."""
    resumed = unfinished.exists()
    unfinished.touch()
    _fill("load_catalogue", data, if_empty=not resumed)
    for name in _PHARMACIES:
        if (data / name).is_file():
            _fill("load_pharmacies", data / name, if_empty=not resumed)
    unfinished.unlink()


def _mirror() -> None:
    """Begin with the first night's work, which the worker does while the product is already up."""
    for model, task in (("medicines.Medicine", "medicines.tasks.sync_medicines"),
                        ("pharmacies.Pharmacy", "pharmacies.tasks.sync_pharmacies")):  # fmt: skip
        if not apps.get_model(model).objects.exists():
            say(f"Nothing is loaded yet: {task} begins with the worker; search asks the source meanwhile.")
            current_app.send_task(task)


def _fill(command: str, data: Path, *, if_empty: bool) -> None:
    try:
        call_command(command, str(data), if_empty=if_empty)
    except CommandError as error:
        if error.returncode != _ROWS_REFUSED:
            raise
        say(f"{error} The product starts with the others.")


def _make_admin(made: Path) -> None:
    """Once, with DJANGO_SUPERUSER_PASSWORD; `made` then says "made", so that the password may be shown."""
    if made.exists():
        return
    try:
        if not _is_made():
            call_command("createsuperuser", interactive=False, username="admin", verbosity=0)
    except CommandError as error:
        say(f"No admin was made: {error}")
        made.touch()
    else:
        made.write_text("made")


def _is_made() -> bool:
    """Whether a start that was cut off right after it made the admin."""
    admin = get_user_model().objects.filter(username="admin").first()
    return admin is not None and admin.check_password(os.environ["DJANGO_SUPERUSER_PASSWORD"])


def _make_demo(home: Home) -> None:
    """Once, and never in a database that is not ours."""
    # Models exist from django.setup() on.
    from sandbox.demo import make_demo

    made = home.run / "demo-made"
    if os.environ["DATABASE_URL"] == Postgres(home).url() and not made.exists() and make_demo():
        made.touch()


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        prepare(Home.from_environment(), Path(sys.argv[1]) if sys.argv[1] else None)
    except CommandError as error:
        say(str(error))
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
