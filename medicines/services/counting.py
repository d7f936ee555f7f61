"""What an answer counts as, for whoever gives it: the API and the pages."""

from medicines.selectors.answers import Answer
from medicines.services import misses, popularity


def count(answer: Answer, *, address: str) -> None:
    if answer.searched:
        popularity.note(answer.searched, address)
    if answer.missed:
        misses.note(answer.missed, address)
    if answer.opened:
        misses.note_opened(answer.opened, address)
