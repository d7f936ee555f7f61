"""How many statements each request may cost, whatever the number of hits."""

import pytest

from medicines.tests import catalogue

URL = "/api/v1/medicines"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def _catalogue(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        catalogue.load()
        yield
        catalogue.clear()


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("?q=여울이&limit=1", 2),  # the list, and the cards that no tier holds
        ("?q=여울이&limit=50", 2),
        ("?q=ㅇㅇㅇ", 2),
        ("?q=아세트아미노펜", 2),
        ("?q=두통", 2),
        ("?q=보라메", 2),
        ("?q=뷁뷁뷁", 1),
        ("?q=%25", 0),
        ("/suggest?q=여", 1),
        ("/popular", 1),
        ("/100000001", 4),  # the medicine, its label, the postings of its substances, its neighbours
        ("/999999999", 1),
    ],
)
def test_statements(client, django_assert_num_queries, path, budget):
    with django_assert_num_queries(budget):
        client.get(URL + path)
    if budget > 0 and "999" not in path and "뷁" not in path:
        with django_assert_num_queries(0):
            assert client.get(URL + path)["X-Cache"] == "memory"


def test_a_hit_of_other_lists_cards_costs_one_statement(client, django_assert_num_queries):
    client.get(URL + "?q=여울이&limit=50")
    with django_assert_num_queries(1):
        client.get(URL + "?q=여울이정&limit=10")
