"""Routes."""

from django.urls import URLPattern, path

from medicines import views

urlpatterns: list[URLPattern] = [
    path("medicines", views.search, name="search"),
    path("medicines/suggest", views.suggest, name="suggest"),
    path("medicines/popular", views.popular_names, name="popular"),
    path("medicines/<str:item_seq>", views.medicine, name="medicine"),
]
