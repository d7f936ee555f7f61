import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from core.rewording import reworded


class Migration(migrations.Migration):
    dependencies = [
        ("medicines", "0013_curated_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="medicine",
            name="brand_name",
            field=models.TextField(default="", verbose_name="상표"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="class_name",
            field=models.TextField(default="", verbose_name="분류"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="coverage",
            field=models.CharField(
                choices=[("easy", "쉬운 설명서"), ("permit", "허가 설명서"), ("name_only", "이름만")],
                default="name_only",
                max_length=10,
                verbose_name="글의 범위",
            ),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="처음 적은 때"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="easy_seen_run",
            field=models.BigIntegerField(null=True, verbose_name="e약은요에서 본 실행"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="entp_name",
            field=models.TextField(default="", verbose_name="업체"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="etc_otc",
            field=models.CharField(default="", max_length=40, verbose_name="전문·일반"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="export_only",
            field=models.BooleanField(default=False, verbose_name="수출용"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="image_url",
            field=models.TextField(default="", verbose_name="사진 주소"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="ingredients",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), default=list, size=None, verbose_name="성분"
            ),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="ingredients_en",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), default=list, size=None, verbose_name="영문 성분"
            ),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="item_seq",
            field=models.CharField(max_length=20, unique=True, verbose_name="품목기준코드"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="label_outcome",
            field=models.CharField(
                choices=[
                    ("untried", "묻지 않음"),
                    ("ready", "있음"),
                    ("none", "없음"),
                    ("refused", "읽지 못함"),
                    ("source_down", "출처가 응답하지 않음"),
                ],
                default="untried",
                max_length=12,
                verbose_name="설명서 결과",
            ),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="label_tried_at",
            field=models.DateTimeField(null=True, verbose_name="설명서를 물은 때"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="name",
            field=models.TextField(verbose_name="제품명"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="name_en",
            field=models.TextField(default="", verbose_name="영문 제품명"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="name_en_keys",
            field=models.TextField(default="", verbose_name="검색용 영문"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="name_initials",
            field=models.TextField(default="", verbose_name="검색용 초성"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="name_keys",
            field=models.TextField(default="", verbose_name="검색용 자판"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="name_norm",
            field=models.TextField(default="", verbose_name="검색용 이름"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="opened_on",
            field=models.DateField(null=True, verbose_name="e약은요에 실린 날"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="permit_date",
            field=models.DateField(null=True, verbose_name="허가일"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="permit_seen_run",
            field=models.BigIntegerField(null=True, verbose_name="허가 자료에서 본 실행"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="popularity",
            field=models.FloatField(default=0, verbose_name="찾는 정도"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="source_facts",
            field=models.JSONField(default=dict, verbose_name="출처마다 말하는 것"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="status",
            field=models.CharField(
                choices=[("active", "유효"), ("withdrawn", "취하·취소"), ("unknown", "모름")],
                default="unknown",
                max_length=10,
                verbose_name="허가 상태",
            ),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="strengths",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), default=list, size=None, verbose_name="함량"
            ),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="substances",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), default=list, size=None, verbose_name="검색용 성분"
            ),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, verbose_name="고친 때"),
        ),
        migrations.AlterField(
            model_name="medicine",
            name="vanished_at",
            field=models.DateTimeField(null=True, verbose_name="사라진 때"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="created_from_api",
            field=models.DateTimeField(auto_now_add=True, verbose_name="처음 받은 때"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="efcy_original",
            field=models.TextField(default="", verbose_name="효능 원문"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="efcy_summary",
            field=models.TextField(default="", verbose_name="짧은 설명"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="efficacy",
            field=models.TextField(default="", verbose_name="효능"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="interaction",
            field=models.TextField(default="", verbose_name="상호작용"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="item_image",
            field=models.TextField(default="", verbose_name="사진 주소"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="item_name",
            field=models.TextField(verbose_name="제품명"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="last_updated",
            field=models.DateTimeField(verbose_name="마지막으로 바뀐 때"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="medicine",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="labels",
                to="medicines.medicine",
                verbose_name="의약품",
            ),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="originals",
            field=models.JSONField(default=dict, verbose_name="출처의 글"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="precaution",
            field=models.TextField(default="", verbose_name="주의사항"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="section_hashes",
            field=models.JSONField(default=dict, verbose_name="항목의 지문"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="side_effect",
            field=models.TextField(default="", verbose_name="부작용"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="source",
            field=models.CharField(
                choices=[("easy", "e약은요"), ("permit", "허가 자료")], max_length=6, verbose_name="출처"
            ),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="source_hash",
            field=models.CharField(default="", max_length=64, verbose_name="원문의 지문"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="source_updated_on",
            field=models.DateField(null=True, verbose_name="출처가 고친 날"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="storage",
            field=models.TextField(default="", verbose_name="보관법"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="summary_kind",
            field=models.CharField(
                choices=[("reviewed", "사람이 검토함"), ("ai", "AI"), ("extractive", "원문에서 고름")],
                max_length=10,
                null=True,
                verbose_name="설명의 종류",
            ),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="usage",
            field=models.TextField(default="", verbose_name="사용법"),
        ),
        migrations.AlterField(
            model_name="medicinecache",
            name="warning",
            field=models.TextField(default="", verbose_name="경고"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="failed_pages",
            field=models.JSONField(default=list, verbose_name="실패한 쪽"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="finished_at",
            field=models.DateTimeField(null=True, verbose_name="끝난 때"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="next_page",
            field=models.IntegerField(default=1, verbose_name="다음 쪽"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="note",
            field=models.TextField(default="", verbose_name="메모"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="refusals",
            field=models.JSONField(default=list, verbose_name="거른 까닭"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="rows_changed",
            field=models.IntegerField(default=0, verbose_name="바뀐 줄"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="rows_read",
            field=models.IntegerField(default=0, verbose_name="읽은 줄"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="rows_refused",
            field=models.IntegerField(default=0, verbose_name="거른 줄"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="rows_skipped",
            field=models.IntegerField(default=0, verbose_name="건너뛴 줄"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="rows_vanished",
            field=models.IntegerField(default=0, verbose_name="사라진 줄"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="source",
            field=models.CharField(
                choices=[("easy", "e약은요"), ("permit", "허가 자료"), ("ingredients", "성분 자료")],
                max_length=12,
                verbose_name="출처",
            ),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="started_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="시작한 때"),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="state",
            field=models.CharField(
                choices=[("running", "하는 중"), ("complete", "끝남"), ("incomplete", "덜 끝남"), ("failed", "실패")],
                default="running",
                max_length=10,
                verbose_name="상태",
            ),
        ),
        migrations.AlterField(
            model_name="mirrorrun",
            name="total_count",
            field=models.IntegerField(default=0, verbose_name="전체 수"),
        ),
    ]
    operations = reworded(operations)
