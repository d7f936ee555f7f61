"""Our own cache of the products' pictures, so that no third party learns who reads what."""

import contextlib
import json
import logging
import os
import tempfile
import threading
from hashlib import blake2b
from pathlib import Path

from django.conf import settings

from core.cache import tiers as cache
from core.errors import NotFound, SourceDown, VendorError, VendorRefused
from core.locks import single_flight
from medicines import picture_client
from medicines.pictures import NoPictureError, small_webp
from medicines.selectors import tiers
from medicines.selectors.cards import load_cards

logger = logging.getLogger(__name__)

DEADLINE_SECONDS = 4.0
# That there is none, or an unreadable one, is believed for a day; that the host did not answer, for a minute.
ABSENT_SECONDS, DOWN_SECONDS = 86_400, 60
# So many of a process's threads may be out for pictures at the same time.
_out = threading.BoundedSemaphore(3)
_ABSENT, _DOWN = b"absent", b"down"


def picture(*, item_seq: str) -> bytes | None:
    """A small WebP from disk, or fetched now; None when there is none.

    Raises NotFound, and SourceDown when there may be one that cannot be had just now.
    """
    url = _address(item_seq)
    if not url or picture_client.path_of(url) is None:
        return None
    file = _file(item_seq, url)
    with contextlib.suppress(OSError):
        return file.read_bytes()
    mark = cache().get(_mark(file))
    if mark and mark[0] == _ABSENT:
        return None
    if mark or not _out.acquire(blocking=False):
        raise SourceDown(retry_after=5)
    try:
        return _fetched(url, file)
    finally:
        _out.release()


def _address(item_seq: str) -> str:
    """From the card: mostly in memory, one query otherwise."""
    cards, _ = tiers.read_items(tiers.CARD, [item_seq], lambda ids: load_cards(item_seqs=ids))
    if item_seq not in cards:
        raise NotFound("그런 의약품이 없어요. 품목기준코드(item_seq)를 확인해 주세요.")
    return json.loads(cards[item_seq])["item_image"] or ""


def _file(item_seq: str, url: str) -> Path:
    """Another address is another file, so that a new picture takes the place of the old one at once."""
    folder = settings.PICTURES_ROOT / item_seq[-2:]
    return folder / f"{item_seq}-{blake2b(url.encode(), digest_size=6).hexdigest()}.webp"


def _mark(file: Path) -> str:
    return f"no-picture:{file.stem}"


def _fetched(url: str, file: Path) -> bytes | None:
    """One caller a picture goes out; the others read what it stored."""
    flight = single_flight(
        f"picture:{file.stem}",
        compute=lambda: _stored(url, file),
        poll=lambda: file.read_bytes() if file.exists() else None,
        timeout=DEADLINE_SECONDS + 2,
        wait=DEADLINE_SECONDS,
    )
    if flight.value in (None, _DOWN):
        raise SourceDown(retry_after=5)
    return None if flight.value == _ABSENT else flight.value


def _stored(url: str, file: Path) -> bytes:
    """The picture, or the mark that is left in its place: the next minute or day then asks for none."""
    try:
        small = small_webp(picture_client.picture(url, deadline=DEADLINE_SECONDS))
    except (NoPictureError, VendorRefused) as error:
        return _marked(file, _ABSENT, ABSENT_SECONDS, error)
    except VendorError as error:
        return _marked(file, _DOWN, DOWN_SECONDS, error)
    _write(file, small)
    return small


def _marked(file: Path, mark: bytes, seconds: float, error: Exception) -> bytes:
    logger.warning("No picture: %s", type(error).__name__)
    cache().set_many({_mark(file): mark}, seconds=seconds)
    return mark


def _write(file: Path, data: bytes) -> None:
    """Whole or not at all, and instead of older ones of the product. A full or read-only disk costs the cache alone."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        for old in file.parent.glob(f"{file.stem.partition('-')[0]}-*.webp"):
            old.unlink(missing_ok=True)
        handle, partial = tempfile.mkstemp(dir=file.parent, suffix=".partial")
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(partial).replace(file)
    except OSError as error:
        logger.error("Picture not stored: %s", type(error).__name__)
