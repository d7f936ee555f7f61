"""Routes."""

from django.urls import URLPattern, path

from medicines import scrap_views, views
from ops.idempotency import idempotent

urlpatterns: list[URLPattern] = [
    path("medicines", views.search, name="search"),
    path("medicines/suggest", views.suggest, name="suggest"),
    path("medicines/popular", views.popular_names, name="popular"),
    path("medicines/<str:item_seq>", views.medicine, name="medicine"),
    path("scraps", idempotent(scrap_views.Scraps.as_view()), name="scraps"),
    path("scraps/<int:id_>", scrap_views.OneScrap.as_view(), name="scrap"),
]
