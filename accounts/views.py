"""The account endpoints. Parse, one call, respond."""

import uuid
from dataclasses import asdict
from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import devices, selectors, serializers
from accounts.jwts import SignedIn
from accounts.services import kakao, tokens
from core.preconditions import etag_of
from core.schema import problems

_SECRET = {"Cache-Control": "no-store"}


def who(request: Request) -> SignedIn:
    """The caller of a view that lets no one else in."""
    return cast(SignedIn, request.user)


class KakaoLogin(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="login_with_kakao",
        summary="카카오로 로그인",
        request=serializers.LoginInput,
        responses={200: serializers.LoginSerializer, **problems("login-refused", "login-unavailable")},
    )
    def post(self, request: Request) -> Response:
        given = serializers.LoginInput(data=request.data)
        given.is_valid(raise_exception=True)
        found = kakao.sign_in(given.credentials(), to="app")
        pair = tokens.issue(user_id=found.user.pk, device=devices.name_of(request._request))
        body = {**asdict(pair), "user": found.user, "is_new": found.is_new}
        return Response(serializers.LoginSerializer(body).data, headers=_SECRET)


class Me(APIView):
    @extend_schema(
        operation_id="read_me",
        summary="내 정보",
        responses={200: serializers.UserSerializer, **problems("not-authenticated")},
    )
    def get(self, request: Request) -> Response:
        return _shown(who(request).id)


def _shown(user_id: uuid.UUID) -> Response:
    body = serializers.UserSerializer(selectors.user(user_id)).data
    return Response(body, headers={"ETag": etag_of(body), "Cache-Control": "private, no-cache"})
