"""The product's own processes die, and are replaced."""

import signal
import subprocess
import time

import psutil

from chaos.site import Site
from config.tests.running import LABEL_HELD_BACK, wait_for


def web_worker(site: Site) -> str:
    before = {process.pid for process in site.web_workers()}
    site.web_workers()[0].kill()
    wait_for(lambda: len({p.pid for p in site.web_workers()} - before) == 1, seconds=30)
    return "its requests on kept connections were asked again by nginx"


def celery_process(site: Site) -> str:
    _begin_label(site, LABEL_HELD_BACK[0])
    for process in psutil.Process(site.product.children["worker"].process.pid).children():
        process.kill()
    site.product.standins.clear_faults()
    return f"its task ran again and was done {_end_label(site, LABEL_HELD_BACK[0]):.1f} s later"


def celery_worker(site: Site) -> str:
    _begin_label(site, LABEL_HELD_BACK[1])
    site.kill_worker()
    site.product.standins.clear_faults()
    site.product.revive()
    # The sweep's ten minutes pass at once, and with them the minute of the dead task's lease.
    with site.product.redis("broker") as client:
        client.delete(f"pilling:lock:label:{LABEL_HELD_BACK[1]}")
    site.product.sql("UPDATE medicine SET label_tried_at = label_tried_at - interval '11 minutes'")
    site.product.send("medicines.tasks.sweep_labels")
    _end_label(site, LABEL_HELD_BACK[1])
    return "the sweep found its task (whose ten minutes were moved ahead for the trial), and it was done"


def _label(site: Site, seq: str) -> str:
    return str(site.direct(f"/api/v1/medicines/{seq}").json()["label_status"])


def _begin_label(site: Site, seq: str) -> None:
    """A task that lasts: the source answers after some seconds."""
    site.product.standins.reset()
    site.product.standins.set_fault("datagokr", "latency", seconds=4)
    assert _label(site, seq) == "pending"
    wait_for(lambda: site.product.standins.calls("datagokr")["getDrugPrdtPrmsnDtlInq06"] > 0)


def _end_label(site: Site, seq: str) -> float:
    began = time.monotonic()
    wait_for(lambda: _label(site, seq) == "ready", seconds=40, why="the label never came")
    return time.monotonic() - began


def beat(site: Site) -> str:
    site.beats[-1].process.send_signal(signal.SIGKILL)
    site.beats[-1].process.wait(10)
    began, rounds = time.monotonic(), site.reminder_rounds()
    site.start_beat()
    wait_for(lambda: site.reminder_rounds() > rounds, seconds=90)
    return f"the next reminder round was sent {time.monotonic() - began:.0f} s later, when the lease had run out"


def deployment(site: Site) -> str:
    before = {process.pid for process in site.web_workers()}
    site.product.children["gunicorn"].process.send_signal(signal.SIGHUP)
    subprocess.run(site.edge.command("-s", "reload"), check=True, capture_output=True, timeout=20)
    wait_for(lambda: len(site.web_workers()) == 2 and not before & {p.pid for p in site.web_workers()}, seconds=40)
    return "all web processes were replaced, and nginx read its file again"
