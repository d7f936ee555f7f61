from django.apps import AppConfig

from core import throttling


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "계정"

    def ready(self) -> None:
        # Models exist from here on.
        from accounts.authentication import identify
        from accounts.services.denials import is_denied

        throttling.register_identifier(identify)
        throttling.register_denial(is_denied)
