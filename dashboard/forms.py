"""A form that came too late, ready to be sent again: what was typed is never lost."""

from dataclasses import dataclass

from django.http import HttpRequest

_NOT_TYPED = "csrfmiddlewaretoken"
# More than any form of ours has; a stranger's is not repeated at any length.
_MOST_FIELDS, _LONGEST = 300, 4_000


@dataclass(frozen=True, slots=True)
class Resendable:
    """Where the form goes, and its fields as they were filled in."""

    action: str
    fields: list[tuple[str, str]]


def resendable(request: HttpRequest) -> Resendable | None:
    """None when another site sent it, or there is nothing in it worth keeping."""
    if request.headers.get("Origin") != f"{request.scheme}://{request.get_host()}":
        return None
    typed = [(name, value) for name, values in request.POST.lists() if name != _NOT_TYPED for value in values]
    if not typed or len(typed) > _MOST_FIELDS or any(len(value) > _LONGEST for _, value in typed):
        return None
    return Resendable(request.path, [(name, str(value)) for name, value in typed])
