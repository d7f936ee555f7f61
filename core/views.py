"""The endpoints that belong to no app."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import json_response, plain_view
from core.installs import new_install_id
from core.schema import problems


class InstallSerializer(serializers.Serializer[Any]):
    install_id = serializers.CharField(help_text="다음 요청부터 X-Install-ID 머리글로 보내는 값")


class DescribeInstalls(APIView):
    """Never called: drf-spectacular reads the operation from here."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="create_install",
        summary="설치 번호 받기",
        description="앱을 설치한 기기마다 한 번 받아, 다음 요청부터 X-Install-ID 머리글로 보냅니다.",
        request=None,
        responses={201: InstallSerializer, **problems("throttled")},
        examples=[OpenApiExample("보기", value={"install_id": "pJ3…:서명"}, response_only=True, status_codes=["201"])],
    )
    def post(self, request: Request) -> Response:
        return Response(InstallSerializer({"install_id": ""}).data)


@plain_view(methods=("POST",), describe=DescribeInstalls)
def create_install(request: HttpRequest) -> HttpResponse:
    """A signed id for one installation of an app. Nothing is stored, so a repeated request harms nothing."""
    body = json.dumps({"install_id": new_install_id()}).encode()
    return json_response(body, status=201, headers={"Cache-Control": "no-store"})
