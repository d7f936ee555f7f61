"""Django's PostgreSQL engine (`base`), and the errors by which it says that the database is away."""

from django.db.utils import InterfaceError, OperationalError

# No connection, a connection that broke, a statement that was cut off. What is wrong with the statement or its data
# (ProgrammingError, DataError, IntegrityError, …) is none of them.
DATABASE_AWAY = (OperationalError, InterfaceError)
