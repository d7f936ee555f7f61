"""The breakers: how each stands, and a way to close one by hand after a question."""

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_http_methods

from core import breaker
from ops.admin.pages import PageAdmin, url_name
from ops.models import CircuitBreaker
from ops.services import reset_breaker


@admin.register(CircuitBreaker)
class CircuitBreakerAdmin(PageAdmin):
    def get_urls(self) -> list[URLPattern]:
        every, reset = require_GET(self.every), require_http_methods(["GET", "POST"])(self.reset)
        return [
            path("", self.guarded(every, "view"), name=url_name(CircuitBreaker, "changelist")),
            path("<slug:vendor>/reset/", self.guarded(reset, "change"), name=url_name(CircuitBreaker, "reset")),
        ]

    def every(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, "breakers", breakers=breaker.seen(), may_reset=self.may(request, "change"))

    def reset(self, request: HttpRequest, vendor: str) -> HttpResponse:
        """GET asks, POST does it."""
        found = next((each for each in breaker.seen() if each.vendor == vendor), None)
        if found is None:
            raise Http404
        if request.method != "POST":
            return self.page(request, "breaker_reset", breaker=found)
        if reset_breaker(seen=found, actor=str(request.user.pk)):
            self.message_user(request, f"{vendor}: 다시 이었습니다. 다음 호출부터 바로 나갑니다.", messages.SUCCESS)
        else:
            text = f"{vendor}: 브로커 Redis가 응답하지 않아 알릴 수 없습니다. 아무것도 바꾸지 않았습니다."
            self.message_user(request, text, messages.ERROR)
        return HttpResponseRedirect(self.home())
