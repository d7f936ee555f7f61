"""Core's own endpoints under `/api/v1/`."""

from django.urls import path

from core.views import create_install

urlpatterns = [
    path("installs", create_install, name="installs"),
]
