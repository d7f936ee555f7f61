"""Signs schemathesis in, through Kakao's stand-in, as an app does. Loaded by SCHEMATHESIS_HOOKS."""

import itertools
import os
import time

import requests
import schemathesis

# These end a login, so that each of their cases needs one of its own.
_ENDING = {"DELETE /api/v1/me", "POST /api/v1/auth/logout-all"}
_KEPT_SECONDS = 300
_members = itertools.count(1000)


@schemathesis.auth(refresh_interval=None)
class Login:
    def __init__(self):
        self.token, self.until = "", 0.0

    def get(self, case, context):
        if context.operation.label in _ENDING:
            return _log_in(next(_members))
        if time.monotonic() > self.until:
            self.token, self.until = _log_in(1), time.monotonic() + _KEPT_SECONDS
        return self.token

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


def _log_in(member):
    body = {"access_token": f"sandbox-user-{member}"}
    answer = requests.post(os.environ["FUZZ_ADDRESS"] + "/api/v1/auth/kakao", json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()["access"]
