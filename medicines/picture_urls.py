"""Routes of the pictures."""

from django.urls import URLPattern, path

from medicines.picture_views import picture

urlpatterns: list[URLPattern] = [path("media/medicines/<str:item_seq>", picture, name="picture")]
