"""Two beats at once: each task is sent by one of them, and the other takes over when that one dies."""

import os
import signal
import sys
from collections import Counter

import pytest
import redis

from config.celery import app
from config.tests.running import wait_for
from core.tests.conftest import OwnValkey
from sandbox.home import PROJECT
from sandbox.process import spawn

pytestmark = [pytest.mark.slow]
SENDING = "Scheduler: Sending due task"


@pytest.fixture
def beats(tmp_path):
    broker = OwnValkey(tmp_path)
    broker.start()
    started = []

    def start(name):
        command = [sys.executable, "-m", "celery", "-A", "config", "beat", "--pidfile", ""]
        log = tmp_path / f"{name}.log"
        env = os.environ | {"CELERY_BROKER_URL": broker.url, "LOG_LEVEL": "INFO"}
        started.append(spawn(name, command, log=log, env=env, cwd=PROJECT))
        return started[-1]

    with redis.Redis.from_url(broker.url) as client:
        yield client, start
    for child in started:
        child.stop()
    broker.kill()


def sent(child):
    return child.log.read_text().count(SENDING)


def test_of_two_beats_one_sends_and_the_other_takes_over(beats):
    broker, start = beats
    first = start("first")
    wait_for(lambda: sent(first) >= 2, why=first.log.read_text())
    second = start("second")
    wait_for(lambda: sent(first) >= 4, seconds=60, why=first.log_tail())
    assert sent(second) == 0
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    wait_for(lambda: sent(second) >= 2, seconds=90, why=second.log_tail())
    waiting = sum(broker.llen(queue) for queue in ("people", "reminders", "batch"))
    assert waiting == sent(first) + sent(second)
    # What runs once a day was not sent by the one that took over, though it never sent it before.
    names = Counter(
        line.split(SENDING)[1].split()[0] for line in second.log.read_text().splitlines() if SENDING in line
    )
    assert not {"mirror-catalogue", "summarize-popular", "purge-logins"} & names.keys()


def test_an_emptied_broker_gets_its_schedule_back(beats):
    """Beat ends, since its lease is gone; whoever starts it again (compose, `make run`) has it write all anew."""
    broker, start = beats
    first = start("first")
    wait_for(lambda: broker.zcard("pilling:beat::schedule") == len(app.conf.beat_schedule))
    broker.flushall()
    wait_for(lambda: not first.alive(), seconds=60, why=first.log_tail())
    start("again")
    wait_for(lambda: broker.zcard("pilling:beat::schedule") == len(app.conf.beat_schedule))


def test_no_task_may_last_longer_than_its_message_is_hidden():
    app.loader.import_default_modules()
    hidden = app.conf.broker_transport_options["visibility_timeout"]
    limits = {name: task.time_limit or app.conf.task_time_limit for name, task in app.tasks.items()}
    assert {name for name, limit in limits.items() if limit >= hidden} == set()
    assert app.conf.worker_prefetch_multiplier == 1
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert all(task.acks_late and task.reject_on_worker_lost for task in ours)
