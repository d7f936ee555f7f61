"""A picture as it is served: read by Pillow whatever its name says, made small, written anew. Pure."""

from io import BytesIO

from PIL import Image, ImageOps

LONGEST_SIDE = 480
_MOST_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY = 78


class NoPictureError(ValueError):
    """Not a picture of a kind that is shown, a broken one, or one too large to open."""


def small_webp(data: bytes) -> bytes:
    """At most 480 pixels a side, on white, without what else the file held. Raises NoPictureError."""
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise NoPictureError("too many pixels")
            return _written(picture)
    except NoPictureError:
        raise
    # Pillow's decoders raise whatever the broken bytes lead them into.
    except Exception as error:
        raise NoPictureError(type(error).__name__) from error


def _written(picture: Image.Image) -> bytes:
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    shown = upright.convert("RGBA")
    ground = Image.new("RGB", shown.size, "white")
    ground.paste(shown, mask=shown.getchannel("A"))
    out = BytesIO()
    ground.save(out, "WEBP", quality=_QUALITY)
    return out.getvalue()
