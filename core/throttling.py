"""The limits of the API: every bucket of a request and the session deny-list in one call of one Lua script.

`limits` reads the rates ("60/minute"), but it counts one bucket a round trip and knows no deny-list.
A window begins with its first request and ends a fixed time later. When Redis is away requests pass and are counted.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import limits
import redis
from django.conf import settings
from django.http import HttpRequest
from redis.exceptions import NoScriptError

from core import installs, metrics, stores
from core.errors import NotAuthenticated, Throttled

logger = logging.getLogger(__name__)

# KEYS[1] is the deny-list entry (_NOBODY for none), the rest are buckets; ARGV holds limit and window (ms) of each.
# Nothing is counted unless every bucket has room. Answers {state, bucket, left, ms}: state 0 passed, 1 full, 2 denied;
# bucket is the first full one, or else the one with least room.
# All of them share a slot of a cluster, since one script reads them all (docs/decisions.md).
_PREFIX = "pilling:{limit}:"
_NOBODY = _PREFIX + "nobody"
_SCRIPT = b"""
if KEYS[1] ~= '%s' and redis.call('EXISTS', KEYS[1]) == 1 then return {2, 0, 0, 0} end
local buckets = #KEYS - 1
for i = 1, buckets do
  if tonumber(redis.call('GET', KEYS[i + 1]) or 0) >= tonumber(ARGV[2 * i - 1]) then
    local left = redis.call('PTTL', KEYS[i + 1])
    if left >= 0 then return {1, i, 0, left} end
    redis.call('DEL', KEYS[i + 1])
  end
end
local least, at = -1, 0
for i = 1, buckets do
  local used = redis.call('INCR', KEYS[i + 1])
  if used == 1 then redis.call('PEXPIRE', KEYS[i + 1], ARGV[2 * i]) end
  local room = tonumber(ARGV[2 * i - 1]) - used
  if least < 0 or room < least then least, at = room, i end
end
if at == 0 then return {0, 0, 0, 0} end
return {0, at, least, redis.call('PTTL', KEYS[at + 1])}
""" % _NOBODY.encode()
_SHA = hashlib.sha1(_SCRIPT, usedforsecurity=False).hexdigest()
# Where core.ready leaves in a request's META what refused it, for Django to tell.
REFUSED = "pilling.refused"
DENIED_PREFIX = _PREFIX + "denied-session:"


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in caller as read from a token without the database: the user's id and the session's."""

    user_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """One counter: `scope` names its rate in settings.THROTTLE_RATES, `key` whom it counts."""

    scope: str
    key: str
    limit: int
    window_ms: int


_identifiers: list[Callable[[HttpRequest], Identity | None]] = []


def register_identifier(identify: Callable[[HttpRequest], Identity | None]) -> None:
    """For the accounts app, when it is ready: how to read a caller from a request without a query."""
    _identifiers.append(identify)


_denials: list[Callable[[str], bool]] = []


def register_denial(is_denied: Callable[[str], bool]) -> None:
    """For the accounts app, when it is ready: whether a session was ended, asked only while Redis is away."""
    _denials.append(is_denied)


def identity_of(request: HttpRequest) -> Identity | None:
    return next((found for identify in _identifiers if (found := identify(request))), None)


@lru_cache(maxsize=64)
def rate(text: str) -> tuple[int, int]:
    """("60/minute") → (60, 60000 milliseconds). Raises ValueError for what is not a rate."""
    item = limits.parse(text)
    return item.amount, item.get_expiry() * 1000


@lru_cache(maxsize=16384)
def _digest(scope: str, who: str) -> str:
    # Keyed, so that a copy of the cache does not tell whose addresses were here.
    digest = hashlib.blake2b(who.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=12).hexdigest()
    return f"{_PREFIX}{scope}:{digest}"


def _bucket(scope: str, who: str, *, counter: str = "") -> Bucket:
    limit, window = rate(settings.THROTTLE_RATES[scope])
    return Bucket(scope, _digest(counter or scope, who), limit, window)


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(ip_network(proxy, strict=False) for proxy in proxies if proxy != "unix")


@lru_cache(maxsize=8192)
def _trusted(address: str, proxies: tuple[str, ...]) -> bool:
    if not address:
        return "unix" in proxies
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in _networks(proxies))  # type: ignore[operator]


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def from_proxy(request: HttpRequest) -> bool:
    """Whether a trusted proxy hands the request on, so that what it says of the client counts."""
    return _trusted(request.META.get("REMOTE_ADDR", ""), tuple(settings.TRUSTED_PROXIES))


def client_address(request: HttpRequest) -> str:
    """The nearest address that is no trusted proxy (settings.TRUSTED_PROXIES: networks, or "unix" for a local socket).

    An IPv6 client is its /64, which one household or phone has to itself. "" when there is none.
    """
    proxies = tuple(settings.TRUSTED_PROXIES)
    address: str = request.META.get("REMOTE_ADDR", "")
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not _trusted(address, proxies) or _parse(hop) is None:
            break
        address = hop.strip()
    return household(address)


