"""All faults, in the order of a whole run. `most`: percent of the people's requests that may fail meanwhile."""

from chaos import engines, machine, outside, processes
from chaos.fault import Fault

# Where the source is slow or down, a name that only it may know is answered with 503 `source-down`, as it should be.
# One of ten requests has a new name, and chance says of how many of these nothing here is like it.
_SOURCE_DOWN = 3.0
_NEW = "GET medicines in new words"
# What is a person's own is in PostgreSQL alone: without it, such requests are 503, and nothing else is.
_OWN_LISTS = 3.0

FAULTS = (
    Fault("a web process is killed (SIGKILL)", processes.web_worker, 0.5),
    Fault("a Celery process is killed in mid-task", processes.celery_process, _SOURCE_DOWN, only=_NEW),
    Fault("the whole Celery worker is killed in mid-task", processes.celery_worker, _SOURCE_DOWN, only=_NEW),
    Fault("beat is killed", processes.beat, seconds=100),
    Fault("a deployment: new web processes, nginx reloaded", processes.deployment),
    Fault("the cache's Valkey is gone for 8 s", engines.cache),
    Fault("the broker's Valkey is gone for 6 s", engines.broker, seconds=90),
    Fault("PostgreSQL is gone for 5 s", engines.database, _OWN_LISTS),
    Fault("the replica is gone for 6 s", engines.replica),
    Fault("PostgreSQL has no connection left for 8 s", engines.connections, _OWN_LISTS),
    Fault("every entry of the cache holds garbage", engines.poison),
    Fault("10,000 idle connections", machine.idle),
    Fault("the disk of the logs is full", machine.full_disk, seconds=90),
    Fault("the clock jumps an hour ahead", machine.clock, seconds=90),
    Fault("every outside service refuses connections", outside.failing("refused"), _SOURCE_DOWN, 100, _NEW),
    Fault("every outside service takes 5 s longer", outside.failing("latency", seconds=5), _SOURCE_DOWN, 100, _NEW),
    Fault(
        "every outside service stalls after its headers", outside.failing("stalled", seconds=5), _SOURCE_DOWN, 100, _NEW
    ),
    Fault("every outside service answers 500", outside.failing("status", code=500), _SOURCE_DOWN, 100, _NEW),
    Fault("every outside service answers garbage", outside.failing("garbage"), _SOURCE_DOWN, 100, _NEW),
    Fault("every outside service's quota is used up", outside.failing("quota"), _SOURCE_DOWN, 100, _NEW),
    Fault("every outside service has a certificate that nobody signed", outside.vendors_certificate, seconds=120),
)
