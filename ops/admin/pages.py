"""What pages without a table of their own share."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

View = Callable[..., HttpResponse]


class PageAdmin(admin.ModelAdmin[Any]):
    """An admin entry that is a page: no rows to add, change or delete. Subclasses give `get_urls`."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def guarded(self, view: View, permission: str) -> View:
        """For staff with this permission of the model ("view", "change", "delete"); others get 403 or the login."""

        def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.may(request, permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        page: View = self.admin_site.admin_view(allowed)
        return page

    def may(self, request: HttpRequest, permission: str) -> bool:
        return bool(getattr(self, f"has_{permission}_permission")(request))

    def page(self, request: HttpRequest, template: str, **values: Any) -> HttpResponse:
        own = {"title": self.opts.verbose_name, "opts": self.opts, **values}
        return TemplateResponse(request, f"admin/ops/{template}.html", self.admin_site.each_context(request) | own)

    def home(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def url_name(model: type[models.Model], page: str) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}_{page}"
