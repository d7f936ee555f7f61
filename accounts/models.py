"""The user. Other apps name it only as `settings.AUTH_USER_MODEL`."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=60, unique=True, null=True, blank=True)
    kakao_sub = models.CharField(max_length=64, unique=True, null=True, blank=True)
    nickname = models.CharField(max_length=60, default="", blank=True)
    time_zone = models.CharField(max_length=64, default="Asia/Seoul")
    prefs_version = models.PositiveIntegerField(default=1)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"

    class Meta:
        db_table = "accounts_user"

    def __str__(self) -> str:
        return self.username or self.nickname or str(self.id)
