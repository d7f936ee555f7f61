"""The stand-in of the ministry's pictures (nedrug.mfds.go.kr): a pill of our own drawing for any number.

Not known of the real service and chosen here: what it answers for a number that it does not have (404).
"""

import random
import re
from collections.abc import Mapping
from io import BytesIO
from typing import ClassVar

from PIL import Image, ImageDraw

from sandbox.standins.faults import Fault
from sandbox.standins.vendor import HTML, FaultReply, Reply, Request, Vendor

_PATH = re.compile(r"/pbp/cmn/itemImageDownload/([\w-]{5,60})")
_SIZE = (1300, 709)
_COLOURS = ("#f4f1e8", "#f7d9b8", "#f3c1c1", "#cfe4f5", "#dfe8c4", "#f6ef9f")


class Pictures(Vendor):
    """Settings: picture_seconds (0). The number `none…` has no picture."""

    name = "mfds_pictures"
    fault_options: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "redirect": {"to": "http://127.0.0.1:1/"},
        "page": {},
    }

    def __init__(self) -> None:
        super().__init__(picture_seconds=0.0)

    def operation(self, request: Request) -> str:
        return "picture" if _PATH.fullmatch(request.path) else "unknown"

    def seconds(self, operation: str) -> float:
        return self.settings["picture_seconds"]

    def answer(self, request: Request) -> Reply:
        found = _PATH.fullmatch(request.path)
        if request.method != "GET" or found is None or found[1].startswith("none"):
            return Reply(404, "<h1>없음</h1>".encode(), HTML)
        return Reply(200, drawn(found[1]), "image/jpeg")

    def fault_replies(self) -> Mapping[str, FaultReply]:
        return {"redirect": _redirect, "page": _page}


def _redirect(fault: Fault, request: Request) -> Reply:
    return Reply(302, b"", HTML, (("Location", str(fault.options["to"])),))


def _page(fault: Fault, request: Request) -> Reply:
    return Reply(200, b"<html><script>alert(1)</script></html>", "image/jpeg")


def drawn(number: str) -> bytes:
    """Always the same picture for a number: a tablet or a capsule, front and back."""
    chance = random.Random(number)
    colour, other, round_ = chance.choice(_COLOURS), chance.choice(_COLOURS), chance.random() < 0.5
    picture = Image.new("RGB", _SIZE, "#8d979c")
    draw = ImageDraw.Draw(picture)
    for left in (110, 720):
        box = (left + 60, 165, left + 440, 545) if round_ else (left, 240, left + 470, 470)
        draw.rounded_rectangle(box, radius=190 if round_ else 115, fill=colour, outline="#70787c", width=5)
        if not round_:
            draw.rounded_rectangle((left + 235, 240, left + 470, 470), radius=115, fill=other)
            draw.rectangle((left + 235, 240, left + 350, 470), fill=other)
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
