"""Routes of the pages."""

from django.urls import URLPattern, path

from accounts import pages

urlpatterns: list[URLPattern] = [
    path("login", pages.login_page, name="login"),
    path("login/kakao", pages.start, name="login-start"),
    path("login/kakao/callback", pages.callback, name="login-callback"),
    path("logout", pages.logout, name="logout"),
]
