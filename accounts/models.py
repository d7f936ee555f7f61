"""The user, who is signed in where, and what Kakao is still owed. Other apps name settings.AUTH_USER_MODEL."""

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone

DEFAULT_MEAL_TIMES = {"breakfast": "08:00", "lunch": "12:30", "dinner": "18:30", "bedtime": "22:30"}


def default_meal_times() -> dict[str, str]:
    return dict(DEFAULT_MEAL_TIMES)


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str | None = None, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signed in through Kakao, or a member of staff with a username and a password."""

    id = models.UUIDField("회원 번호", primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField("아이디", max_length=60, unique=True, null=True, blank=True)
    # "app id:member number": Kakao counts its members for each app anew.
    kakao_sub = models.CharField("카카오 회원 번호", max_length=64, unique=True, null=True, blank=True)
    nickname = models.CharField("별명", max_length=60, default="", blank=True)
    picture = models.CharField("사진", max_length=500, default="", blank=True)
    time_zone = models.CharField("시간대", max_length=64, default="Asia/Seoul")
    meal_times = models.JSONField("식사 시각", default=default_meal_times)
    large_text = models.BooleanField("큰 글씨", default=False)
    # Rises when the time zone or the meal times change; schedules compare it.
    prefs_version = models.PositiveIntegerField("설정 판", default=1)
    # Part of what a web session is checked against: raising it ends them all.
    session_epoch = models.PositiveIntegerField("로그인 판", default=0)
    is_staff = models.BooleanField("운영진", default=False)
    is_active = models.BooleanField("사용 중", default=True)
    created_at = models.DateTimeField("가입한 때", auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"

    class Meta:
        db_table = "accounts_user"
        verbose_name = verbose_name_plural = "회원"

    def __str__(self) -> str:
        # The admin's history keeps this text: it must not outlive the person.
        return self.username or str(self.id)

    def get_session_auth_hash(self) -> str:
        return f"{super().get_session_auth_hash()}.{self.session_epoch}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return (f"{earlier}.{self.session_epoch}" for earlier in super().get_session_auth_fallback_hash())


class Login(models.Model):
    """One device signed in: a family of refresh tokens, of which `token_id` is the newest, or a web session.

    The tokens themselves are not stored: signed again from these columns they come out the same, byte for byte.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="logins")
    kind = models.CharField(max_length=8, choices=[("app", "앱"), ("web", "웹")])
    device = models.CharField(max_length=120, default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    token_id = models.UUIDField(default=uuid.uuid4)
    issued_at = models.DateTimeField(default=timezone.now)
    signed_with = models.CharField(max_length=32, default="", blank=True)
    previous_token_id = models.UUIDField(null=True, blank=True)

    class Meta:
        db_table = "accounts_login"
        indexes: ClassVar[list[models.Index]] = [
            # A user's devices, and logging all of them out.
            models.Index(fields=["user", "revoked_at"], name="idx_login_user"),
            # The nightly purge.
            models.Index(fields=["expires_at"], name="idx_login_expires"),
        ]

    def __str__(self) -> str:
        return f"login {self.id}"


class DeniedLogin(models.Model):
    """A login whose access tokens must be refused until the last has expired. Outlives the user, knows no user."""

    login_id = models.UUIDField(primary_key=True)
    until = models.DateTimeField()

    class Meta:
        db_table = "accounts_denied_login"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["until"], name="idx_denied_login_until")]

    def __str__(self) -> str:
        return f"denied login {self.login_id}"


class KakaoErrand(models.Model):
    """What is still to be settled about a Kakao member, kept until done: unlink them there, or erase them here."""

    UNLINK = "unlink"
    ERASE = "erase"

    kind = models.CharField("할 일", max_length=8, choices=[(UNLINK, "카카오 연결 끊기"), (ERASE, "탈퇴 처리")])
    kakao_sub = models.CharField("카카오 회원 번호", max_length=64)
    receipt = models.UUIDField("접수 번호", null=True, blank=True)
    attempts = models.PositiveIntegerField("시도", default=0)
    due_at = models.DateTimeField("할 때", default=timezone.now)
    created_at = models.DateTimeField("생긴 때", default=timezone.now)

    class Meta:
        db_table = "accounts_kakao_errand"
        verbose_name = verbose_name_plural = "카카오에 할 일"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "kakao_sub"], name="uniq_kakao_errand"),
        ]
        # The sweep for what is due.
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["due_at"], name="idx_kakao_errand_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ErasureReceipt(models.Model):
    """That somebody was erased, and when Kakao confirmed the unlinking. Names nobody."""

    id = models.UUIDField("접수 번호", primary_key=True, default=uuid.uuid4, editable=False)
    erased_at = models.DateTimeField("지운 때", default=timezone.now)
    rows = models.JSONField("지운 줄", default=dict)
    unlinked_at = models.DateTimeField("카카오 연결을 끊은 때", null=True, blank=True)

    class Meta:
        db_table = "accounts_erasure_receipt"
        verbose_name = verbose_name_plural = "탈퇴 접수"

    def __str__(self) -> str:
        return f"receipt {self.id}"
