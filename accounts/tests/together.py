"""Many requests at the same moment: 40 threads with a database connection each (the test server allows 60)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, transaction

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


@contextmanager
def behind(lock, *acts):
    """A transaction in which `lock()` is held and all `acts` wait for it, each in a thread; then what they returned."""
    answers = []
    with ThreadPoolExecutor(len(acts)) as pool:
        with transaction.atomic():
            lock()
            waiting = [pool.submit(closed, act) for act in acts]
            _wait_until_blocked(len(acts))
            yield answers
        answers += [one.result() for one in waiting]


def closed(act):
    try:
        return act()
    finally:
        connection.close()


def _wait_until_blocked(count):
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.02)
    raise AssertionError("nothing waits for the lock")
