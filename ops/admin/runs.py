"""The background tasks: how each last went, how many today, and when beat starts it."""

import redis
from celery import current_app
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET

from core import task_runs
from ops import beat
from ops.admin.pages import PageAdmin, url_name
from ops.models import TaskRun


@admin.register(TaskRun)
class TaskRunAdmin(PageAdmin):
    def get_urls(self) -> list[URLPattern]:
        every = self.guarded(require_GET(self.every), "view")
        return [path("", every, name=url_name(TaskRun, "changelist"))]

    def every(self, request: HttpRequest) -> HttpResponse:
        """Without Redis the tasks are listed all the same, without their runs."""
        try:
            tasks, away = task_runs.seen(_names()), False
        except redis.RedisError:
            tasks, away = [task_runs.Seen(name, None, {}) for name in _names()], True
        rows = [{"task": task, "when": _when(task.name)} for task in tasks]
        return self.page(request, "runs", rows=rows, away=away)


def _names() -> list[str]:
    """Of the tasks that this process knows, and of those that beat starts."""
    known = {*current_app.tasks, *(entry["task"] for entry in beat.configured().values())}
    return sorted(name for name in known if not name.startswith("celery."))


def _when(name: str) -> list[str]:
    entries = beat.configured().values()
    return list(dict.fromkeys(beat.said(entry["schedule"]) for entry in entries if entry["task"] == name))
