"""The map in cells (H3), so that a vendor and the caches hear of a cell and never of a person's place. Pure."""

import math
from functools import lru_cache

import h3

from pharmacies.kakao_client import Rect

# Cells of about 25 km²: most of them cost one call, and few people are the first in theirs.
RESOLUTION = 6
_METRES_PER_DEGREE = 111_000


def cell_of(lat: float, lng: float) -> str:
    cell: str = h3.latlng_to_cell(lat, lng, RESOLUTION)
    return cell


def cells_around(lat: float, lng: float, metres: float) -> list[str]:
    """The cells within so many metres of the point, its own first."""
    own = cell_of(lat, lng)
    rings = math.ceil(metres / _SHORTEST_STEP) if metres > 0 else 0
    around = (cell for cell in h3.grid_disk(own, rings) if cell != own and _reaches(cell, lat, lng, metres))
    return [own, *sorted(around)]


@lru_cache(maxsize=10_000)
def rect_of(cell: str) -> Rect:
    """The rectangle around a cell."""
    corners = h3.cell_to_boundary(cell)
    lats, lngs = [lat for lat, _ in corners], [lng for _, lng in corners]
    return Rect(min(lngs), min(lats), max(lngs), max(lats))


def _reaches(cell: str, lat: float, lng: float, metres: float) -> bool:
    """Whether the cell's rectangle comes within the distance."""
    rect = rect_of(cell)
    north = (min(max(lat, rect.south), rect.north) - lat) * _METRES_PER_DEGREE
    east = (min(max(lng, rect.west), rect.east) - lng) * _METRES_PER_DEGREE * math.cos(math.radians(lat))
    return math.hypot(north, east) <= metres


# From one cell's middle to the next ring of cells, at the least.
_SHORTEST_STEP = 4_600.0
