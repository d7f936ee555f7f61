"""The account endpoints. Parse, one call, respond."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, cast

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import devices, schema, selectors, serializers, tasks
from accounts.jwts import SignedIn
from accounts.models import User
from accounts.services import erasure, export, kakao, profile, tokens
from core.api import query
from core.celery_task import enqueue
from core.pagination import envelope
from core.preconditions import check_match, etag_of
from core.schema import problems

_SECRET = {"Cache-Control": "no-store"}


def who(request: Request) -> SignedIn:
    """The caller of a view that lets no one else in."""
    return cast(SignedIn, request.user)


class KakaoLogin(APIView):
    authentication_classes = ()
    permission_classes = ()
    throttle_scope = "login"

    @extend_schema(
        operation_id="login_with_kakao",
        summary="카카오로 로그인",
        request=serializers.LoginInput,
        responses={200: schema.LOGIN, **problems("login-refused", "login-unavailable", "not-acceptable")},
    )
    def post(self, request: Request) -> Response:
        given = serializers.LoginInput(data=request.data)
        given.is_valid(raise_exception=True)
        found = kakao.sign_in(given.credentials(), to="app")
        pair = tokens.issue(user_id=found.user.pk, device=devices.name_of(request._request))
        body = {**asdict(pair), "user": selectors.whole(found.user), "is_new": found.is_new}
        return Response(serializers.LoginSerializer(body).data, headers=_SECRET)


class Refresh(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="refresh_tokens",
        summary="새 토큰 받기",
        description="쓰인 토큰은 60초 동안만 같은 답을 다시 줍니다. 그 뒤에 또 쓰이면 그 기기의 로그인이 끝납니다.",
        request=serializers.RefreshInput,
        responses={200: schema.PAIR, **problems("not-authenticated", "not-acceptable")},
    )
    def post(self, request: Request) -> Response:
        pair = tokens.refresh(token=_refresh_token(request))
        return Response(asdict(pair), headers=_SECRET)


class Logout(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="log_out",
        summary="이 기기에서 로그아웃",
        request=serializers.RefreshInput,
        responses={204: None, **problems("not-authenticated", "unavailable", "not-acceptable")},
    )
    def post(self, request: Request) -> Response:
        tokens.end(token=_refresh_token(request))
        return Response(status=204)


def _refresh_token(request: Request) -> str:
    given = serializers.RefreshInput(data=request.data)
    given.is_valid(raise_exception=True)
    return cast(str, given.validated_data["refresh"])


class LogoutAll(APIView):
    @extend_schema(
        operation_id="log_out_everywhere",
        summary="모든 기기에서 로그아웃",
        request=None,
        responses={204: None, **problems("not-authenticated", "unavailable")},
    )
    def post(self, request: Request) -> Response:
        tokens.end_all(user_id=who(request).id)
        return Response(status=204)


class Devices(APIView):
    @extend_schema(
        operation_id="list_sessions",
        summary="로그인한 기기",
        responses={200: schema.DEVICES, **problems("not-authenticated")},
    )
    def get(self, request: Request) -> Response:
        query(request._request, ("",))
        me = who(request)
        found = selectors.devices(me.id, current=me.session_id)
        return Response(serializers.DevicesSerializer(envelope(found)).data, headers=_SECRET)


class Me(APIView):
    @extend_schema(
        operation_id="read_me",
        summary="내 정보",
        parameters=[schema.IF_NONE_MATCH],
        responses={200: schema.USER, 304: schema.UNCHANGED, **problems("not-authenticated")},
    )
    def get(self, request: Request) -> Response:
        shown = _shown(selectors.user(who(request).id))
        unchanged = shown.headers["ETag"] in request.META.get("HTTP_IF_NONE_MATCH", "")
        return Response(status=304, headers=shown.headers) if unchanged else shown

    @extend_schema(
        operation_id="change_me",
        summary="내 정보 고치기",
        request=serializers.ProfileInput,
        parameters=[schema.IF_MATCH],
        responses={200: schema.USER, **problems("not-authenticated", "precondition-failed")},
    )
    def patch(self, request: Request) -> Response:
        given = serializers.ProfileInput(data=request.data)
        given.is_valid(raise_exception=True)
        changed = profile.update(user_id=who(request).id, changes=given.validated_data, check=_unchanged(request))
        return _shown(changed)

    @extend_schema(
        operation_id="erase_me",
        summary="탈퇴",
        description="개인 정보를 바로 지우고, 카카오 연결은 뒤이어 끊습니다.",
        request=None,
        parameters=[schema.IF_MATCH],
        responses={200: schema.RECEIPT, **problems("not-authenticated", "precondition-failed")},
    )
    def delete(self, request: Request) -> Response:
        farewell = erasure.erase(user_id=who(request).id, check=_unchanged(request))
        if farewell.errand is not None:
            enqueue(tasks.run_errand, farewell.errand)
        return Response(serializers.ReceiptSerializer(farewell).data, headers=_SECRET)


def _shown(user: User) -> Response:
    body = _body(user)
    return Response(body, headers={"ETag": etag_of(body), "Cache-Control": "private, no-cache"})


def _body(user: User) -> Any:
    return serializers.UserSerializer(selectors.whole(user)).data  # type: ignore[arg-type] # a mapping of its fields


def _unchanged(request: Request) -> Callable[[User], None]:
    return lambda user: check_match(request._request, etag_of(_body(user)))


class Export(APIView):
    @extend_schema(
        operation_id="export_me",
        summary="내 정보 모두 받기",
        responses={200: schema.EXPORT, **problems("not-authenticated")},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        pieces = export.everything(user_id=selectors.user(who(request).id).pk)
        headers = {"Content-Disposition": 'attachment; filename="pilling-export.json"', **_SECRET}
        return StreamingHttpResponse(_encoded(pieces), content_type="application/json", headers=headers)


def _encoded(pieces: Iterator[str]) -> Iterator[bytes]:
    return (piece.encode("utf-8", "backslashreplace") for piece in pieces)
