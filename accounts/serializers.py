"""Input of the account endpoints, checked; and the shapes of their answers."""

import re
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts.models import DEFAULT_MEAL_TIMES, User
from accounts.selectors import PROFILE
from accounts.services.kakao import Credentials, clean_nickname
from core import profile_parts
from core.bodies import StrictSerializer
from core.zones import is_zone

_PRINTABLE = RegexValidator(r"\A[\x21-\x7e]+\Z", "영문, 숫자, 기호로만 이루어져 있어야 해요.", code="format")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://?[\x21-\x7e]+\Z")


def secret(*, max_length: int, required: bool = False) -> serializers.CharField:
    """A code or token: printable ASCII, never shown again."""
    return serializers.CharField(
        required=required, max_length=max_length, trim_whitespace=False, validators=[_PRINTABLE], write_only=True
    )


class LoginInput(StrictSerializer):
    """`code` with `redirect_uri` (and `code_verifier`, `nonce`), or `id_token` (and `nonce`), or `access_token`."""

    code = secret(max_length=1024)
    redirect_uri = serializers.CharField(required=False, max_length=1024, trim_whitespace=False)
    code_verifier = secret(max_length=128)
    nonce = secret(max_length=256)
    id_token = secret(max_length=8192)
    access_token = secret(max_length=2048)

    def validate_redirect_uri(self, value: str) -> str:
        if not _SCHEME.match(value) or value.lower().startswith(("javascript:", "data:")):
            raise serializers.ValidationError("주소 형식이 올바르지 않아요.", code="format")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        ways = [name for name in ("code", "id_token", "access_token") if name in attrs]
        if len(ways) != 1:
            raise serializers.ValidationError("code, id_token, access_token 가운데 하나만 보내 주세요.", code="one_of")
        if ("redirect_uri" in attrs) != (ways[0] == "code"):
            raise serializers.ValidationError("redirect_uri는 code와 함께 보내 주세요.", code="redirect_uri")
        return attrs

    def credentials(self) -> Credentials:
        given = dict(self.validated_data)
        return Credentials(verifier=given.pop("code_verifier", ""), **given)


class RefreshInput(StrictSerializer):
    refresh = secret(max_length=4096, required=True)


class MealTimesSerializer(StrictSerializer):
    """When somebody eats and goes to bed, by their own clock."""


for _meal in DEFAULT_MEAL_TIMES:
    MealTimesSerializer._declared_fields[_meal] = serializers.RegexField(
        r"\A([01][0-9]|2[0-3]):[0-5][0-9]\Z",
        required=False,
        error_messages={"invalid": "시각은 08:30처럼 보내 주세요."},
    )


class UserSerializer(serializers.ModelSerializer[User]):
    """Of what `selectors.whole` gives: the user and the parts that other apps registered."""

    meal_times = MealTimesSerializer(read_only=True)

    class Meta:
        model = User
        fields = PROFILE
        read_only_fields = fields
        # The admin's headings are no titles of the API's schema.
        extra_kwargs: ClassVar[dict[str, Any]] = {name: {"label": None} for name in PROFILE}

    def get_fields(self) -> dict[str, Any]:
        parts = profile_parts.parts().items()
        return super().get_fields() | {name: part.shape(read_only=True) for name, part in parts}


class ProfileInput(StrictSerializer):
    """What a person may change about themselves; every field is optional."""

    nickname = serializers.CharField(required=False, max_length=60, allow_blank=True)
    time_zone = serializers.CharField(required=False, max_length=64)
    meal_times = MealTimesSerializer(required=False)
    large_text = serializers.BooleanField(required=False)

    def get_fields(self) -> dict[str, Any]:
        parts = profile_parts.parts().items()
        return super().get_fields() | {name: part.given(required=False) for name, part in parts}

    def validate_nickname(self, value: str) -> str:
        return clean_nickname(value)

    def validate_time_zone(self, value: str) -> str:
        if not is_zone(value):
            raise serializers.ValidationError("모르는 시간대예요. Asia/Seoul처럼 보내 주세요.", code="unknown")
        return value


class PairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    access_expires_in = serializers.IntegerField(help_text="초")
    refresh = serializers.CharField()
    refresh_expires_in = serializers.IntegerField(help_text="초")


class LoginSerializer(PairSerializer):
    user = UserSerializer()
    is_new = serializers.BooleanField()


class DeviceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(["app", "web"])
    device = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField()
    current = serializers.BooleanField(help_text="지금 이 기기인지")


class DevicesSerializer(serializers.Serializer[Any]):
    results = DeviceSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ReceiptSerializer(serializers.Serializer[Any]):
    receipt = serializers.UUIDField(help_text="탈퇴 확인 번호")
    erased_at = serializers.DateTimeField()
