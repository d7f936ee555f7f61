"""Two web servers (as on two machines) behind one nginx: nothing that matters is kept in a process."""

import contextlib
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import requests

from config.tests.running import wait_for
from deploy.tests.edge import HOST, Edge, Web, ask, needs_nginx
from sandbox.ports import free_port

pytestmark = [needs_nginx, pytest.mark.slow]
_SET = """
from medicines.models import MedicineCache
from medicines.services.summary import set_summary
label = MedicineCache.objects.filter(medicine__item_seq="{item_seq}").order_by("source").first()
assert set_summary(item_seq="{item_seq}", source_hash=label.source_hash, text="{text}", kind="reviewed")
"""
_SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.conf import settings
from importlib import import_module
from accounts.models import User
user, _ = User.objects.get_or_create(username="two-webs", defaults={"is_staff": True, "is_superuser": True})
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session.save()
print(session.session_key)
"""


@pytest.fixture(scope="module")
def second(product, tmp_path_factory):
    running = Web(product, tmp_path_factory.mktemp("second"))
    yield running
    running.child.stop()


@pytest.fixture(scope="module")
def both(product, second, tmp_path_factory):
    edge = Edge(tmp_path_factory.mktemp("two"), [product.port, second.port])
    edge.start()
    yield edge
    edge.stop()


def served(port):
    text = ask(port, "/metrics").text
    lines = [
        line
        for line in text.splitlines()
        if line.startswith("api_response_time_seconds_count{") and 'route="search"' in line
    ]
    return sum(float(line.split()[-1]) for line in lines)


def test_both_serve(product, second, both):
    before = served(product.port), served(second.port)
    for number in range(20):
        assert both.search(f"nobody{number}").status == 200
    assert served(product.port) > before[0]
    assert served(second.port) > before[1]


def test_whoever_has_least_to_do_is_asked(second, both):
    """One request waits for a web that stands still, and no other: nginx's workers know what each of them has sent."""
    with contextlib.ExitStack() as stack:
        people = stack.enter_context(ThreadPoolExecutor(22))
        for process in psutil.Process(second.child.process.pid).children():
            process.suspend()
            stack.callback(process.resume)
        asked = []
        for number in range(22):
            asked.append(people.submit(both.search, f"still{number}"))
            # One after the other, as far as they are answered.
            wait_for(lambda count=number: sum(each.done() for each in asked) >= count, seconds=25)
        wait_for(lambda: sum(each.done() for each in asked) == 21, seconds=25)
    assert {each.result().status for each in asked} == {200}


def test_a_web_without_addresses_for_its_processes_is_asked_all_the_same(product, tmp_path):
    """As after a release back to one of before: nothing listens at what nginx would choose among."""
    edge = Edge(tmp_path / "edge", [free_port(), free_port()], shared=product.port)
    edge.start()
    try:
        path = "/api/v1/auth/kakao"
        body = b'{"access_token": "sandbox-user-8"}'
        given = [edge.ask(path, method="POST", body=body, Content_Type="application/json") for _ in range(5)]
        assert [each.status for each in given] == [200] * 5
        assert [edge.search(f"before{number}").status for number in range(20)] == [200] * 20
    finally:
        edge.stop()


def test_a_session_holds_with_both(product, second):
    key = product.manage("shell", "-v", "0", "-c", _SESSION).strip().splitlines()[-1]
    pages = [ask(port, "/admin/jsi18n/", Cookie=f"sessionid={key}") for port in (product.port, second.port)]
    assert [page.status_code for page in pages] == [200, 200]
    assert [ask(port, "/admin/jsi18n/").status_code for port in (product.port, second.port)] == [302, 302]


def test_a_login_that_ended_with_one_is_ended_with_the_other(product, second, both):
    given = both.ask(
        "/api/v1/auth/kakao", method="POST", body=b'{"access_token": "sandbox-user-7"}', Content_Type="application/json"
    )
    bearer = {"Authorization": f"Bearer {given.json()['access']}"}
    assert [ask(port, "/api/v1/me", **bearer).status_code for port in (product.port, second.port)] == [200, 200]
    ended = requests.post(
        f"http://127.0.0.1:{product.port}/api/v1/auth/logout-all", timeout=20,
        headers={"Host": HOST, "X-Forwarded-Proto": "https", **bearer},
    )  # fmt: skip
    assert ended.status_code == 204
    assert [ask(port, "/api/v1/me", **bearer).status_code for port in (product.port, second.port)] == [401, 401]


def test_a_curated_change_is_heard_by_both(product, second):
    path = "/api/v1/medicines?q=타이레놀"
    for port in (product.port, second.port) * 5:
        first = ask(port, path).json()["results"][0]
    text = "두 서버가 함께 읽는 새 요약이에요."
    product.manage("shell", "-c", _SET.format(item_seq=first["item_seq"], text=text))

    def told():
        cards = [ask(port, path).json()["results"][0] for port in (product.port, second.port) * 5]
        return all(card["efcy_summary"] == text for card in cards)

    wait_for(told)


def test_one_of_two_may_die(product, second, both):
    """Killed in mid-traffic: what it had in hand is asked of the other. The last test, since it stays dead."""
    statuses = []
    for number in range(60):
        if number == 20:
            second.child.process.send_signal(signal.SIGKILL)
        statuses.append(both.search(f"somebody{number}").status)
        time.sleep(0.01)
    assert set(statuses) == {200}
