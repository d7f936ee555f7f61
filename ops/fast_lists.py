"""What keeps every list of the admin fast, however many rows its table has, and answers what no page of ours sends.

`ops.staff.StaffSite` gives it to each admin that is registered, those of libraries included.
"""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponseBase

MOST_COUNTED = 5_000
# A filter by a column's values offers those of so many of the newest rows.
_LOOKED_AT, _VALUES = 5_000, 50


class CappedPaginator(Paginator[Any]):
    """Counts no further than `MOST_COUNTED` rows; what lies behind them is found by searching or filtering."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_COUNTED].count()) if isinstance(rows, models.QuerySet) else len(rows)

    @property
    def is_capped(self) -> bool:
        return self.count >= MOST_COUNTED


class RecentValues(admin.AllValuesFieldListFilter):
    """A filter by a column's values that does not read the whole column to know them."""

    def __init__(
        self, field: Any, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        newest = model._default_manager.order_by("-pk").values("pk")[:_LOOKED_AT]
        # An empty value would be a link without a name.
        rows = model._default_manager.filter(pk__in=newest).exclude(**{field_path: ""}).order_by(field_path)
        self.lookup_choices = rows.values_list(field_path, flat=True).distinct()[:_VALUES]


def _is_free_text(field: Any) -> bool:
    return isinstance(field, models.CharField | models.TextField) and not field.choices


admin.FieldListFilter.register(_is_free_text, RecentValues, take_priority=True)


class FastList:
    """Mixed into every admin of the site."""

    paginator = CappedPaginator
    show_full_result_count = False
    # Each would read whole columns: for its years, and for the number of each value.
    date_hierarchy = None
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/ops/change_list.html"
    opts: Any

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponseBase | None:
        """Marked rows come as text; what is no id of this table is refused instead of failing in the query."""
        for marked in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.get_prep_value(self.opts.pk.to_python(marked))
            except (ValidationError, ValueError) as error:
                raise BadRequest from error
        answer: HttpResponseBase | None = super().response_action(request, queryset)  # type: ignore[misc]
        return answer


def refuse_nul(request: HttpRequest, *parts: object) -> None:
    """PostgreSQL takes no NUL in a text; forms say so themselves, an address cannot. Raises BadRequest."""
    given = [text for pair in request.GET.lists() for text in (pair[0], *pair[1])]
    if any("\0" in str(text) for text in (*given, *parts)):
        raise BadRequest
