"""Routes of the API."""

from django.urls import URLPattern, path

from accounts import views, webhooks

urlpatterns: list[URLPattern] = [
    path("auth/kakao", views.KakaoLogin.as_view(), name="login-with-kakao"),
    path("auth/kakao/unlinked", webhooks.unlinked, name="kakao-unlinked"),
    path("auth/refresh", views.Refresh.as_view(), name="refresh"),
    path("auth/logout", views.Logout.as_view(), name="end-login"),
    path("auth/logout-all", views.LogoutAll.as_view(), name="end-logins"),
    path("auth/sessions", views.Devices.as_view(), name="logins"),
    path("me", views.Me.as_view(), name="me"),
    path("me/export", views.Export.as_view(), name="export"),
]
