"""The operators' view of reminders: what became of messages, never what they say nor to whom of what."""

from django.contrib import admin

from ops.admin import ReadOnlyAdmin
from schedules.models import Device, PushMessage


@admin.register(PushMessage)
class PushMessageAdmin(ReadOnlyAdmin):
    """Text, person and intake stay out: they would tell who takes what, and when."""

    list_display = ("id", "kind", "state", "due_at", "sent_at", "attempts", "unsure", "error")
    fields = ("kind", "state", "due_at", "drop_at", "sent_at", "attempts", "unsure", "ticket", "error", "lease_until")
    list_filter = ("state", "kind")
    search_fields = ("=ticket",)
    ordering = ("-due_at", "-id")


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    """A phone by its id; its token would let anybody push to it."""

    list_display = ("id", "platform", "created_at", "gone_at")
    fields = ("id", "platform", "created_at", "gone_at")
    list_filter = ("platform", ("gone_at", admin.EmptyFieldListFilter))
    search_fields = ("=id",)
    ordering = ("-created_at",)
