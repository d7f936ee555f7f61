import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from core.rewording import reworded


class Migration(migrations.Migration):
    dependencies = [
        ("pharmacies", "0002_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="pharmacy",
            name="address",
            field=models.TextField(default="", verbose_name="주소"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="as_of",
            field=models.DateField(verbose_name="기준일"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="closes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(null=True), null=True, size=8, verbose_name="닫는 시각 (분)"
            ),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="처음 적은 때"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="lat",
            field=models.FloatField(verbose_name="위도"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="lng",
            field=models.FloatField(verbose_name="경도"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="merged_into",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merged",
                to="pharmacies.pharmacy",
                verbose_name="합친 곳",
            ),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="name",
            field=models.TextField(verbose_name="이름"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="name_norm",
            field=models.TextField(verbose_name="견주는 이름"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="opens",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(null=True), null=True, size=8, verbose_name="여는 시각 (분)"
            ),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="phone",
            field=models.TextField(default="", verbose_name="전화"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="seen_run",
            field=models.BigIntegerField(null=True, verbose_name="본 실행"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="source",
            field=models.CharField(
                choices=[("nemc", "국립중앙의료원"), ("hira", "건강보험심사평가원"), ("kakao", "카카오")],
                max_length=8,
                verbose_name="출처",
            ),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="source_id",
            field=models.CharField(max_length=120, verbose_name="출처의 번호"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, verbose_name="고친 때"),
        ),
        migrations.AlterField(
            model_name="pharmacy",
            name="vanished_at",
            field=models.DateTimeField(null=True, verbose_name="사라진 때"),
        ),
        migrations.AlterField(
            model_name="pharmacycell",
            name="calls",
            field=models.IntegerField(default=0, verbose_name="물은 횟수"),
        ),
        migrations.AlterField(
            model_name="pharmacycell",
            name="cell",
            field=models.CharField(max_length=16, unique=True, verbose_name="칸 (H3)"),
        ),
        migrations.AlterField(
            model_name="pharmacycell",
            name="fetched_at",
            field=models.DateTimeField(null=True, verbose_name="받은 때"),
        ),
        migrations.AlterField(
            model_name="pharmacycell",
            name="outcome",
            field=models.CharField(default="", max_length=12, verbose_name="결과"),
        ),
        migrations.AlterField(
            model_name="pharmacycell",
            name="places",
            field=models.IntegerField(default=0, verbose_name="약국 수"),
        ),
        migrations.AlterField(
            model_name="pharmacycell",
            name="tried_at",
            field=models.DateTimeField(verbose_name="물은 때"),
        ),
        migrations.AlterField(
            model_name="pharmacymatch",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="찾은 때"),
        ),
        migrations.AlterField(
            model_name="pharmacymatch",
            name="decided_at",
            field=models.DateTimeField(null=True, verbose_name="정한 때"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="failed_pages",
            field=models.JSONField(default=list, verbose_name="실패한 쪽"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="finished_at",
            field=models.DateTimeField(null=True, verbose_name="끝난 때"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="next_page",
            field=models.IntegerField(default=1, verbose_name="다음 쪽"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="note",
            field=models.TextField(default="", verbose_name="메모"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="refusals",
            field=models.JSONField(default=list, verbose_name="거른 까닭"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="rows_changed",
            field=models.IntegerField(default=0, verbose_name="바뀐 줄"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="rows_read",
            field=models.IntegerField(default=0, verbose_name="읽은 줄"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="rows_refused",
            field=models.IntegerField(default=0, verbose_name="거른 줄"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="rows_vanished",
            field=models.IntegerField(default=0, verbose_name="사라진 줄"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="started_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="시작한 때"),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="state",
            field=models.CharField(
                choices=[("running", "하는 중"), ("complete", "끝남"), ("incomplete", "덜 끝남"), ("failed", "실패")],
                default="running",
                max_length=10,
                verbose_name="상태",
            ),
        ),
        migrations.AlterField(
            model_name="pharmacyrun",
            name="total_count",
            field=models.IntegerField(default=0, verbose_name="전체 수"),
        ),
        migrations.AlterField(
            model_name="publicholiday",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, verbose_name="고친 때"),
        ),
    ]
    operations = reworded(operations)
