"""Real catalogues for the tests of search: loaded once for a module, and taken out again."""

import os
import subprocess
import sys
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2
from django.conf import settings
from django.db import connection

from medicines import dump_files
from medicines.search.query import parse_query
from medicines.selectors.search import search_rows
from medicines.services import dump_loader, search_index


@contextmanager
def loaded(blocker, *paths):
    """The catalogue of these files, committed; every search table is empty again afterwards."""
    with blocker.unblock():
        try:
            kinds = sorted(((path, dump_files.detect(path)) for path in paths), key=lambda entry: entry[1].order)
            for path, kind in kinds:
                dump_loader.load_file(path=path, kind=kind, progress=lambda _: None, refused=lambda _: None)
            search_index.rebuild()
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE medicine, medicine_brand, medicine_term, medicine_ingredient CASCADE")


# As `manage.py migrate` and `manage.py load_catalogue FOLDER`, and what it took. The peak is not `ru_maxrss`, which
# begins at what the process that started this one held.
_PROGRAM = """
import sys, django; django.setup()
from pathlib import Path
from django.core.management import call_command
call_command('migrate', verbosity=0); call_command('load_catalogue', sys.argv[1])
peak = Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]
print('PEAK', int(peak) // 1024)
"""


@contextmanager
def loaded_by_command(blocker, folder):
    """The catalogue of a folder in a database of its own, which is the tests' meanwhile; gives the finished process."""
    name, before = f"load_{os.getpid()}", connection.settings_dict["NAME"]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    env = os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings"}
    with blocker.unblock(), closing(_outside()) as other, other.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'")
        try:
            command = [sys.executable, "-c", _PROGRAM, str(folder)]
            ran = subprocess.run(command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True)
            _move_to(name)
            yield ran
        finally:
            _move_to(before)
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _outside():
    """A connection to no database of the product's."""
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    kept = ("dbname", "user", "host", "port", "password")
    made = psycopg2.connect(**{key: parameters[key] for key in kept if parameters.get(key)})
    made.autocommit = True
    return made


def _move_to(name):
    connection.close()
    connection.settings_dict["NAME"] = name


def search(text, **options):
    return search_rows(query=parse_query(text), **options)
