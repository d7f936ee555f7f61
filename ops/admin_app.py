"""Django's admin as an app; apart, since no model exists yet when INSTALLED_APPS is read."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "ops.staff.StaffSite"
