"""The operators' housekeeping, run by beat."""

import logging

from celery import shared_task
from redis.exceptions import RedisError

from core.cache import tiers
from core.celery_task import PillingTask
from ops import services, staff

logger = logging.getLogger(__name__)


@shared_task(base=PillingTask)
def purge_idempotency_keys() -> int:
    """Delete keys older than a day."""
    return services.purge_idempotency_keys()


@shared_task(base=PillingTask)
def purge_login_attempts() -> int:
    """Delete failed logins of staff older than 30 days."""
    return staff.purge_attempts()


@shared_task(base=PillingTask)
def purge_dead_letters() -> int:
    """Delete failed tasks that were sent again or forgotten long ago: they name people."""
    return services.purge_dead_letters()


@shared_task(base=PillingTask)
def settle_cache() -> None:
    """Drop from the cache what a process could not and that ended before it could."""
    try:
        tiers().settle_for_others()
    except RedisError as error:
        logger.warning("What the cache is owed is not known: %s", type(error).__name__)
