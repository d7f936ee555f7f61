import pytest

pytestmark = pytest.mark.urls("core.tests.urls")


def test_an_install_id_is_handed_out_and_accepted(client, settings):
    settings.THROTTLE_RATES = {"address": "100/minute", "install": "2/minute"}
    made = client.post("/api/v1/installs")
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    headers = {"X-Install-ID": made.json()["install_id"]}
    assert [client.get("/echo", headers=headers).status_code for _ in range(3)] == [200, 200, 429]


def test_each_is_new(client):
    assert client.post("/api/v1/installs").json() != client.post("/api/v1/installs").json()


def test_a_forged_one_is_told_so(client):
    answer = client.get("/echo", headers={"X-Install-ID": "made-up"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "X-Install-ID"
