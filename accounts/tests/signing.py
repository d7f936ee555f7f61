"""Signing a user in, for any app's tests: `client.get("/api/v1/me", **bearer(user))`."""

from accounts.services import tokens


def bearer(user, *, device=""):
    return {"HTTP_AUTHORIZATION": f"Bearer {tokens.issue(user_id=user.pk, device=device).access}"}
