"""What OPTIONS answers. A module of its own, since DRF imports it while it imports its own views."""

from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request


class NothingOfOurs(BaseMetadata):
    """The methods stand in `Allow`; names and words of our code are nobody's business."""

    def determine_metadata(self, request: Request, view: object) -> dict[str, Any]:
        return {}
