"""The sentences of a summary as a curator enters them. Copied sections have no form: they cannot be edited."""

import re

from django import forms
from django.forms import formset_factory

from summaries.comparison import SECTIONS
from summaries.generation import MAX_SENTENCES
from summaries.grounding import ALLOWED_FIELDS, MAX_CHARACTERS, Claim
from summaries.review import Checked


class SentenceForm(forms.Form):
    """A blank text is no sentence. `checked` is what the gate found, once it has been asked."""

    section = forms.ChoiceField(label="항목", choices=[(name, SECTIONS[name]) for name in ALLOWED_FIELDS])
    text = forms.CharField(
        label="문장", required=False, max_length=MAX_CHARACTERS, widget=forms.Textarea(attrs={"rows": 3})
    )
    source = forms.CharField(label="근거 번호", required=False, max_length=200)
    confirm = forms.CharField(required=False, max_length=64)
    checked: Checked | None = None

    @property
    def claim(self) -> Claim:
        """The form must be valid."""
        values = self.cleaned_data
        text = " ".join(values.get("text", "").split())
        return Claim(values["section"], text, tuple(re.findall(r"[a-z_]+\.\d+|\S+?(?=,|\s|$)", values["source"])))

    @property
    def is_blank(self) -> bool:
        return not self.cleaned_data.get("text", "").strip()


class ReasonForm(forms.Form):
    version = forms.IntegerField()
    reason = forms.CharField(required=False, max_length=500)


SentenceFormSet = formset_factory(
    SentenceForm, extra=2, max_num=MAX_SENTENCES, absolute_max=MAX_SENTENCES + 20, validate_max=True
)
