"""What gunicorn serves."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Django imports the views with the first request; here the preloading master does, once, and the workers share it.
import_module(settings.ROOT_URLCONF)
import_module("pharmacies.selectors.holidays").load_library()
