"""Routes."""

from django.urls import URLPattern, path

from pharmacies import views

urlpatterns: list[URLPattern] = [
    path("pharmacies", views.nearest_pharmacies, name="pharmacies"),
    path("pharmacies/<str:pharmacy_id>", views.pharmacy, name="pharmacy"),
]
