"""Pictures of products, from the ministry's own host. Calls outside; knows no database.

An address from the catalogue gives the path alone. The host is the settings', so that no row can send us elsewhere.
"""

from urllib.parse import urlsplit

from django.conf import settings

from core import breaker, http
from core.errors import VendorRefused

VENDOR = "mfds_pictures"
HOST = "nedrug.mfds.go.kr"
MAX_BYTES = 5_000_000
_LONGEST = 500


# The address stands in both catalogues (itemImage, BIG_PRDT_IMG_URL); what it answers is in no document.
def picture(url: str, *, deadline: float) -> bytes:
    """Whatever it sends, up to 5 MB. Raises VendorRefused (another host, no such picture); VendorError, BreakerOpen."""
    path = path_of(url)
    if path is None:
        raise VendorRefused(VENDOR, "another host")
    return breaker.call(VENDOR, lambda: _exchange(path, deadline))


def path_of(url: str) -> str | None:
    """Path and query of an address on the ministry's host; None for any other address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    ours = parts.scheme == "https" and parts.netloc in (HOST, f"{HOST}:443") and port in (None, 443)
    if not ours or len(url) > _LONGEST or not parts.path.startswith("/"):
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _exchange(path: str, deadline: float) -> bytes:
    vendor = http.Vendor(
        VENDOR, settings.MEDICINE_PICTURES_BASE_URL, connect_timeout=2.0, total_timeout=5.0, max_body_bytes=MAX_BYTES
    )
    # A redirect is refused here like any other answer that is no picture.
    return http.expect_ok(vendor, http.request(vendor, "GET", path, deadline=deadline)).body
