"""Company names without their legal form, so that 동화약품(주), (주)동화약품 and 동화약품 are one. Pure."""

import re

from medicines.search.normalise import compose, fold_words

_LEGAL_FORM = re.compile(r"\((?:주|유|합|재|사|의)\)|㈜|주식회사|유한책임회사|유한회사|합자회사|합명회사|농업회사법인")


def company_name(entp_name: str) -> str:
    """A company as it is searched for: (주)종근당 → 종근당."""
    return fold_words(_LEGAL_FORM.sub("", compose(_LEGAL_FORM.sub("", entp_name))))
