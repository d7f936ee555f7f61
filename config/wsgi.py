"""What gunicorn serves."""

import os
from importlib import import_module

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
# These read the settings, so they can be imported only now.
import_module("core.telemetry").watch_requests()
application = import_module("core.wsgi").Utf8Handler()
# Django imports the views with the first request; here the preloading master does, once, and the workers share it.
import_module(settings.ROOT_URLCONF)
# The tasks that these send are bound, and their counters begin.
import_module("config.celery").app.finalize()
import_module("pharmacies.selectors.holidays").load_library()
import_module("summaries.client").load_package()
