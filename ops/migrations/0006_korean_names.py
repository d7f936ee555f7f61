from django.db import migrations, models

from core.rewording import reworded


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0005_roles"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(max_length=64, verbose_name="한 일"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="actor",
            field=models.CharField(
                help_text="A user's id, or the name of the task or command.", max_length=64, verbose_name="한 사람"
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="때"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="details",
            field=models.JSONField(blank=True, default=dict, verbose_name="자세히"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="request_id",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="요청 번호"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="target",
            field=models.CharField(blank=True, default="", max_length=128, verbose_name="대상"),
        ),
        migrations.AlterField(
            model_name="deadletter",
            name="args",
            field=models.JSONField(default=list, verbose_name="인자"),
        ),
        migrations.AlterField(
            model_name="deadletter",
            name="attempts",
            field=models.PositiveIntegerField(verbose_name="시도"),
        ),
        migrations.AlterField(
            model_name="deadletter",
            name="error",
            field=models.TextField(verbose_name="오류"),
        ),
        migrations.AlterField(
            model_name="deadletter",
            name="failed_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="실패한 때"),
        ),
        migrations.AlterField(
            model_name="deadletter",
            name="kwargs",
            field=models.JSONField(default=dict, verbose_name="이름 있는 인자"),
        ),
        migrations.AlterField(
            model_name="deadletter",
            name="name",
            field=models.CharField(max_length=128, verbose_name="작업"),
        ),
        migrations.AlterField(
            model_name="deadletter",
            name="request_id",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="요청 번호"),
        ),
        migrations.AlterField(
            model_name="deadletter",
            name="resent_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="다시 보낸 때"),
        ),
        migrations.AlterField(
            model_name="deadletter",
            name="task_id",
            field=models.CharField(max_length=64, unique=True, verbose_name="작업 번호"),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="body",
            field=models.BinaryField(default=bytes, verbose_name="응답 글"),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="created_at",
            field=models.DateTimeField(verbose_name="받은 때"),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="done",
            field=models.BooleanField(default=False, verbose_name="끝남"),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="headers",
            field=models.JSONField(default=dict, verbose_name="응답 머리"),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="key",
            field=models.CharField(max_length=255, verbose_name="열쇠"),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="locked_until",
            field=models.DateTimeField(verbose_name="잠긴 동안"),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="owner",
            field=models.CharField(
                help_text="A keyed digest of the user, the install or the address.",
                max_length=64,
                verbose_name="보낸 쪽의 지문",
            ),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="request_hash",
            field=models.CharField(max_length=64, verbose_name="요청의 지문"),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="status",
            field=models.PositiveSmallIntegerField(null=True, verbose_name="응답 번호"),
        ),
    ]
    operations = reworded(operations)
