import django.db.models.deletion
from django.db import migrations, models

from core.rewording import reworded


class Migration(migrations.Migration):
    dependencies = [
        ("medicines", "0014_korean_names"),
        ("summaries", "0005_custom_curation"),
    ]

    operations = [
        migrations.AlterField(
            model_name="customsummary",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="시도"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="checks",
            field=models.JSONField(default=dict, verbose_name="검사"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="생긴 때"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="custom_summary",
            field=models.TextField(default="", verbose_name="글"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="error",
            field=models.CharField(default="", max_length=200, verbose_name="오류"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="generated_at",
            field=models.DateTimeField(null=True, verbose_name="만든 때"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="item_seq",
            field=models.CharField(max_length=20, verbose_name="품목기준코드"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="lease_until",
            field=models.DateTimeField(null=True, verbose_name="맡은 동안"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="medicine",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="medicines.medicine",
                verbose_name="의약품",
            ),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="medicine_name",
            field=models.TextField(verbose_name="제품명"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="model",
            field=models.CharField(default="", max_length=80, verbose_name="모델"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="prompt_version",
            field=models.CharField(max_length=20, verbose_name="지시문 판"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="retry_at",
            field=models.DateTimeField(null=True, verbose_name="다시 할 때"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="search_keyword",
            field=models.CharField(max_length=30, verbose_name="낱말"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="sections",
            field=models.JSONField(default=list, verbose_name="글"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="source_hash",
            field=models.CharField(default="", max_length=64, verbose_name="원문의 지문"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="tokens_cached",
            field=models.IntegerField(default=0, verbose_name="캐시 토큰"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="tokens_in",
            field=models.IntegerField(default=0, verbose_name="읽은 토큰"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="tokens_out",
            field=models.IntegerField(default=0, verbose_name="쓴 토큰"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="version",
            field=models.IntegerField(default=0, verbose_name="판"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="wanted_hash",
            field=models.CharField(default="", max_length=64, verbose_name="만들 원문의 지문"),
        ),
        migrations.AlterField(
            model_name="customsummary",
            name="work",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("batched", "Batched"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("dead", "Dead"),
                ],
                default="queued",
                max_length=10,
                verbose_name="작업",
            ),
        ),
        migrations.AlterField(
            model_name="summary",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="시도"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="checks",
            field=models.JSONField(default=dict, verbose_name="검사"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="생긴 때"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="error",
            field=models.CharField(default="", max_length=200, verbose_name="오류"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="generated_at",
            field=models.DateTimeField(null=True, verbose_name="만든 때"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="item_seq",
            field=models.CharField(max_length=20, verbose_name="품목기준코드"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="lease_until",
            field=models.DateTimeField(null=True, verbose_name="맡은 동안"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="medicine",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="medicines.medicine",
                verbose_name="의약품",
            ),
        ),
        migrations.AlterField(
            model_name="summary",
            name="model",
            field=models.CharField(default="", max_length=80, verbose_name="모델"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="prompt_version",
            field=models.CharField(max_length=20, verbose_name="지시문 판"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="retry_at",
            field=models.DateTimeField(null=True, verbose_name="다시 할 때"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="sections",
            field=models.JSONField(default=list, verbose_name="글"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="source_hash",
            field=models.CharField(default="", max_length=64, verbose_name="원문의 지문"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="tokens_cached",
            field=models.IntegerField(default=0, verbose_name="캐시 토큰"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="tokens_in",
            field=models.IntegerField(default=0, verbose_name="읽은 토큰"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="tokens_out",
            field=models.IntegerField(default=0, verbose_name="쓴 토큰"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="version",
            field=models.IntegerField(default=0, verbose_name="판"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="wanted_hash",
            field=models.CharField(default="", max_length=64, verbose_name="만들 원문의 지문"),
        ),
        migrations.AlterField(
            model_name="summary",
            name="work",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("batched", "Batched"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("dead", "Dead"),
                ],
                default="queued",
                max_length=10,
                verbose_name="작업",
            ),
        ),
    ]
    operations = reworded(operations)
