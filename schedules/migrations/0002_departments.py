from django.db import migrations

DEPARTMENTS = (
    "내과", "외과", "정형외과", "신경외과", "신경과", "정신건강의학과", "소아청소년과", "산부인과", "비뇨의학과", "안과",
    "이비인후과", "피부과", "치과", "한의원", "가정의학과", "재활의학과", "응급의학과",
)  # fmt: skip


def add_departments(apps, schema_editor):
    tag = apps.get_model("schedules", "Tag")
    for name in DEPARTMENTS:
        tag.objects.get_or_create(user=None, name=name)


class Migration(migrations.Migration):
    dependencies = [("schedules", "0001_initial")]

    operations = [migrations.RunPython(add_departments, migrations.RunPython.noop)]
