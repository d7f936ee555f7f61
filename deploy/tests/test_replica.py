"""A web server with a replica: what it reads there, whose rows it never reads there, and what its death costs."""

import pytest
import requests

from config.tests.running import wait_for
from config.tests.standby import Standby
from deploy.tests.edge import HOST, Web, ask
from deploy.tests.test_two_webs import _SET

pytestmark = [pytest.mark.slow]
PLACE = "lat=37.5636&lng=126.9976&radius=5000"
NAMES = ("타이레놀", "두통", "ㅌㅇㄹㄴ", "게보린", "소화")


@pytest.fixture(scope="module")
def standby(product):
    server = Standby(product.postgres)
    server.up()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def web(product, standby, tmp_path_factory):
    variables = {"DATABASE_REPLICA_URL": standby.url(), "L1_SECONDS": "0", "WEB_CONCURRENCY": "1"}
    running = Web(product, tmp_path_factory.mktemp("replica"), **variables)
    yield running
    running.child.stop()


def read_by(web, server):
    lines = [line for line in ask(web.port, "/metrics").text.splitlines() if line.startswith("catalogue_reads_total{")]
    return sum(float(line.split()[-1]) for line in lines if f'server="{server}"' in line)


def search(web, number):
    """Words that nobody searched for before, so that no cache knows them."""
    return ask(web.port, f"/api/v1/medicines?q={NAMES[number % len(NAMES)]} {number}")


def send(web, path, body, **headers):
    given = {"Host": HOST, "X-Forwarded-Proto": "https", **headers}
    return requests.post(f"http://127.0.0.1:{web.port}/api/v1/{path}", json=body, headers=given, timeout=60)


def reads_there(web, numbers):
    before = read_by(web, "replica")
    assert search(web, next(numbers)).status_code == 200
    return read_by(web, "replica") > before


@pytest.fixture(scope="module")
def numbers():
    return iter(range(100_000))


def test_the_replica_answers_searches(web, numbers):
    wait_for(lambda: reads_there(web, numbers))
    assert ask(web.port, "/api/v1/medicines/suggest?q=타이").json()["suggestions"]
    first = ask(web.port, "/api/v1/medicines?q=타이레놀").json()["results"][0]
    assert ask(web.port, f"/api/v1/medicines/{first['item_seq']}").json()["item_name"] == first["item_name"]
    assert ask(web.port, "/api/v1/pharmacies?lat=37.57&lng=126.98&radius=5000").status_code == 200


def test_a_curated_change_is_seen_though_the_replica_is_held_back(product, web, standby, numbers):
    wait_for(lambda: reads_there(web, numbers))
    first = ask(web.port, "/api/v1/medicines?q=타이레놀").json()["results"][0]
    standby.hold_back()
    try:
        text = "복제 서버가 아직 모르는 새 요약이에요."
        product.manage("shell", "-c", _SET.format(item_seq=first["item_seq"], text=text))

        def told():
            cards = ask(web.port, "/api/v1/medicines?q=타이레놀").json()["results"]
            return cards[0]["efcy_summary"] == text

        wait_for(told)
        assert all(told() for _ in range(20))
    finally:
        standby.go_on()


def test_people_read_what_they_wrote(web, standby):
    standby.hold_back()
    try:
        bearer = {
            "Authorization": f"Bearer {send(web, 'auth/kakao', {'access_token': 'sandbox-user-9'}).json()['access']}"
        }
        assert ask(web.port, "/api/v1/me", **bearer).status_code == 200
        written = send(web, "scraps", {"medicine_name": "타이레놀", "category": "집"}, **bearer)
        assert written.status_code == 201, written.text
        assert len(ask(web.port, "/api/v1/scraps", **bearer).json()["results"]) == 1
    finally:
        standby.go_on()


def test_its_death_costs_nobody_an_answer(web, standby, numbers):
    wait_for(lambda: reads_there(web, numbers))
    statuses = [search(web, next(numbers)).status_code for _ in range(10)]
    standby.kill()
    statuses += [search(web, next(numbers)).status_code for _ in range(30)]
    assert set(statuses) == {200}
    standby.up()
    wait_for(lambda: reads_there(web, numbers))


def test_when_the_primary_is_gone_the_catalogue_is_read_on_the_replica_and_called_old(product, web, standby, numbers):
    wait_for(lambda: reads_there(web, numbers))
    known = ask(web.port, f"/api/v1/pharmacies?{PLACE}").json()["results"][0]
    product.kill("postgres")
    try:
        # For a moment the replica is still known to lack nothing.
        wait_for(lambda: search(web, next(numbers)).json()["stale"])
        # Not every one of the names finds something together with a number.
        found = ask(web.port, f"/api/v1/medicines?q=타이레놀 {next(numbers)}")
        card = ask(web.port, "/api/v1/medicines/198700405")
        suggested = ask(web.port, "/api/v1/medicines/suggest?q=부루")
        unknown = ask(web.port, "/api/v1/medicines/999999999")
        popular = ask(web.port, "/api/v1/medicines/popular?limit=37")
        after = search(web, next(numbers))
        near = ask(web.port, f"/api/v1/pharmacies?{PLACE}")
        pharmacy = ask(web.port, f"/api/v1/pharmacies/{known['id']}")
        no_pharmacy = ask(web.port, "/api/v1/pharmacies/999999999")
        page = ask(web.port, "/pharmacies?area=서울특별시 중구")
    finally:
        product.revive()
    assert (found.status_code, found.json()["stale"], found.headers["X-Cache"]) == (200, True, "stale")
    assert found.json()["results"]
    assert (card.status_code, card.json()["stale"]) == (200, True)
    assert suggested.status_code == 200
    assert suggested.json()["suggestions"]
    assert (popular.status_code, popular.headers["X-Cache"]) == (200, "stale")
    assert popular.headers["Cache-Control"] == "no-store"
    assert (after.status_code, after.json()["stale"]) == (200, True)
    assert (near.status_code, near.json()["stale"], near.headers["X-Cache"]) == (200, True, "stale")
    assert near.json()["results"][0]["id"] == known["id"]
    assert (pharmacy.status_code, pharmacy.headers["X-Cache"]) == (200, "stale")
    assert page.status_code == 200
    assert "전에 저장한 약국만" in page.text
    # They may have come a moment ago.
    assert (unknown.status_code, no_pharmacy.status_code) == (503, 503)
    wait_for(lambda: not search(web, next(numbers)).json()["stale"])
    wait_for(lambda: reads_there(web, numbers))
