import threading

import pytest
import redis

from core import stores


def test_ask_answers_as_the_pooled_client_does():
    stores.cache.ask("SET", "k", "v")
    assert stores.cache.ask("GET", "k") == stores.cache.client.get("k") == b"v"
    with pytest.raises(redis.ResponseError):
        stores.cache.ask("NOSUCHCOMMAND")
    assert stores.cache.ask("GET", "k") == b"v"


def test_a_connection_closed_while_idle_is_replaced(killable):
    stores.cache.ask("SET", "k", "v")
    stores.cache.client.client_kill_filter(_type="normal", skipme=True)
    assert stores.cache.ask("GET", "k") == b"v"


def test_a_restarted_server_is_found_again(killable, monkeypatch):
    monkeypatch.setattr(stores, "DOWN_SECONDS", 0)
    stores.cache.ask("PING")
    killable.kill()
    for _ in range(3):
        with pytest.raises(redis.ConnectionError):
            stores.cache.ask("PING")
    killable.start()
    assert stores.cache.ask("PING") == b"PONG"


def test_a_late_answer_is_not_taken_for_the_next_commands(killable, monkeypatch):
    monkeypatch.setattr(stores, "DOWN_SECONDS", 0)
    stores.cache.ask("SET", "k", "right")
    with pytest.raises(redis.TimeoutError):
        stores.cache.ask("BLPOP", "nothing", "0.8")
    assert stores.cache.ask("GET", "k") == b"right"


def test_each_thread_has_its_own_connection(killable):
    seen = set()
    barrier = threading.Barrier(4)

    def ask():
        barrier.wait(60)
        seen.add(stores.cache.ask("CLIENT", "ID"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
