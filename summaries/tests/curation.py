"""A curator and a text to judge."""

import json

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from medicines.selectors.label_text import label_text
from summaries import services
from summaries.models import Summary

CARELESS = [
    ("effect", "두통, 발열에 쓰는 약이에요.", "efficacy.0"),
    ("side_effect", "드물게 발진이 나타날 수 있어요.", "side_effect.0"),
    ("effect", "두 알씩 먹으면 두통이 나아요.", "efficacy.0"),
]


def make_curator(username="curator", *permissions):
    """A member of staff who may change summaries and hard words, or has just these permissions."""
    user = get_user_model().objects.create_user(username, "password-for-tests", is_staff=True)
    names = permissions or ("change_summary", "add_hardword", "change_hardword", "view_hardword")
    user.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label="summaries"))
    return user


def make_text(medicine, standins, sentences=CARELESS):
    """The summary of a medicine, as the stand-in's model words it: two good sentences and a refused one."""
    content = [{"section": section, "text": text, "source": [id_]} for section, text, id_ in sentences]
    standins.set_fault("openai", "content", content=json.dumps({"sentences": content}, ensure_ascii=False))
    kind, pk = services.claim(label=label_text(item_seq=medicine.item_seq), keyword="")
    assert services.generate(kind=kind, pk=pk) == "done"
    standins.reset()
    return Summary.objects.get(pk=pk)
