"""Placeholder until the core builder's module lands (overwrite freely)."""

from rest_framework.throttling import BaseThrottle


class ApiThrottle(BaseThrottle):
    def allow_request(self, request: object, view: object) -> bool:
        return True
