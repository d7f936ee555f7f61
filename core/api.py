"""Placeholder until the core builder's module lands (overwrite freely)."""

from django.views.defaults import bad_request as handler400
from django.views.defaults import page_not_found as handler404
from django.views.defaults import permission_denied as handler403
from django.views.defaults import server_error as handler500
from rest_framework.views import exception_handler

__all__ = ["exception_handler", "handler400", "handler403", "handler404", "handler500"]
