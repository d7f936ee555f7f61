"""The curators' pages in a real browser. With PILLING_PICTURES set to a folder, their pictures are taken anew."""

import os
from pathlib import Path

import pytest

from config.tests.chromium import chromium_page
from medicines.models import Medicine
from summaries import prompts, review
from summaries.tests.curation import make_curator, make_text
from summaries.tests.factories import make_medicine, set_label

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PICTURES = os.environ.get("PILLING_PICTURES", "")
SENTENCES = [
    ("effect", "두통, 치통과 감기로 인한 발열에 쓰는 약이에요.", "efficacy.0"),
    ("effect", "가래가 나오는 기침에 써요.", "efficacy.1"),
    ("side_effect", "드물게 발진, 가려움이 나타날 수 있어요.", "side_effect.0"),
    ("side_effect", "두 알로 줄이면 발진이 덜해요.", "side_effect.0"),
    ("advice", "임신한 사람은 의사와 상의하면 먹어도 돼요.", "precaution.0"),
]
LABEL = {
    "efficacy": "이 약은 두통, 치통과 감기로 인한 발열에 사용합니다.이 약은 객담을 동반한 기침에 사용합니다.",
    "side_effect": "드물게 발진, 가려움이 나타날 수 있습니다."
    "황달이 나타나는 경우 복용을 즉각 중지하고 의사 또는 약사와 상의하십시오.",
    "precaution": "임부는 의사와 상의하십시오.소아는 이 약을 복용하지 마십시오.",
}
NAMES = ("보라매정", "한빛감기캡슐", "새봄연고", "가람혈압정", "누리소화액", "다솜코감기시럽")


@pytest.fixture(autouse=True)
def _plain_files(settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}


@pytest.fixture
def rows(standins):
    made = []
    for number, name in enumerate(NAMES):
        medicine = make_medicine(f"20990010{number}", name, **LABEL)
        Medicine.objects.filter(pk=medicine.pk).update(popularity=6 - number, etc_otc="일반의약품")
        made.append(make_text(medicine, standins, SENTENCES[: 5 if number % 2 == 0 else 3]))
    curator = make_curator("reviewer")
    review.approve(pk=made[2].pk, version=made[2].version, actor_id=curator.pk)
    review.reject(pk=made[4].pk, version=made[4].version, actor_id=curator.pk, reason="어려워요")
    set_label(made[3].medicine, **LABEL, storage="서늘한 곳에 보관하십시오.")
    return made


def _kept(page, name):
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def test_the_queue_and_a_text_beside_its_label(rows, standins, live_server):
    make_curator()
    with chromium_page(width=1366, height=900) as page:
        told = []
        page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
        page.goto(f"{live_server.url}/admin/login/?next=/admin/summaries/summary/")
        page.locator("#id_username").fill("curator")
        page.locator("#id_password").fill("password-for-tests")
        page.locator("[type=submit]").click()
        page.get_by_role("heading", name="요약 검토 (많이 찾고 위험한 것부터)").wait_for()
        _kept(page, "curation-queue")
        page.get_by_role("link", name=NAMES[0], exact=True).click()
        page.get_by_text(prompts.VERSION).first.wait_for()
        assert page.get_by_text("수나 양을 씀").is_visible()
        assert page.get_by_text("원문에 없는 허락·범위·때를 더함").is_visible()
        # The stylesheet came through the admin's own policy.
        assert page.locator("td mark").first.evaluate("node => getComputedStyle(node).display") == "block"
        _kept(page, "curation-compare")
        assert [text for text in told if "Content Security Policy" in text] == []
