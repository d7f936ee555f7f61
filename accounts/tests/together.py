"""Many requests at the same moment: 40 threads with a database connection each (the test server allows 60)."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

THREADS = 40


def together(count, once):
    """What `once()` returned, `count` times, all threads let go together."""
    threads = min(count, THREADS)
    gate = threading.Barrier(threads)

    def some(number):
        gate.wait()
        try:
            return [once() for _ in range(number, count, threads)]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return [answer for answers in pool.map(some, range(threads)) for answer in answers]
