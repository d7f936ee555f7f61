"""The curators' pages: the queue of summaries, the table of hard words, and custom summaries to look at."""

from summaries.admin.custom import CustomSummaryAdmin
from summaries.admin.summary import SummaryAdmin
from summaries.admin.words import HardWordAdmin

__all__ = ("CustomSummaryAdmin", "HardWordAdmin", "SummaryAdmin")
