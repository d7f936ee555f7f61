"""What the OpenAPI schema says of our tokens and of the plain view."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import serializers
from core.schema import answer, problems


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.AccessToken"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


_UNLINKED = "카카오만 부릅니다. 연결을 끊은 회원의 정보를 지웁니다."
_ADMIN_KEY = OpenApiParameter(
    "Authorization", str, OpenApiParameter.HEADER, required=True, description="KakaoAK 어드민 키"
)
_FIELDS = ("app_id", "user_id", "referrer_type")
_FORM = {"type": "object", "properties": {name: {"type": "string"} for name in _FIELDS}}
_ANSWERS: dict[Any, Any] = {200: None, **problems("not-authenticated")}


class DescribeUnlinked(APIView):
    """Never called: drf-spectacular reads the operations from here."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="kakao_unlinked_get",
        summary="카카오의 연결 해제 알림 (GET)",
        description=_UNLINKED,
        parameters=[_ADMIN_KEY, *(OpenApiParameter(name, str) for name in _FIELDS)],
        responses=_ANSWERS,
    )
    def get(self, request: Request) -> Response:
        return Response()

    @extend_schema(
        operation_id="kakao_unlinked_post",
        summary="카카오의 연결 해제 알림 (POST)",
        description=_UNLINKED,
        parameters=[_ADMIN_KEY],
        request={"application/x-www-form-urlencoded": _FORM},
        responses=_ANSWERS,
    )
    def post(self, request: Request) -> Response:
        return Response()


IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="읽을 때 받은 ETag. 그사이 바뀌었으면 412를 받습니다."
)

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="읽을 때 받은 ETag. 그대로면 304를 받습니다."
)
UNCHANGED = OpenApiResponse(description="If-None-Match로 보낸 것 그대로")

_USER = {
    "id": "0b2f6c1e-5d0c-4a52-9f0e-3a4f5b8f7c21",
    "nickname": "홍길동",
    "picture": "https://k.kakaocdn.net/dn/보기.jpg",
    "time_zone": "Asia/Seoul",
    "meal_times": {"breakfast": "08:00", "lunch": "12:30", "dinner": "18:30", "bedtime": "22:30"},
    "large_text": False,
    "created_at": "2026-11-26T09:00:00+09:00",
    "reminder_settings": {
        "enabled": True,
        "quiet_hours": {"from": "22:00", "to": "07:00"},
        "second_after_minutes": 30,
        "show_medicine_name": False,
    },
}
_PAIR = {"access": "eyJ…", "access_expires_in": 600, "refresh": "eyJ…", "refresh_expires_in": 5_184_000}
_DEVICE = {
    "id": "6a1d3f5e-8f6b-4f0a-b0a5-1f2e3d4c5b6a",
    "kind": "app",
    "device": "Android",
    "created_at": "2026-11-26T09:00:00+09:00",
    "last_used_at": "2026-11-26T12:00:00+09:00",
    "current": True,
}
_ERASED = {"receipt": "2f0d9a4c-7c1b-4e7e-9a55-0c8d7e6f5a4b", "erased_at": "2026-11-26T09:00:00+09:00"}
_EXPORT = {"format": "pilling-export-1", "exported_at": "2026-11-26T00:00:00+00:00", "data": {"accounts": {}}}


USER = answer(serializers.UserSerializer, _USER)
PAIR = answer(serializers.PairSerializer, _PAIR)
LOGIN = answer(serializers.LoginSerializer, {**_PAIR, "user": _USER, "is_new": True})
DEVICES = answer(serializers.DevicesSerializer, {"results": [_DEVICE], "next": None, "previous": None})
RECEIPT = answer(serializers.ReceiptSerializer, _ERASED)
EXPORT = answer(OpenApiTypes.OBJECT, _EXPORT)
