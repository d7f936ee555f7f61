"""`/me`: what a person sets about themselves, who looks after them, where they are signed in, and the way out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from celery import current_app
from django.contrib import auth, messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from accounts import inputs
from accounts.services import erasure, tokens
from accounts.services import export as exports
from accounts.services import profile as profiles
from core.celery_task import enqueue
from core.errors import Conflict, InvalidBody, NotFound, Problem
from dashboard import about_me
from dashboard.local import now_of, owner
from dashboard.once import new_key, once
from dashboard.page import TEXT_COOKIE, page, person, show, signed_in
from schedules import drafts
from schedules.services import calendar_links, carers, devices

_TOLD_ONCE = "told_once"
_RECEIPT, _RECEIPT_SECONDS = "pilling.goodbye", 86_400
_GONE = '"storage"'


@page()
@signed_in
def me(request: HttpRequest) -> HttpResponse:
    return _show(request)


@page("POST")
@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    response = _changed(request, about_me.profile_of(request.POST), "저장했어요.", "profile")
    if response.status_code == 302:
        response.delete_cookie(TEXT_COOKIE)
    return response


@page("POST")
@signed_in
def reminder_wishes(request: HttpRequest) -> HttpResponse:
    wishes = {"reminder_settings": about_me.reminders_of(request.POST)}
    return _changed(request, wishes, "알림 설정을 저장했어요.", "reminders")


@page("POST")
@signed_in
def invite(request: HttpRequest) -> HttpResponse:
    """The code is told once, on the page that follows: we keep a digest of it alone."""
    try:
        once(request, lambda: _invited(request))
    except (InvalidBody, Conflict) as problem:
        return _refused(request, "carers", problem)
    return redirect(_at("carers"))


@page("POST", scope="carer_code")
@signed_in
def accept(request: HttpRequest) -> HttpResponse:
    try:
        once(request, lambda: _accepted(request))
    except (InvalidBody, NotFound) as problem:
        return _refused(request, "accept", problem)
    return _done(request, "이제 이분이 약을 놓치면 알려 드려요.", "carers")


@page("POST")
@signed_in
def revoke(request: HttpRequest, id_: UUID) -> HttpResponse:
    told = ("끊었어요. 이제 알림이 가지 않아요.", "이미 끊은 보호자예요.")
    return _ended(request, lambda who: carers.revoke(user_id=who, id_=id_), told, "carers")


@page("POST")
@signed_in
def remove_phone(request: HttpRequest, id_: UUID) -> HttpResponse:
    told = ("이 기기로는 이제 알림이 가지 않아요.", "이미 지운 기기예요.")
    return _ended(request, lambda who: devices.remove(user_id=who, id_=id_), told, "reminders")


@page("POST")
@signed_in
def calendar_link(request: HttpRequest) -> HttpResponse:
    """Make a new address, which ends the old one; or with `revoke` end it."""
    if request.POST.get("revoke"):
        told = ("달력 주소를 없앴어요.", "쓰고 있는 달력 주소가 없어요.")
        return _ended(request, lambda who: calendar_links.revoke_link(user_id=who), told, "calendar")
    token = calendar_links.make_link(user_id=person(request), show_medicine_name=bool(request.POST.get("names")))
    request.session[_TOLD_ONCE] = {"calendar": request.build_absolute_uri(reverse("calendar-file", args=[token]))}
    return redirect(_at("calendar"))


@page("POST")
@signed_in
def logout_everywhere(request: HttpRequest) -> HttpResponse:
    tokens.end_all(user_id=person(request))
    return _left(request, redirect("login"))


@page()
@signed_in
def export(request: HttpRequest) -> HttpResponseBase:
    pieces = exports.everything(user_id=person(request))
    headers = {
        "Content-Disposition": 'attachment; filename="pilling-export.json"',
        "Cache-Control": "no-store",
    }
    encoded = (piece.encode("utf-8", "backslashreplace") for piece in pieces)
    return StreamingHttpResponse(encoded, content_type="application/json", headers=headers)


@page("GET", "POST")
def delete(request: HttpRequest) -> HttpResponseBase:
    """Ask, then erase. Whoever is nobody by now (a second tap) is told that it is done."""
    if request.method == "GET":
        return _ask(request)
    if not request.user.is_authenticated:
        return redirect("goodbye")
    if request.POST.get("sure") != "yes":
        return _ask(request, refused="모두 지워진다는 것을 확인하고 표시해 주세요.")
    farewell = erasure.erase(user_id=person(request))
    if farewell.errand is not None:
        enqueue(current_app.tasks["accounts.tasks.run_errand"], farewell.errand)
    told = signing.dumps([str(farewell.receipt), farewell.erased_at.isoformat()], salt=_RECEIPT)
    return _left(request, redirect(f"{reverse('goodbye')}?receipt={told}"))


@page()
def goodbye(request: HttpRequest) -> HttpResponse:
    """The receipt, for a day; it names nobody."""
    try:
        receipt, at = signing.loads(request.GET.get("receipt", "")[:500], salt=_RECEIPT, max_age=_RECEIPT_SECONDS)
    except signing.BadSignature:
        receipt, at = "", ""
    return show(
        request, "dashboard/goodbye.html", {"receipt": receipt, "erased_at": parse_datetime(at) if at else None}
    )


@signed_in
def _ask(request: HttpRequest, *, refused: str = "") -> HttpResponse:
    return show(request, "dashboard/delete.html", {"refused": refused}, status=400 if refused else 200)


def _invited(request: HttpRequest) -> str:
    given = drafts.carer(about_me.carer_of(request.POST))
    _, code = carers.invite(user_id=person(request), **given)
    request.session[_TOLD_ONCE] = {"code": f"{code[:4]}-{code[4:8]}-{code[8:]}", "label": given["label"]}
    return _at("carers")


def _accepted(request: HttpRequest) -> str:
    carers.accept(user_id=person(request), code=request.POST.get("code", "")[:40])
    return _at("carers")


def _changed(request: HttpRequest, wished: dict[str, Any], told: str, place: str) -> HttpResponse:
    try:
        changes = inputs.profile(wished)
    except InvalidBody as problem:
        return _refused(request, place, problem)
    profiles.update(user_id=person(request), changes=changes, check=lambda user: None)
    return _done(request, told, place)


def _ended(request: HttpRequest, end: Callable[[UUID], object], told: tuple[str, str], place: str) -> HttpResponse:
    """`told`: that it has ended now, or that it had before (a second tap, another tab)."""
    done, gone = told
    try:
        end(person(request))
    except NotFound:
        return _done(request, gone, place)
    return _done(request, done, place)


def _at(place: str) -> str:
    return f"{reverse('me-page')}#{place}"


def _done(request: HttpRequest, told: str, place: str) -> HttpResponse:
    messages.info(request, told)
    return redirect(_at(place))


def _left(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Nobody is signed in here any more, and nothing is kept to be read offline."""
    auth.logout(request)
    response.headers["Clear-Site-Data"] = _GONE
    return response


def _refused(request: HttpRequest, place: str, problem: Problem) -> HttpResponse:
    return _show(request, refused=about_me.refused(place, problem, request.POST), status=problem.status)


def _show(request: HttpRequest, *, refused: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    who = owner(request)
    values = {
        **about_me.shown(request.user, who, login_id=request.session.get("login_id", ""), refused=refused),
        "told": request.session.pop(_TOLD_ONCE, {}),
        "form_key": new_key(),
        "now": now_of(who),
        "refused": refused,
    }
    return show(request, "dashboard/me.html", values, status=status)
