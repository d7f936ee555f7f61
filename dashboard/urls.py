"""Routes of the pages."""

from django.urls import URLPattern, path

from dashboard.views import find, medicine, operations, pharmacies, scraps, shell

urlpatterns: list[URLPattern] = [
    path("", find.find, name="find"),
    path("suggestions", find.suggestions, name="suggestions"),
    path("medicines/<str:item_seq>", medicine.medicine, name="medicine-page"),
    path("medicines/<str:item_seq>/summary", medicine.summary, name="medicine-summary"),
    path("medicines/<str:item_seq>/scrap", medicine.scrap, name="scrap-medicine"),
    path("scraps", scraps.scraps, name="scraps-page"),
    path("scraps/<int:id_>/remove", scraps.remove, name="remove-scrap"),
    path("pharmacies", pharmacies.pharmacies, name="pharmacies-page"),
    path("operations", operations.operations, name="operations"),
    path("operations/live", operations.live, name="operations-live"),
    path("text-size", shell.text_size, name="text-size"),
    path("offline", shell.offline, name="offline"),
    path("manifest.webmanifest", shell.manifest, name="manifest"),
    path("sw.js", shell.service_worker, name="service-worker"),
]
