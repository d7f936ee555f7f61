"""What beat starts, and when (Asia/Seoul)."""

from typing import Any

from celery.schedules import crontab

CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "purge-idempotency-keys": {"task": "ops.tasks.purge_idempotency_keys", "schedule": crontab(hour="4", minute="40")},
    "purge-login-attempts": {"task": "ops.tasks.purge_login_attempts", "schedule": crontab(hour="4", minute="45")},
    "purge-dead-letters": {"task": "ops.tasks.purge_dead_letters", "schedule": crontab(hour="4", minute="55")},
    "settle-cache": {"task": "ops.tasks.settle_cache", "schedule": crontab(), "options": {"expires": 60}},
    "mirror-catalogue": {"task": "medicines.tasks.sync_medicines", "schedule": crontab(hour="3", minute="10")},
    "catch-up-mirror": {"task": "medicines.tasks.catch_up", "schedule": crontab(hour="5,7,9,12", minute="10")},
    # Finds something to do after a release that changed the rules of search, and only then.
    "reindex-search": {"task": "medicines.tasks.reindex_search", "schedule": crontab(minute="*/10")},
    "sync-holidays": {"task": "pharmacies.tasks.sync_holidays", "schedule": crontab(hour="2", minute="40")},
    "sync-pharmacies": {"task": "pharmacies.tasks.sync_pharmacies", "schedule": crontab(hour="2", minute="50")},
    "refresh-cells": {"task": "pharmacies.tasks.refresh_cells", "schedule": crontab(minute="*/10")},
    "sweep-labels": {"task": "medicines.tasks.sweep_labels", "schedule": crontab(minute="*/5")},
    "store-popularity": {"task": "medicines.tasks.store_popularity", "schedule": crontab(minute="*/10")},
    "store-misses": {"task": "medicines.tasks.store_misses", "schedule": crontab(minute="5-59/10")},
    # A little more often than lists expire (medicines.selectors.tiers.LIST_SECONDS).
    "warm-cache": {"task": "medicines.tasks.warm_cache", "schedule": crontab(minute="*/4")},
    "sweep-summaries": {"task": "summaries.tasks.sweep_summaries", "schedule": crontab(minute="*/2")},
    "summarize-popular": {"task": "summaries.tasks.summarize_popular", "schedule": crontab(hour="2", minute="20")},
    "tend-batches": {"task": "summaries.tasks.tend_batches", "schedule": crontab(minute="*/5")},
    "store-summary-reads": {"task": "summaries.tasks.store_reads", "schedule": crontab(minute="*/10")},
    "renew-denials": {"task": "accounts.tasks.renew_denials", "schedule": crontab()},
    "sweep-errands": {"task": "accounts.tasks.sweep_errands", "schedule": crontab(minute="*/5")},
    "purge-logins": {"task": "accounts.tasks.purge_logins", "schedule": crontab(hour="5", minute="0")},
    "purge-model-calls": {"task": "summaries.tasks.purge_calls", "schedule": crontab(hour="4", minute="50")},
    # Two at a time share the work; one that waited until others are due is not needed any more. By the sender's clock:
    # a worker's that is some seconds ahead must not drop them all.
    "remind": {"task": "schedules.tasks.remind", "schedule": 10.0, "options": {"expires": 30}},
    "remind-too": {"task": "schedules.tasks.remind", "schedule": 10.0, "options": {"expires": 30}},
    "check-receipts": {"task": "schedules.tasks.check_receipts", "schedule": crontab(), "options": {"expires": 60}},
    "warn-of-stock": {"task": "schedules.tasks.warn_of_stock", "schedule": crontab(), "options": {"expires": 60}},
    "fill-horizons": {"task": "schedules.tasks.fill_horizons", "schedule": crontab(minute="7")},
    "purge-schedules": {"task": "schedules.tasks.purge", "schedule": crontab(hour="5", minute="10")},
}
