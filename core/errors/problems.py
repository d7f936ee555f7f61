"""Problems that are told to a client (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of the input that was refused: `code` is stable English, `detail` Korean."""

    field: str
    code: str
    detail: str


PROBLEMS: dict[str, type["Problem"]] = {}  # by slug; every subclass with a slug of its own enters itself


class Problem(Exception):
    """An answer that is an error; raise a subclass anywhere below a view.

    `detail` is Korean and shown to people, so it names no query, id or coordinate. `headers` go on the answer.
    """

    slug: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "서버 오류"
    default_detail: ClassVar[str] = "서버에 문제가 생겼어요. 잠시 뒤에 다시 시도해 주세요."
    explanation: ClassVar[str] = "저희 쪽 문제입니다. 기록을 남겼으니, 되풀이되면 request_id를 알려 주세요."

    def __init_subclass__(cls) -> None:
        if "slug" in vars(cls):
            PROBLEMS[cls.slug] = cls

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = detail or self.default_detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        super().__init__(self.detail)

    @property
    def type(self) -> str:
        return f"/problems/{self.slug}"


class InvalidQuery(Problem):
    slug = "invalid-query"
    status = 400
    title = "잘못된 요청 값"
    default_detail = "주소에 담긴 값이 올바르지 않아요."
    explanation = "검색어나 조건이 형식에 맞지 않습니다. errors의 field와 detail을 보고 고쳐 다시 보내 주세요."


class InvalidBody(Problem):
    slug = "invalid-body"
    status = 400
    title = "잘못된 본문"
    default_detail = "보낸 내용이 형식에 맞지 않아요."
    explanation = (
        "본문의 JSON이나 그 안의 값이 형식에 맞지 않습니다. errors의 field와 detail을 보고 고쳐 다시 보내 주세요."
    )


class CursorExpired(Problem):
    slug = "cursor-expired"
    status = 400
    title = "지난 목록"
    default_detail = "목록이 오래되어 이어 볼 수 없어요. 처음부터 다시 불러와 주세요."
    explanation = "이어 보기 주소는 10분 동안만 쓸 수 있습니다. 처음부터 다시 검색해 주세요."


class NotAuthenticated(Problem):
    slug = "not-authenticated"
    status = 401
    title = "로그인 필요"
    default_detail = "로그인이 필요해요."
    explanation = "로그인 정보가 없거나 기한이 지났습니다. 다시 로그인해 주세요."


class Forbidden(Problem):
    slug = "forbidden"
    status = 403
    title = "권한 없음"
    default_detail = "이 작업을 할 권한이 없어요."
    explanation = "로그인은 되었지만 이 작업은 허용되지 않은 계정입니다."


class NotFound(Problem):
    slug = "not-found"
    status = 404
    title = "찾을 수 없음"
    default_detail = "찾으시는 것이 없어요."
    explanation = "주소가 틀렸거나, 있던 것이 지워졌거나, 다른 사람의 것입니다."


class MethodNotAllowed(Problem):
    slug = "method-not-allowed"
    status = 405
    title = "허용되지 않은 메서드"
    default_detail = "이 주소에서는 쓸 수 없는 요청 방식이에요."
    explanation = "Allow 머리글에 적힌 메서드로 다시 보내 주세요."

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(headers={"Allow": ", ".join(allowed)})


class NotAcceptable(Problem):
    slug = "not-acceptable"
    status = 406
    title = "줄 수 없는 형식"
    default_detail = "요청한 형식으로는 답할 수 없어요."
    explanation = "이 서비스는 application/json으로 답합니다. Accept 머리글을 고쳐 주세요."


class Conflict(Problem):
    slug = "conflict"
    status = 409
    title = "충돌"
    default_detail = "지금 상태와 맞지 않는 요청이에요."
    explanation = "이미 있는 것을 다시 만들려 했거나, 같은 요청이 아직 처리되고 있습니다."


class Gone(Problem):
    slug = "gone"
    status = 410
    title = "더는 없음"
    default_detail = "더는 제공되지 않아요."
    explanation = "예전에는 있었지만 이제는 없습니다. 처음부터 다시 동기화해 주세요."


