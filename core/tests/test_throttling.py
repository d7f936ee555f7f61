import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import RequestFactory
from prometheus_client import REGISTRY

from core import stores, throttling
from core.errors import InvalidQuery, NotAuthenticated, Throttled
from core.installs import new_install_id
from core.throttling import Identity, check, client_address, deny_session, take


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.THROTTLE_ENABLED = True
    settings.THROTTLE_RATES = {
        "user": "5/minute", "install": "4/minute", "address": "10/minute", "suggest": "7/minute", "source": "3/minute",
    }  # fmt: skip
    stores.cache.client.flushdb()


@pytest.fixture
def signed_in():
    caller = {}
    throttling.register_identifier(lambda request: caller.get(request.META.get("HTTP_AUTHORIZATION", "")))
    yield caller
    throttling._identifiers.pop()


def get(address="198.51.100.1", **headers):
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


def passed(count, make, scope="default"):
    done = 0
    for _ in range(count):
        try:
            check(make(), scope)
            done += 1
        except Throttled:
            continue
    return done


def test_an_address_has_its_limit():
    assert passed(15, get) == 10
    assert passed(1, lambda: get("198.51.100.2")) == 1


def test_fifty_threads_get_exactly_the_limit(settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"address": "100/minute"}
    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(lambda _: passed(6, get), range(50))) == 100


def test_an_install_has_its_own_limit_within_the_address():
    first, second, third = (new_install_id() for _ in range(3))
    assert passed(6, lambda: get(**{"X-Install-ID": first})) == 4
    assert passed(6, lambda: get(**{"X-Install-ID": second})) == 4
    # Ten per address in all; what an install was refused is not counted against its address.
    assert passed(6, lambda: get(**{"X-Install-ID": third})) == 2


def test_a_made_up_install_id_is_refused():
    for given in ("abc", "x" * 5000, new_install_id() + "x"):
        with pytest.raises(InvalidQuery):
            check(get(**{"X-Install-ID": given}))


def test_suggest_counts_apart():
    assert passed(20, get, "suggest") == 7
    assert passed(20, get) == 10


def test_a_signed_in_user_has_one_limit_wherever(signed_in):
    signed_in["Bearer a"] = Identity("user-1", "session-1")
    addresses = iter(f"198.51.100.{n}" for n in range(20))
    assert passed(20, lambda: get(next(addresses), Authorization="Bearer a")) == 5


def test_a_revoked_session_is_refused_in_the_same_call(signed_in):
    signed_in["Bearer a"] = Identity("user-1", "session-1")
    deny_session("session-1", seconds=60)
    before = stores.cache.client.info("commandstats")["cmdstat_evalsha"]["calls"]
    with pytest.raises(NotAuthenticated):
        check(get(Authorization="Bearer a"))
    assert stores.cache.client.info("commandstats")["cmdstat_evalsha"]["calls"] == before + 1


def test_headers_tell_what_is_left():
    request = get()
    check(request)
    headers = dict(request.rate_limit)
    assert (headers["RateLimit-Limit"], headers["RateLimit-Remaining"]) == ("10", "9")
    assert 58 <= int(headers["RateLimit-Reset"]) <= 60


def test_a_refusal_says_when_to_come_back():
    passed(10, get)
    with pytest.raises(Throttled) as caught:
        check(get())
    assert 58 <= int(caught.value.headers["Retry-After"]) <= 60


def test_a_window_ends(settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"address": "2/second"}
    assert passed(5, get) == 2
    time.sleep(1.05)
    assert passed(5, get) == 2


def test_take_counts_look_ups_at_a_source():
    assert [take("source", "198.51.100.1") for _ in range(5)] == [True, True, True, False, False]


def test_redis_away_lets_pass_and_counts(killable):
    killable.kill()
    before = REGISTRY.get_sample_value("throttle_fail_open_total")
    assert passed(20, get) == 20
    assert REGISTRY.get_sample_value("throttle_fail_open_total") == before + 20


def test_keys_hold_no_address():
    passed(3, get)
    keys = [key.decode() for key in stores.cache.client.keys("pilling:{limit}:*")]
    assert len(keys) == 1
    assert "198.51" not in keys[0]
    assert 0 < stores.cache.client.pttl(keys[0]) <= 60_000


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "expected"),
    [
        ([], "203.0.113.9", "198.51.100.7", "203.0.113.9"),
        (["10.0.0.0/8"], "10.1.1.1", "198.51.100.7", "198.51.100.7"),
        (["10.0.0.0/8"], "10.1.1.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        (["10.0.0.0/8"], "10.1.1.1", "198.51.100.7, 10.2.2.2", "198.51.100.7"),
        (["10.0.0.0/8"], "203.0.113.9", "198.51.100.7", "203.0.113.9"),
        (["10.0.0.0/8"], "10.1.1.1", "not an address", "10.1.1.1"),
        (["10.0.0.0/8"], "10.1.1.1", "", "10.1.1.1"),
        (["unix"], "", "198.51.100.7", "198.51.100.7"),
        ([], "", "198.51.100.7", ""),
        ([], "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        ([], "::ffff:198.51.100.7", "", "198.51.100.7"),
    ],
)
def test_only_configured_proxies_are_believed(settings, proxies, remote, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == expected


def test_it_can_be_switched_off(settings):
    settings.THROTTLE_ENABLED = False
    assert passed(50, get) == 50
    assert take("source", "x")


def test_a_revoked_session_is_refused_with_limits_off(settings, signed_in):
    settings.THROTTLE_ENABLED = False
    signed_in["Bearer a"] = Identity("user-1", "session-1")
    check(get(authorization="Bearer a"))
    deny_session("session-1", seconds=60)
    with pytest.raises(NotAuthenticated):
        check(get(authorization="Bearer a"))
    check(get(authorization="Bearer a"), anonymous=True)


def test_without_redis_the_registered_denials_are_asked(settings, signed_in, killable, monkeypatch):
    settings.THROTTLE_ENABLED = True
    signed_in["Bearer a"] = Identity("user-1", "session-1")
    signed_in["Bearer b"] = Identity("user-2", "session-2")
    monkeypatch.setattr(throttling, "_denials", [])
    throttling.register_denial(lambda session_id: session_id == "session-1")
    killable.kill()
    with pytest.raises(NotAuthenticated):
        check(get(authorization="Bearer a"))
    check(get(authorization="Bearer b"))
    check(get())
