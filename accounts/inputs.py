"""What a person writes about themselves, checked: for the pages."""

from typing import Any

from accounts.serializers import ProfileInput
from core.bodies import checked


def profile(data: Any) -> Any:
    """Raises InvalidBody, with each field that is wrong."""
    return checked(ProfileInput, data)
