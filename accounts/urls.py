"""Routes."""

from django.urls import URLPattern, path

from accounts import views

urlpatterns: list[URLPattern] = [
    path("auth/kakao", views.KakaoLogin.as_view(), name="login-with-kakao"),
    path("me", views.Me.as_view(), name="me"),
]
