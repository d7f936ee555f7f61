"""`/problems` and `/problems/{slug}`: what each `type` of a problem document means, in Korean; and a form's refusal."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.api import plain_view
from core.errors import PROBLEMS, NotFound, Problem

_PAGE = (
    '<!doctype html><html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{} · Pilling</title><h1>{}</h1>{}</html>"
)


@plain_view(scope=None)
def problem_index(request: HttpRequest) -> HttpResponse:
    items = format_html_join(
        "", '<li><a href="/problems/{}">{}</a> ({})', ((p.slug, p.title, p.status) for p in PROBLEMS.values())
    )
    return _page("오류 안내", format_html("<ul>{}</ul>", items))


@plain_view(scope=None)
def problem_page(request: HttpRequest, slug: str) -> HttpResponse:
    problem: type[Problem] | None = PROBLEMS.get(slug)
    if problem is None:
        raise NotFound
    text = "<p><code>/problems/{}</code> · HTTP {}<p>{}<p>{}"
    return _page(
        problem.title, format_html(text, problem.slug, problem.status, problem.default_detail, problem.explanation)
    )


def _page(title: str, body: SafeString) -> HttpResponse:
    return HttpResponse(format_html(_PAGE, title, title, body), headers={"Cache-Control": "public, max-age=3600"})
