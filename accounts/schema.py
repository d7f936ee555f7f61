"""What the OpenAPI schema says of our tokens and of the plain view."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.schema import problems


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.AccessToken"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


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
        parameters=[_ADMIN_KEY, *(OpenApiParameter(name, str) for name in _FIELDS)],
        responses=_ANSWERS,
    )
    def get(self, request: Request) -> Response:
        return Response()

    @extend_schema(
        operation_id="kakao_unlinked_post",
        summary="카카오의 연결 해제 알림 (POST)",
        parameters=[_ADMIN_KEY],
        request={"application/x-www-form-urlencoded": _FORM},
        responses=_ANSWERS,
    )
    def post(self, request: Request) -> Response:
        return Response()


IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="읽을 때 받은 ETag. 그사이 바뀌었으면 412를 받습니다."
)
