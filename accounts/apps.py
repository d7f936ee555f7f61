from django.apps import AppConfig

from core import personal_data, throttling


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "계정"

    def ready(self) -> None:
        # Models exist from here on. `schema` tells drf-spectacular of our tokens by being imported.
        from accounts import keyring, schema  # noqa: F401
        from accounts.authentication import identify
        from accounts.personal_data import TABLES, erase, export
        from accounts.services.denials import is_denied

        # A ring that is none is told at the start, not at the first login.
        keyring.ring()
        throttling.register_identifier(identify)
        throttling.register_denial(is_denied)
        personal_data.register(self.name, export=export, erase=erase, tables=TABLES)
