import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.rewording import reworded


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0002_departments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="device",
            options={"verbose_name": "기기", "verbose_name_plural": "기기"},
        ),
        migrations.AlterModelOptions(
            name="pushmessage",
            options={"verbose_name": "알림", "verbose_name_plural": "알림"},
        ),
        migrations.AlterField(
            model_name="device",
            name="created_at",
            field=models.DateTimeField(verbose_name="등록한 때"),
        ),
        migrations.AlterField(
            model_name="device",
            name="gone_at",
            field=models.DateTimeField(null=True, verbose_name="사라진 때"),
        ),
        migrations.AlterField(
            model_name="device",
            name="id",
            field=models.UUIDField(
                default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="기기 번호"
            ),
        ),
        migrations.AlterField(
            model_name="device",
            name="name",
            field=models.CharField(blank=True, default="", max_length=60, verbose_name="이름"),
        ),
        migrations.AlterField(
            model_name="device",
            name="platform",
            field=models.CharField(blank=True, default="", max_length=10, verbose_name="기종"),
        ),
        migrations.AlterField(
            model_name="device",
            name="token",
            field=models.CharField(max_length=200, unique=True, verbose_name="토큰"),
        ),
        migrations.AlterField(
            model_name="device",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="주인",
            ),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="시도"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="body",
            field=models.CharField(max_length=300, verbose_name="글"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="device",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="schedules.device",
                verbose_name="기기",
            ),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="drop_at",
            field=models.DateTimeField(verbose_name="버릴 때"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="due_at",
            field=models.DateTimeField(verbose_name="보낼 때"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="error",
            field=models.CharField(blank=True, default="", max_length=60, verbose_name="오류"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="kind",
            field=models.CharField(
                choices=[
                    ("first", "첫 알림"),
                    ("second", "다시 알림"),
                    ("carer", "보호자 알림"),
                    ("stock", "남은 약 알림"),
                ],
                max_length=6,
                verbose_name="갈래",
            ),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="lease",
            field=models.UUIDField(null=True, verbose_name="맡은 번호"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="lease_until",
            field=models.DateTimeField(null=True, verbose_name="맡은 동안"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="schedule",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="schedules.schedule",
                verbose_name="복용",
            ),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="sent_at",
            field=models.DateTimeField(null=True, verbose_name="보낸 때"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "기다림"),
                    ("claimed", "맡음"),
                    ("sending", "보내는 중"),
                    ("sent", "보냄"),
                    ("delivered", "받음"),
                    ("dropped", "늦어서 버림"),
                    ("cancelled", "취소"),
                    ("failed", "실패"),
                ],
                default="queued",
                max_length=9,
                verbose_name="상태",
            ),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="ticket",
            field=models.CharField(blank=True, default="", max_length=60, verbose_name="접수표"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="title",
            field=models.CharField(max_length=60, verbose_name="제목"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="unsure",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="알 수 없음"),
        ),
        migrations.AlterField(
            model_name="pushmessage",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="받는 사람",
            ),
        ),
    ]
    operations = reworded(operations)
