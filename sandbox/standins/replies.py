"""The answers to the faults that every vendor can have: broken bodies, foreign pages, lost connections."""

from collections.abc import Callable

from sandbox.standins.faults import Fault
from sandbox.standins.vendor import HTML, JSON, PLAIN, XML, Reply, Request, Vendor

# The firewall in front of a service answers with a page of its own; ours only says so.
WAF_PAGE = "<!DOCTYPE html><html><title>Request Blocked</title><body><h1>Request Blocked</h1></body></html>"
# datagokr.md section 6: what the newer gateway says in plain text.
GATEWAY_TEXTS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "API not found",
    429: "API token quota exceeded",
    500: "Unexpected errors",
    502: "Error receiving response from backend server",
    503: "Error forwarding request to backend server",
}
BODIES = {
    "json": ('{"error":"stand-in fault"}', JSON),
    "xml": ("<error>stand-in fault</error>", XML),
    "html": (WAF_PAGE, HTML),
    "plain": ("stand-in fault", PLAIN),
    "empty": ("", PLAIN),
}
GARBAGE = {
    "bytes": b'\x00\xff\xfe{"header":{"resultCode":"00","res\x80\x81',
    "json": b'{"unexpected":[1,null,{"deep":true}]}',
    "list": b"[]",
    "null": b"null",
    "number": b"42",
}


def common_reply(fault: Fault, vendor: Vendor, request: Request) -> Reply:
    """The answer under one of the faults in `COMMON_OPTIONS` that still answers something."""
    if fault.kind in ("truncated", "stalled"):
        return _cut(fault, vendor.answer(request))
    return SIMPLE[fault.kind](fault)


def _status(fault: Fault) -> Reply:
    text, content_type = BODIES.get(fault.text("body"), (fault.text("body"), PLAIN))
    return Reply(fault.code(), text.encode(), content_type)


def _garbage(fault: Fault) -> Reply:
    return Reply(200, GARBAGE.get(fault.text("shape"), fault.text("shape").encode()))


def _html(fault: Fault) -> Reply:
    return Reply(fault.code(), WAF_PAGE.encode(), HTML)


def _plain(fault: Fault) -> Reply:
    code = fault.code()
    known = GATEWAY_TEXTS.get(code, GATEWAY_TEXTS[500])
    return Reply(code, (fault.text("text") or known).encode(), PLAIN)


def _empty(fault: Fault) -> Reply:
    return Reply(fault.code(), b"")


def _reset(_: Fault) -> Reply:
    return Reply(200, b"", reset=True)


def _oversize(fault: Fault) -> Reply:
    filler = b"A" * int(fault.number("megabytes") * 1_000_000)
    return Reply(200, b'{"filler":"' + filler + b'"}')


def _cut(fault: Fault, whole: Reply) -> Reply:
    kept = int(len(whole.body) * fault.number("keep"))
    stall = fault.number("seconds") if fault.kind == "stalled" else 0.0
    return Reply(whole.status, whole.body, whole.content_type, whole.headers, cut=kept, stall=stall)


SIMPLE: dict[str, Callable[[Fault], Reply]] = {
    "status": _status,
    "garbage": _garbage,
    "html": _html,
    "plain": _plain,
    "empty": _empty,
    "reset": _reset,
    "oversize": _oversize,
}
