"""What the Kakao stand-in remembers: codes, tokens, and which of its members are linked to which app."""

import base64
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

APP_ID = 1000
OTHER_APP_ID = 2000
FIRST_MEMBER = 4_815_000_000
"""Member n of the stand-in has the member number FIRST_MEMBER + n."""
ACCESS_SECONDS = 21_599
REFRESH_SECONDS = 5_183_999
CODE_SECONDS = 600
_PLAIN_TOKEN = re.compile(r"(sandbox|other-app)-user-(\d{1,6})\Z")


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authorization code stands for."""

    member: int
    redirect_uri: str
    nonce: str
    challenge: str
    openid: bool
    expires: float


@dataclass(frozen=True, slots=True)
class Token:
    """An access or refresh token of a member, and the app that it belongs to."""

    member: int
    app_id: int
    openid: bool
    expires: float


@dataclass(slots=True)
class Members:
    """Thread-safe; everything is forgotten when the stand-in stops."""

    codes: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, Token] = field(default_factory=dict)
    linked: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new_code(self, member: int, asked: Mapping[str, str]) -> str:
        code = f"sbx-code-{secrets.token_urlsafe(24)}"
        openid = "openid" in asked.get("scope", "openid").split(",")
        grant = Grant(
            member, asked.get("redirect_uri", ""), asked.get("nonce", ""), asked.get("code_challenge", ""), openid,
            time.time() + CODE_SECONDS,
        )  # fmt: skip
        with self._lock:
            self.codes[code] = grant
            self.linked.add(member)
        return code

    def take_code(self, code: str) -> Grant | None:
        """Once; None afterwards, and for one that is unknown or too old."""
        with self._lock:
            grant = self.codes.pop(code, None)
        return grant if grant and grant.expires > time.time() else None

    def issue(self, member: int, *, openid: bool) -> tuple[str, str]:
        access, refresh = (f"sbx-{kind}-{secrets.token_urlsafe(30)}" for kind in ("access", "refresh"))
        with self._lock:
            self.access[access] = Token(member, APP_ID, openid, time.time() + ACCESS_SECONDS)
            self.refresh[refresh] = Token(member, APP_ID, openid, time.time() + REFRESH_SECONDS)
        return access, refresh

    def by_access(self, token: str) -> Token | None:
        """A token that was issued, or `sandbox-user-<n>` (links member n by itself) and `other-app-user-<n>`."""
        if plain := _PLAIN_TOKEN.match(token):
            app_id = APP_ID if plain[1] == "sandbox" else OTHER_APP_ID
            if app_id == APP_ID:
                self.linked.add(int(plain[2]))
            return Token(int(plain[2]), app_id, False, time.time() + ACCESS_SECONDS)
        held = self.access.get(token)
        return held if held and held.expires > time.time() else None

    def unlink(self, member: int) -> bool:
        """End the link and every token of it; False when there was none."""
        with self._lock:
            was_linked = member in self.linked
            self.linked.discard(member)
            for held in (self.access, self.refresh):
                for token in [token for token, owner in held.items() if owner.member == member]:
                    del held[token]
        return was_linked

    def forget(self) -> None:
        with self._lock:
            for held in (self.codes, self.access, self.refresh, self.linked):
                held.clear()


def verifies(grant: Grant, verifier: str) -> bool:
    """PKCE, S256."""
    if not grant.challenge:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == grant.challenge


def number_of(member: int) -> int:
    return FIRST_MEMBER + member


def member_of(number: str) -> int | None:
    return int(number) - FIRST_MEMBER if number.isdigit() else None
