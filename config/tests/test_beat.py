"""Two beats at once: each task is sent by one of them, and the other takes over when that one dies."""

import json
import os
import signal
import sys

import pytest
import redis

from config.celery import app
from config.tests.running import wait_for
from core.tests.conftest import OwnValkey
from sandbox.home import PROJECT
from sandbox.process import spawn

pytestmark = [pytest.mark.slow]


@pytest.fixture
def beats(tmp_path):
    broker = OwnValkey(tmp_path)
    broker.start()
    started = []

    def start(name):
        command = [sys.executable, "-m", "celery", "-A", "config", "beat", "--pidfile", ""]
        log = tmp_path / f"{name}.log"
        env = os.environ | {"CELERY_BROKER_URL": broker.url}
        started.append(spawn(name, command, log=log, env=env, cwd=PROJECT))
        return started[-1]

    with redis.Redis.from_url(broker.url) as client:
        yield client, start
    for child in started:
        child.stop()
    broker.kill()


def sent(broker, child=None):
    """Messages that wait in the queues (nobody takes them), all or one beat's: each says which process it is from."""
    messages = [json.loads(raw) for queue in ("people", "reminders", "batch") for raw in broker.lrange(queue, 0, -1)]
    origin = f"gen{child.process.pid}@" if child else "gen"
    return [message["headers"]["task"] for message in messages if message["headers"]["origin"].startswith(origin)]


def test_of_two_beats_one_sends_and_the_other_takes_over(beats):
    broker, start = beats
    first = start("first")
    wait_for(lambda: len(sent(broker, first)) >= 2, why=first.log_tail())
    second = start("second")
    wait_for(lambda: len(sent(broker, first)) >= 6, why=first.log_tail())
    assert sent(broker, second) == []
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    before = len(sent(broker, first))
    wait_for(lambda: len(sent(broker, second)) >= 2, seconds=90, why=second.log_tail())
    assert len(sent(broker)) == before + len(sent(broker, second))
    # What runs once a day was not sent by the one that took over, though it never sent it before.
    daily = {"medicines.tasks.sync_medicines", "summaries.tasks.summarize_popular", "accounts.tasks.purge_logins"}
    assert not daily & set(sent(broker, second))


def test_an_emptied_broker_gets_its_schedule_back(beats):
    """Beat ends, since its lease is gone; whoever starts it again (compose, `make run`) has it write all anew."""
    broker, start = beats
    first = start("first")
    wait_for(lambda: broker.zcard("pilling:beat::schedule") >= len(app.conf.beat_schedule))
    broker.flushall()
    wait_for(lambda: not first.alive(), why=first.log_tail())
    start("again")
    wait_for(lambda: broker.zcard("pilling:beat::schedule") >= len(app.conf.beat_schedule))


def test_no_task_may_last_longer_than_its_message_is_hidden():
    app.loader.import_default_modules()
    hidden = app.conf.broker_transport_options["visibility_timeout"]
    limits = {name: task.time_limit or app.conf.task_time_limit for name, task in app.tasks.items()}
    assert {name for name, limit in limits.items() if limit >= hidden} == set()
    assert app.conf.worker_prefetch_multiplier == 1
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert all(task.acks_late and task.reject_on_worker_lost for task in ours)
