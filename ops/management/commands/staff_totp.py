"""`manage.py staff_totp NAME`: a second factor for a member of staff; `--remove` takes it away."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django_otp.plugins.otp_totp.models import TOTPDevice

from ops.services import record_audit


class Command(BaseCommand):
    help = "Print the address that an authenticator app reads; from then on the admin asks this person for a code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--remove", action="store_true", help="take the second factor away (a lost phone)")

    def handle(self, *args: object, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(username=options["username"], is_staff=True).first()
        if user is None:
            raise CommandError("No member of staff has this name.")
        TOTPDevice.objects.filter(user=user).delete()
        action = "totp.removed" if options["remove"] else "totp.added"
        if not options["remove"]:
            self.stdout.write(TOTPDevice.objects.create(user=user, name="앱").config_url)
        record_audit(actor="staff_totp", action=action, target=str(user.pk))
