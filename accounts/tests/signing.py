"""Signing a user in, for any app's tests: `client.get("/api/v1/me", **bearer(user))`."""

from accounts.services import tokens


def bearer(user, *, device=""):
    return {"HTTP_AUTHORIZATION": f"Bearer {tokens.issue(user_id=user.pk, device=device).access}"}


def post(client, path, token):
    return client.post(f"/api/v1/auth/{path}", {"refresh": token}, content_type="application/json")


def me(client, access):
    return client.get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {access}").status_code
