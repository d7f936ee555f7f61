"""Who of the staff may do what. Groups of the admin, filled by migrations; a superuser may do everything.

A role lists permissions by app and model: v(iew), a(dd), c(hange), d(elete).
"""

from typing import Any

CURATOR, OPERATOR, SUPPORT = "큐레이터", "운영자", "상담원"
_ACTIONS = {"v": "view", "a": "add", "c": "change", "d": "delete"}
ROLES: dict[str, dict[str, str]] = {
    # Texts and words: what people read, and by which words they find it.
    CURATOR: {
        "medicines.medicine": "v", "medicines.medicinecache": "v", "medicines.synonym": "vac",
        "medicines.brandalias": "vac", "medicines.searchmiss": "v", "summaries.summary": "c",
        "summaries.customsummary": "c", "summaries.hardword": "vac", "pharmacies.pharmacy": "v",
        "pharmacies.pharmacymatch": "vac", "pharmacies.publicholiday": "vacd",
    },
    # The machinery: nothing about a person, and no text.
    OPERATOR: {
        "ops.circuitbreaker": "vc", "ops.cacheentry": "vd", "ops.deadletter": "vc", "ops.taskrun": "v",
        "ops.beatentry": "v", "ops.auditevent": "v", "medicines.medicine": "v", "medicines.medicinecache": "v",
        "medicines.mirrorrun": "v", "pharmacies.pharmacy": "v", "pharmacies.pharmacycell": "v",
        "pharmacies.pharmacyrun": "v", "schedules.pushmessage": "v", "schedules.device": "v", "axes.accessattempt": "v",
    },
    # Accounts: who asks for help with theirs.
    SUPPORT: {"accounts.user": "vc", "accounts.erasurereceipt": "v", "accounts.kakaoerrand": "v"},
}  # fmt: skip


def grant(apps: Any, schema_editor: Any) -> None:
    """For a migration: give each group exactly these. Django makes permissions only after all migrations, so those
    that are needed are made here, under the same names. A model of a later migration is granted by that one.
    """
    for name, allowed in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        known = [wanted for wanted in _wanted(allowed) if wanted[1] in apps.all_models[wanted[0]]]
        group.permissions.set([_permission(apps, *wanted) for wanted in known])


def codenames(role: str) -> set[str]:
    """medicines.view_medicine, …: what a role may."""
    return {f"{app}.{action}_{model}" for app, model, action in _wanted(ROLES[role])}


def _wanted(allowed: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(*path.split("."), _ACTIONS[letter]) for path, letters in allowed.items() for letter in letters]  # type: ignore[misc]


def _permission(apps: Any, app: str, model: str, action: str) -> Any:
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
    name = f"Can {action} {apps.get_model(app, model)._meta.verbose_name_raw}"
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=f"{action}_{model}", defaults={"name": name}
    )
    return permission
