"""Real catalogues for the tests of search: loaded once for a module, and taken out again."""

from contextlib import contextmanager

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


def search(text, **options):
    return search_rows(query=parse_query(text), **options)
