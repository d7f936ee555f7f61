"""What can go wrong while signing in, as problems."""

from core.errors import Problem, Unavailable


class LoginRefused(Problem):
    slug = "login-refused"
    status = 401
    title = "로그인하지 못함"
    default_detail = "카카오 로그인을 확인하지 못했어요. 다시 로그인해 주세요."
    explanation = (
        "카카오가 준 코드나 토큰이 이미 쓰였거나, 기한이 지났거나, 이 서비스의 것이 아닙니다. "
        "처음부터 다시 로그인해 주세요."
    )


class LoginUnavailable(Unavailable):
    slug = "login-unavailable"
    title = "카카오 로그인 일시 중단"
    default_detail = "카카오가 응답하지 않아 로그인할 수 없어요. 잠시 뒤에 다시 시도해 주세요."
    explanation = "카카오가 멈추어 새로 로그인할 수 없습니다. 이미 로그인한 기기는 그대로 쓸 수 있습니다."
    default_retry_after = 30
