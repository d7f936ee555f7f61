"""What an id_token must hold to count, and where its keys come from."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accounts import id_tokens
from accounts.client import KakaoDenied
from core.errors import VendorUnreachable
from sandbox.standins import kakao_keys

# A day, because the file is read long before its tests run.
NOW, DAY = int(time.time()), 86_400


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(**changed):
    whole = {"iss": id_tokens.ISSUER, "aud": "sandbox-key", "sub": "4815000001", "iat": NOW, "exp": NOW + DAY}
    return {name: value for name, value in (whole | changed).items() if value is not None}


def hmac_signed(standins):
    """The classic: HS256 with the public key, which everybody has."""
    public = kakao_keys.key(1).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = part({"alg": "HS256", "typ": "JWT", "kid": kakao_keys.kid(1)}) + "." + part(claims())
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{head}.{base64.urlsafe_b64encode(algorithm.sign(head.encode(), public)).rstrip(b'=').decode()}"


def test_a_good_one(kakao_standin):
    member = id_tokens.verify(kakao_standin.id_token(1))
    assert (member.number, member.nickname) == ("4815000001", "연습1")


@pytest.mark.parametrize("changed", [
    {"iss": "https://kauth.kakao.com.evil.example"}, {"iss": None}, {"aud": "another-app"}, {"aud": None},
    {"aud": ["sandbox-key", "another-app"]}, {"aud": ["sandbox-key"]}, {"azp": "another-app"}, {"azp": 5},
    {"exp": None}, {"exp": str(NOW + DAY)}, {"exp": NOW - 120}, {"exp": True}, {"exp": 1e400}, {"exp": NOW + DAY + 0.5},
    {"iat": None}, {"iat": NOW + DAY}, {"iat": str(NOW)}, {"nbf": NOW + DAY}, {"iat": {"a": 1}}, {"exp": [NOW]},
    {"sub": None}, {"sub": 4815000001}, {"sub": ""}, {"sub": "1; DROP"}, {"sub": "9" * 30}, {"sub": "４８１"},
    {"nonce": "theirs"}, {"nonce": 5}, {"nonce": None, "sub": "-1"},
])  # fmt: skip
def test_claims_that_do_not_count(kakao_standin, changed):
    with pytest.raises(KakaoDenied):
        id_tokens.verify(kakao_standin.id_token(1, **changed))


@pytest.mark.parametrize(("asked", "carried"), [("mine", "theirs"), ("mine", None), ("", "theirs"), ("mine", "mine ")])
def test_the_nonce_must_be_the_same(kakao_standin, asked, carried):
    with pytest.raises(KakaoDenied):
        id_tokens.verify(kakao_standin.id_token(1, nonce=carried), nonce=asked)
    assert id_tokens.verify(kakao_standin.id_token(1, nonce="mine"), nonce="mine")


def test_clocks_may_differ_a_little(kakao_standin):
    assert id_tokens.verify(kakao_standin.id_token(1, iat=int(time.time()) + 30))
    assert id_tokens.verify(kakao_standin.id_token(1, exp=int(time.time()) - 30))


@pytest.mark.parametrize("token", [
    "", ".", "..", "a.b.c", "x" * 9000, "é.é.é",
    part({"alg": "none", "kid": kakao_keys.kid(1)}) + "." + part(claims()) + ".",
    part({"alg": "None", "kid": kakao_keys.kid(1)}) + "." + part(claims()) + ".",
    part({"alg": "RS256", "kid": [1]}) + "." + part(claims()) + ".c2ln",
    part({"alg": "RS256"}) + "." + part(claims()) + ".c2ln",
    part({"alg": ["RS256"], "kid": kakao_keys.kid(1)}) + "." + part(claims()) + ".c2ln",
    part([]) + "." + part(claims()) + ".c2ln",
    part({"alg": "RS512", "kid": kakao_keys.kid(1)}) + "." + part({}) + ".c2ln",
    base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.c2ln",
])  # fmt: skip
def test_what_is_no_token(standins, token):
    with pytest.raises(KakaoDenied):
        id_tokens.verify(token)
    # None of these made us ask Kakao for keys.
    assert standins.calls("kakao") == {}


def test_hmac_with_the_public_key(standins):
    with pytest.raises(KakaoDenied):
        id_tokens.verify(hmac_signed(standins))


def test_a_signature_of_another_key(kakao_standin):
    head, body, _ = kakao_standin.id_token(1).split(".")
    foreign = jwt.encode(claims(), kakao_keys.key(77), algorithm="RS256", headers={"kid": kakao_keys.kid(1)})
    with pytest.raises(KakaoDenied):
        id_tokens.verify(f"{head}.{body}.{foreign.split('.')[2]}")
    with pytest.raises(KakaoDenied):
        id_tokens.verify(foreign)


def test_keys_are_kept_and_rotation_is_noticed(standins, kakao_standin, monkeypatch):
    clock = _Clock(monkeypatch)
    for _ in range(5):
        id_tokens.verify(kakao_standin.id_token(1))
    assert standins.calls("kakao")["jwks"] == 1
    before = kakao_standin.id_token(1)
    standins.set("signing_key", 2)
    clock.forward(31)
    assert id_tokens.verify(kakao_standin.id_token(1))
    assert id_tokens.verify(before)
    standins.set("signing_key", 3)
    clock.forward(31)
    assert id_tokens.verify(kakao_standin.id_token(1))
    with pytest.raises(KakaoDenied):
        id_tokens.verify(before)


def test_made_up_key_ids_ask_kakao_twice_a_minute(standins, kakao_standin, monkeypatch):
    clock = _Clock(monkeypatch)
    token = jwt.encode(claims(), kakao_keys.key(77), algorithm="RS256", headers={"kid": "made-up"})
    for _ in range(60):
        with pytest.raises(KakaoDenied):
            id_tokens.verify(token)
        clock.forward(1)
    assert standins.calls("kakao")["jwks"] == 2
    assert id_tokens.verify(kakao_standin.id_token(1))


def test_known_keys_hold_a_day_without_kakao(standins, kakao_standin, monkeypatch):
    clock = _Clock(monkeypatch)
    token = kakao_standin.id_token(1)
    id_tokens.verify(token)
    standins.set_fault("kakao", "status", code=500)
    clock.forward(3600)
    assert id_tokens.verify(token)
    clock.forward(86_400)
    with pytest.raises(VendorUnreachable):
        id_tokens.verify(token)
    standins.clear_faults()
    clock.forward(70)
    assert id_tokens.verify(token)


@pytest.mark.parametrize("fault", [
    {"kind": "no_keys"}, {"kind": "garbage", "shape": '{"keys":[5,{"kty":"RSA","kid":"a"},{"kty":"EC","kid":"b"}]}'},
    {"kind": "garbage"}, {"kind": "status", "code": 503},
])  # fmt: skip
def test_keys_that_cannot_be_had(standins, kakao_standin, fault):
    standins.set_fault("kakao", fault.pop("kind"), **fault)
    with pytest.raises(VendorUnreachable):
        id_tokens.verify(kakao_standin.id_token(1))


class _Clock:
    def __init__(self, monkeypatch):
        self.ahead = 0
        real = time.monotonic
        monkeypatch.setattr(id_tokens.time, "monotonic", lambda: real() + self.ahead)

    def forward(self, seconds):
        self.ahead += seconds