class PreconditionFailed(Problem):
    slug = "precondition-failed"
    status = 412
    title = "그사이 바뀜"
    default_detail = "그사이 내용이 바뀌었어요. 새로 불러온 뒤 다시 시도해 주세요."
    explanation = "If-Match로 보낸 값이 지금 것과 다릅니다. 다시 읽고 고쳐 보내 주세요."


class PayloadTooLarge(Problem):
    slug = "payload-too-large"
    status = 413
    title = "너무 큰 본문"
    default_detail = "보낸 내용이 너무 커요."
    explanation = "본문은 1MB까지 받습니다."


class UriTooLong(Problem):
    slug = "uri-too-long"
    status = 414
    title = "너무 긴 주소"
    default_detail = "주소가 너무 길어요. 검색어를 줄여 주세요."
    explanation = "주소는 검색어까지 합쳐 4,000바이트쯤까지 받습니다."


class UnsupportedMediaType(Problem):
    slug = "unsupported-media-type"
    status = 415
    title = "받지 않는 형식"
    default_detail = "받을 수 없는 형식이에요. application/json으로 보내 주세요."
    explanation = "본문은 application/json으로만 받습니다."


class HeadersTooLarge(Problem):
    slug = "headers-too-large"
    status = 431
    title = "너무 큰 머리글"
    default_detail = "요청의 머리글이 너무 크거나 많아요."
    explanation = "머리글 하나는 8KB쯤까지, 모두 100개까지 받습니다. 쿠키를 지우면 풀리기도 합니다."


class MalformedRequest(Problem):
    slug = "malformed-request"
    status = 400
    title = "읽을 수 없는 요청"
    default_detail = "요청이 HTTP 형식에 맞지 않아요. 주소의 한글은 퍼센트 인코딩(%ED%83%80…)으로 보내 주세요."
    explanation = (
        "요청 줄이나 머리글을 읽을 수 없습니다. 주소에 한글을 그대로 담으면 이렇게 됩니다 "
        "(curl에서는 -G --data-urlencode를 쓰면 됩니다)."
    )


class KeyReused(Problem):
    slug = "idempotency-key-reused"
    status = 422
    title = "다시 쓰인 Idempotency-Key"
    default_detail = "같은 Idempotency-Key로 다른 내용을 보냈어요."
    explanation = "Idempotency-Key는 24시간 동안 같은 내용의 요청에만 다시 쓸 수 있습니다. 새 값을 만들어 보내 주세요."


class _Later(Problem):
    """A problem that passes: `retry_after` is in whole seconds."""

    default_retry_after: ClassVar[int] = 5

    def __init__(
        self, detail: str | None = None, *, retry_after: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        seconds = self.default_retry_after if retry_after is None else max(1, retry_after)
        super().__init__(detail, headers={**(headers or {}), "Retry-After": str(seconds)})


class Throttled(_Later):
    slug = "throttled"
    status = 429
    title = "너무 잦은 요청"
    default_detail = "요청이 너무 잦아요. 잠시 뒤에 다시 시도해 주세요."
    explanation = "정해진 횟수를 넘었습니다. Retry-After에 적힌 초만큼 기다린 뒤 다시 보내 주세요."


class SourceDown(_Later):
    slug = "source-down"
    status = 503
    title = "자료 제공처 응답 없음"
    default_detail = (
        "의약품 자료를 주는 곳이 응답하지 않아요. 없는 약이라는 뜻은 아니에요. 잠시 뒤에 다시 시도해 주세요."
    )
    explanation = "바깥 자료 제공처가 멈추어 확인하지 못했습니다. '그런 약이 없음'과는 다릅니다."
    default_retry_after = 60


class Unavailable(_Later):
    slug = "unavailable"
    status = 503
    title = "잠시 이용 불가"
    default_detail = "지금은 답할 수 없어요. 잠시 뒤에 다시 시도해 주세요."
    explanation = "저장소가 잠시 응답하지 않습니다. Retry-After에 적힌 초만큼 기다린 뒤 다시 보내 주세요."


class InternalError(Problem):
    slug = "internal-error"


def invalid(field: str, code: str, detail: str) -> InvalidQuery:
    """One refused query parameter as a problem."""
    return InvalidQuery(detail, errors=[FieldError(field, code, detail)])
