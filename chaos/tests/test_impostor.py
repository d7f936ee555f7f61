"""Nobody's certificate is believed, whoever of ours asks."""

from http.client import HTTPSConnection, RemoteDisconnected
from urllib.parse import urlsplit

import openai
import pytest
from django.test import override_settings

from chaos.impostor import Impostor
from config.tests.running import wait_for
from core import http
from core.errors import VendorUnreachable
from deploy.tests.edge import Edge, needs_nginx
from summaries import client

pytestmark = needs_nginx


@pytest.fixture
def impostor(tmp_path):
    folder = tmp_path / "edge"
    Edge(folder, [])
    with Impostor(folder / "tls") as running:
        yield running


def test_the_door_of_all_vendors_ends_in_the_handshake(impostor):
    with pytest.raises(VendorUnreachable):
        http.request(http.Vendor("datagokr", impostor.url, attempts=1), "GET", "/", params={"serviceKey": "secret"})
    assert (impostor.knocked, impostor.believed) == (1, 0)


def test_the_models_own_client_does_too(impostor):
    with (
        override_settings(OPENAI_BASE_URL=impostor.url, OPENAI_API_KEY="secret"),
        pytest.raises(openai.APIConnectionError),
    ):
        client.sdk().models.list()
    assert impostor.knocked >= 1
    assert impostor.believed == 0


def test_who_does_not_look_is_noticed(impostor):
    line = HTTPSConnection("127.0.0.1", urlsplit(impostor.url).port, timeout=60, context=Edge.trust())
    line.request("GET", "/")
    with pytest.raises(RemoteDisconnected):
        line.getresponse()
    wait_for(lambda: impostor.believed == 1)