@lru_cache(maxsize=8192)
def household(address: str) -> str:
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False).network_address)
    return str(parsed or "")


def caller_key(request: HttpRequest) -> str:
    """A keyed digest of who calls: the user, else the install, else the address. Never the value itself."""
    identity = identity_of(request)
    return user_key(identity.user_id if identity else installs.install_of(request) or client_address(request))


def user_key(user_id: str) -> str:
    """What `caller_key` gives for this user's requests."""
    return _digest("caller", user_id)


def buckets_for(request: HttpRequest, scope: str, identity: Identity | None) -> list[Bucket]:
    """The buckets a request counts in.

    `default`: the user's, or the install's and the address's. `suggest`: the same with counters of its own.
    Any other scope: its own rate, per user or else per address, beside nothing else.
    """
    address = client_address(request)
    if scope not in ("default", "suggest"):
        return [_bucket(scope, identity.user_id if identity else address)]
    suggest = scope == "suggest"
    if identity:
        return [_bucket("suggest" if suggest else "user", identity.user_id)]
    install = installs.install_of(request)
    own = [_bucket("suggest" if suggest else "install", install)] if install else []
    if suggest and not install:
        return [_bucket("suggest", address)]
    return [*own, _bucket("address", address, counter="address-suggest" if suggest else "address")]


def check(request: HttpRequest, scope: str = "default", *, anonymous: bool = False) -> None:
    """Count the request and leave RateLimit headers for the middleware. `anonymous`: whatever token it carries.

    Raises Throttled, or NotAuthenticated for a revoked session, also when limits are off.
    """
    if REFUSED in request.META:
        problem, request.rate_limit = request.META.pop(REFUSED)  # type: ignore[attr-defined]
        raise problem
    identity = None if anonymous else identity_of(request)
    if settings.THROTTLE_ENABLED:
        _count(request, buckets_for(request, scope, identity), identity)
    elif identity:
        _count(request, (), identity)


def take(scope: str, who: str) -> bool:
    """Take one from a bucket outside a request's own (10 look-ups at a source a minute); False when it is empty."""
    if not settings.THROTTLE_ENABLED:
        return True
    answer = _ask([_bucket(scope, who)], "")
    return answer is None or answer[0] == 0


def _count(request: HttpRequest, buckets: Sequence[Bucket], identity: Identity | None) -> None:
    answer = _ask(buckets, DENIED_PREFIX + identity.session_id if identity else "")
    if answer is None:
        if identity and any(is_denied(identity.session_id) for is_denied in _denials):
            raise _revoked()
        return
    state, position, left, milliseconds = answer
    if state == 2:
        raise _revoked()
    if not buckets:
        return
    bucket = buckets[position - 1]
    seconds = max(1, -(-milliseconds // 1000))
    request.rate_limit = (  # type: ignore[attr-defined]
        ("RateLimit-Limit", str(bucket.limit)),
        ("RateLimit-Remaining", str(left)),
        ("RateLimit-Reset", str(seconds)),
    )
    if state == 1:
        metrics.throttled.labels(bucket.scope).inc()
        raise Throttled(retry_after=seconds)


def _revoked() -> NotAuthenticated:
    return NotAuthenticated(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _ask(buckets: Sequence[Bucket], denied: str) -> list[int] | None:
    keys = [denied or _NOBODY, *(bucket.key for bucket in buckets)]
    arguments = [number for bucket in buckets for number in (bucket.limit, bucket.window_ms)]
    try:
        return _evaluate(keys, arguments)
    except redis.RedisError as error:
        metrics.throttle_fail_open.inc()
        logger.warning("Limits not read: %s", type(error).__name__)
        return None


def _evaluate(keys: list[str], arguments: list[int]) -> list[int]:
    try:
        answer: list[int] = stores.cache.ask("EVALSHA", _SHA, len(keys), *keys, *arguments, key=_PREFIX)
    except NoScriptError:
        answer = stores.cache.ask("EVAL", _SCRIPT, len(keys), *keys, *arguments, key=_PREFIX)
    return answer


def deny_session(session_id: str, *, seconds: int) -> None:
    """Refuse a session's access tokens until the last has expired. Raises redis.RedisError: the caller must know."""
    stores.cache.run(lambda client: client.set(DENIED_PREFIX + session_id, b"1", ex=seconds), key=_PREFIX)


class ApiThrottle:
    """The same limits for DRF views, by the view's `throttle_scope` ("default" when it names none).

    A view that authenticates nobody (login, refresh) takes a stale token in the header for nobody's.
    """

    def allow_request(self, request: object, view: object) -> bool:
        scope = getattr(view, "throttle_scope", None) or "default"
        anonymous = not view.authentication_classes  # type: ignore[attr-defined]
        check(request._request, scope, anonymous=anonymous)  # type: ignore[attr-defined]
        return True

    def wait(self) -> None:
        return None
