"""What people keep at hand. Others name the user only as `settings.AUTH_USER_MODEL`."""

from django.conf import settings
from django.db import models


class Scrap(models.Model):
    """A medicine that a person keeps at hand, under a category of their own words.

    Known by name and, when it is of the catalogue, by `item_seq`, so that it stays when the product is withdrawn or
    gone. `subject` is what "the same medicine" means: the item_seq, or else the normalised name.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    item_seq = models.CharField(max_length=20, default="", blank=True)
    medicine_name = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    category = models.CharField(max_length=20)
    notes = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "scrap"
        constraints = [models.UniqueConstraint(fields=["user", "category", "subject"], name="uniq_scrap")]
        indexes = [
            # a person's scraps of one category, newest first
            models.Index(fields=["user", "category", "-id"], name="idx_scrap_user_category"),
            # all of a person's scraps, newest first
            models.Index(fields=["user", "-id"], name="idx_scrap_user"),
        ]

    def __str__(self) -> str:
        return f"scrap {self.pk}"
