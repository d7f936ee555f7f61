"""Beat's schedule, to be looked at: it is written in config/beat.py."""

import redis
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET

from ops import beat
from ops.admin.pages import PageAdmin, url_name
from ops.models import BeatEntry


@admin.register(BeatEntry)
class BeatEntryAdmin(PageAdmin):
    def get_urls(self) -> list[URLPattern]:
        every = self.guarded(require_GET(self.every), "view")
        return [path("", every, name=url_name(BeatEntry, "changelist"))]

    def every(self, request: HttpRequest) -> HttpResponse:
        """Without Redis what the settings say is listed all the same."""
        try:
            seen, away = beat.seen(), False
        except redis.RedisError:
            seen, away = beat.Seen(beat.planned(), is_running=False), True
        return self.page(request, "beat", entries=seen.entries, is_running=seen.is_running, away=away)
