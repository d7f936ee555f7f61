"""Failures of outside vendors."""

from typing import ClassVar


class VendorError(Exception):
    """A vendor did not give what was asked. The text never holds an address's query, a key or a body."""

    retryable: ClassVar[bool] = True
    counts_for_breaker: ClassVar[bool] = True
    outcome: ClassVar[str] = "error"

    def __init__(self, vendor: str, reason: str = "") -> None:
        self.vendor = vendor
        self.reason = reason
        super().__init__(f"{vendor}: {reason}" if reason else vendor)

    def __reduce__(self) -> tuple[type["VendorError"], tuple[str, str]]:
        return type(self), (self.vendor, self.reason)


class VendorTimeout(VendorError):
    """Our own deadline passed; says nothing about the vendor's health, so the breaker stays as it is."""

    counts_for_breaker = False
    outcome = "timeout"


class VendorUnreachable(VendorError):
    """No connection, a broken one, or a 5xx answer."""

    outcome = "unreachable"


class VendorBadReply(VendorError):
    """An answer that is not what the contract says: garbage, truncated, too large."""

    outcome = "bad_reply"


class VendorRefused(VendorError):
    """The vendor is well and said no: key, permission, quota, bad request."""

    retryable = False
    counts_for_breaker = False
    outcome = "refused"


class BreakerOpen(VendorError):
    """Not asked: the vendor failed too often just now."""

    counts_for_breaker = False
    outcome = "breaker_open"


class BudgetExhausted(VendorError):
    """Not asked: today's budget of calls is spent."""

    retryable = False
    counts_for_breaker = False
    outcome = "budget"
