"""Django's own engine, in which a server that died is always an OperationalError.

psycopg2 has a bare DatabaseError for a server that went away while its connection lay idle ("server closed the
connection unexpectedly"): caught as such, it would hide every fault of a statement.
"""

from functools import cached_property
from types import TracebackType

from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper, OperationalError
from psycopg2 import DatabaseError


class _Errors(DatabaseErrorWrapper):
    wrapper: "DatabaseWrapper"

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # With a code it is the server's own word, of a kind that psycopg2 does not know.
        if exc_type is DatabaseError and exc_value is not None and getattr(exc_value, "pgcode", None) is None:
            self.wrapper.errors_occurred = True
            raise OperationalError(*exc_value.args).with_traceback(traceback) from exc_value
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    @cached_property
    def wrap_database_errors(self) -> DatabaseErrorWrapper:
        return _Errors(self)
