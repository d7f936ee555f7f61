"""Puts back what migrations wrote, after a transactional test has emptied every table: files run in any order."""

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db.models.signals import post_migrate

# Django makes these again by itself; rows that name them do so by natural key.
_MADE_BY_DJANGO = (ContentType, Permission)
_kept = None


def install():
    """Both the first migration and each emptying of the tables end with this signal, once for each app."""
    last = [app for app in apps.get_app_configs() if app.models_module][-1]
    post_migrate.connect(_keep_or_restore, sender=last, dispatch_uid="seeds")


def _keep_or_restore(using, **kwargs):
    global _kept
    if using != "default":
        return
    if _kept is None:
        models = [model for model in apps.get_models() if model not in _MADE_BY_DJANGO and model._meta.managed]
        rows = [row for model in models for row in model._base_manager.using(using).all()]
        _kept = serializers.serialize("json", rows, use_natural_foreign_keys=True)
        return
    for row in serializers.deserialize("json", _kept, using=using):
        row.save()
