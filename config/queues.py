"""How tasks travel: queues, limits, delivery, beat's lease. For config/settings.py."""

from kombu import Queue

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 150
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_DEFAULT_QUEUE = "batch"
# Declared, so that a worker started without `-Q` serves all of them.
CELERY_TASK_QUEUES = [Queue(name) for name in ("people", "reminders", "batch")]
# `people`: somebody waits for it. Everything else goes to `batch`.
CELERY_TASK_ROUTES = {
    "summaries.tasks.generate_summary": {"queue": "people"},
    "summaries.tasks.fetch_label": {"queue": "people"},
    "medicines.tasks.fetch_label": {"queue": "people"},
    "pharmacies.tasks.fetch_cell": {"queue": "people"},
    "schedules.tasks.remind": {"queue": "reminders"},
    "schedules.tasks.warn_of_stock": {"queue": "reminders"},
    "schedules.tasks.check_receipts": {"queue": "reminders"},
}
CELERY_TIMEZONE = "Asia/Seoul"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1_000
# kB: a process that has ever held more is renewed after its task, so that no leak grows for a thousand tasks.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000
# Longer than any task, or a task would be delivered again while it runs.
DELIVERY = {"visibility_timeout": 300, "socket_timeout": 5, "socket_connect_timeout": 1}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The schedule and its last runs are kept in the broker; of several beats the one with the lease sends, the others wait
# (config/celery.py).
CELERY_BEAT_SCHEDULER = "redbeat.RedBeatScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
