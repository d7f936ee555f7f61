import uuid

import django.utils.timezone
from django.db import migrations, models

import accounts.models
from core.rewording import reworded


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_logins"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="erasurereceipt",
            options={"verbose_name": "탈퇴 접수", "verbose_name_plural": "탈퇴 접수"},
        ),
        migrations.AlterModelOptions(
            name="kakaoerrand",
            options={"verbose_name": "카카오에 할 일", "verbose_name_plural": "카카오에 할 일"},
        ),
        migrations.AlterModelOptions(
            name="user",
            options={"verbose_name": "회원", "verbose_name_plural": "회원"},
        ),
        migrations.AlterField(
            model_name="erasurereceipt",
            name="erased_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="지운 때"),
        ),
        migrations.AlterField(
            model_name="erasurereceipt",
            name="id",
            field=models.UUIDField(
                default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="접수 번호"
            ),
        ),
        migrations.AlterField(
            model_name="erasurereceipt",
            name="rows",
            field=models.JSONField(default=dict, verbose_name="지운 줄"),
        ),
        migrations.AlterField(
            model_name="erasurereceipt",
            name="unlinked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="카카오 연결을 끊은 때"),
        ),
        migrations.AlterField(
            model_name="kakaoerrand",
            name="attempts",
            field=models.PositiveIntegerField(default=0, verbose_name="시도"),
        ),
        migrations.AlterField(
            model_name="kakaoerrand",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="생긴 때"),
        ),
        migrations.AlterField(
            model_name="kakaoerrand",
            name="due_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="할 때"),
        ),
        migrations.AlterField(
            model_name="kakaoerrand",
            name="kakao_sub",
            field=models.CharField(max_length=64, verbose_name="카카오 회원 번호"),
        ),
        migrations.AlterField(
            model_name="kakaoerrand",
            name="kind",
            field=models.CharField(
                choices=[("unlink", "카카오 연결 끊기"), ("erase", "탈퇴 처리")], max_length=8, verbose_name="할 일"
            ),
        ),
        migrations.AlterField(
            model_name="kakaoerrand",
            name="receipt",
            field=models.UUIDField(blank=True, null=True, verbose_name="접수 번호"),
        ),
        migrations.AlterField(
            model_name="user",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="가입한 때"),
        ),
        migrations.AlterField(
            model_name="user",
            name="id",
            field=models.UUIDField(
                default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="회원 번호"
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="is_active",
            field=models.BooleanField(default=True, verbose_name="사용 중"),
        ),
        migrations.AlterField(
            model_name="user",
            name="is_staff",
            field=models.BooleanField(default=False, verbose_name="운영진"),
        ),
        migrations.AlterField(
            model_name="user",
            name="kakao_sub",
            field=models.CharField(blank=True, max_length=64, null=True, unique=True, verbose_name="카카오 회원 번호"),
        ),
        migrations.AlterField(
            model_name="user",
            name="large_text",
            field=models.BooleanField(default=False, verbose_name="큰 글씨"),
        ),
        migrations.AlterField(
            model_name="user",
            name="meal_times",
            field=models.JSONField(default=accounts.models.default_meal_times, verbose_name="식사 시각"),
        ),
        migrations.AlterField(
            model_name="user",
            name="nickname",
            field=models.CharField(blank=True, default="", max_length=60, verbose_name="별명"),
        ),
        migrations.AlterField(
            model_name="user",
            name="picture",
            field=models.CharField(blank=True, default="", max_length=500, verbose_name="사진"),
        ),
        migrations.AlterField(
            model_name="user",
            name="prefs_version",
            field=models.PositiveIntegerField(default=1, verbose_name="설정 판"),
        ),
        migrations.AlterField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(default=0, verbose_name="로그인 판"),
        ),
        migrations.AlterField(
            model_name="user",
            name="time_zone",
            field=models.CharField(default="Asia/Seoul", max_length=64, verbose_name="시간대"),
        ),
        migrations.AlterField(
            model_name="user",
            name="username",
            field=models.CharField(blank=True, max_length=60, null=True, unique=True, verbose_name="아이디"),
        ),
    ]
    operations = reworded(operations)
