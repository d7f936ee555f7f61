"""Routes."""

from django.urls import URLPattern, path

from summaries import views

urlpatterns: list[URLPattern] = [
    path("medicines/<str:item_seq>/summary", views.summary, name="summary"),
]
