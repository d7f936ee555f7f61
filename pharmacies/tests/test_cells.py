"""Cells and rectangles: what Kakao is asked about covers where people are."""

import random

import h3
import pytest
from geographiclib.geodesic import Geodesic

from pharmacies.cells import RESOLUTION, cell_of, cells_around, rect_of
from pharmacies.tests.factories import CITY_HALL

PLACES = [CITY_HALL, (33.12, 126.27), (35.1577, 129.0594), (38.6, 128.4), (37.24, 131.87)]


@pytest.mark.parametrize(("lat", "lng"), PLACES)
@pytest.mark.parametrize("metres", [1, 300, 1_500, 3_000])
def test_every_point_within_reach_lies_in_one_of_the_cells(lat, lng, metres):
    dice = random.Random(metres)
    cells = cells_around(lat, lng, metres)
    assert cells[0] == cell_of(lat, lng)
    assert len(set(cells)) == len(cells) <= 7
    for _ in range(200):
        there = Geodesic.WGS84.Direct(lat, lng, dice.uniform(0, 360), dice.uniform(0, metres * 0.995))
        assert cell_of(there["lat2"], there["lon2"]) in cells


@pytest.mark.parametrize(("lat", "lng"), PLACES)
def test_the_rectangle_holds_the_cell(lat, lng):
    cell = cell_of(lat, lng)
    rect = rect_of(cell)
    assert h3.get_resolution(cell) == RESOLUTION
    assert all(rect.holds(*corner) for corner in h3.cell_to_boundary(cell))
    assert rect.holds(lat, lng)


def test_halves_cover_the_whole_and_cut_the_longer_side():
    rect = rect_of(cell_of(*CITY_HALL))
    first, second = rect.halves()
    assert (first.west, first.south, second.east, second.north) == (rect.west, rect.south, rect.east, rect.north)
    quarters = [quarter for half in (first, second) for quarter in half.halves()]
    assert len(set(quarters)) == 4
    for quarter in quarters:
        wide, high = (quarter.east - quarter.west) * 0.8, quarter.north - quarter.south
        assert 0.4 < wide / high < 2.5
