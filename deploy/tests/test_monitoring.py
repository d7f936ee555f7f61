"""Alerts, their tests, their runbook entries, and a dashboard of metrics that exist."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from celery.schedules import crontab
from prometheus_client import REGISTRY

from config.beat import CELERY_BEAT_SCHEDULE
from config.celery import app
from core.metrics import WithHitRates
from core.worker_metrics import QueueLengths
from sandbox.home import PROJECT

FOLDER = PROJECT / "deploy" / "prometheus"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text()
DASHBOARD = json.loads((PROJECT / "deploy/grafana/dashboards/pilling.json").read_text())
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs Debian's package prometheus")
# Not the product's: Prometheus' own, node-exporter's, the backup's, blackbox-exporter's.
OTHERS = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes", "backup_last_success_timestamp_seconds",
          "wal_archived_until_timestamp_seconds", "probe_success", "probe_ssl_earliest_cert_expiry"}  # fmt: skip
CASES = [
    case
    for file in (FOLDER / "tests").glob("*.yml")
    for test in yaml.safe_load(file.read_text())["tests"]
    for case in test["alert_rule_test"]
]
# What a web process and a worker have loaded before anything happened.
_LOADED = {
    "web": "import config.wsgi",
    "worker": "from config.celery import app; app.loader.init_worker(); app.finalize()",
}
RECORDING = yaml.safe_load((FOLDER / "recording.yml").read_text())["groups"]
RECORDED = {rule["record"]: rule["expr"] for group in RECORDING for rule in group["rules"]}
ASKED = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
SLO = r"slo:[a-z_:0-9]+"
WORDS = r"\b[a-z]+(?:_[a-z]+)+\b(?!\s*\()"


def promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], cwd=PROJECT, capture_output=True, text=True)


def metrics(expression):
    """Names of metrics in an expression; labels and recorded rules are no metrics."""
    bare = re.sub(rf"\{{[^}}]*\}}|{SLO}|\b(?:by|without) \([^)]*\)", "", expression)
    return set(re.findall(WORDS, bare)) - {"histogram_quantile"}


def known():
    families = [*WithHitRates(REGISTRY).collect(), *QueueLengths().collect()]
    names = {sample for family in families for sample in (family.name, f"{family.name}_total")}
    return OTHERS | names | {f"{name}_{part}" for name in names for part in ("bucket", "count", "sum")}


@needs_promtool
def test_the_configuration_is_one_that_prometheus_takes():
    done = promtool("check", "config", FOLDER / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize("file", sorted((FOLDER / "tests").glob("*.yml")), ids=lambda file: file.stem)
def test_alerts_fire_when_they_should_and_only_then(file):
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", [rule["alert"] for rule in RULES])
def test_every_alert_is_tried_both_firing_and_silent(alert):
    assert {bool(case.get("exp_alerts")) for case in CASES if case["alertname"] == alert} == {True, False}


def test_what_beat_seldom_starts_is_told_of_when_it_fails_once():
    """Or else the next try is its next turn, and five failures in two hours there are never."""
    (rule,) = (rule for rule in RULES if rule["alert"] == "RareTaskFails")
    watched = set(re.search(r'task=~"([^"]+)"', rule["expr"])[1].split("|"))
    seldom = {each["task"] for each in CELERY_BEAT_SCHEDULE.values() if _is_seldom(each["schedule"])}
    after_the_mirror = {"medicines.tasks.rebuild_search", "medicines.tasks.backfill_labels"}
    assert len(seldom) > 8
    app.loader.import_default_modules()
    assert watched == seldom | after_the_mirror
    assert watched <= app.tasks.keys()


def _is_seldom(schedule):
    return isinstance(schedule, crontab) and len(schedule.minute) == 1


def at_zero(process):
    script = f"{_LOADED[process]}\nfrom prometheus_client import generate_latest\nprint(generate_latest().decode())"
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {line.removesuffix(" 0.0") for line in done.stdout.splitlines() if line.endswith(" 0.0")}


@pytest.mark.parametrize("process", _LOADED)
def test_the_first_event_of_a_kind_has_a_zero_to_rise_from(process):
    zero = at_zero(process)
    metered = ("datagokr", "kakao_local", "kakao-auth", "kakao-api", "openai")
    calls = {("expo", "key")} | {(vendor, outcome) for vendor in metered for outcome in ("key", "quota")}
    wanted = {f'external_api_calls_total{{outcome="{outcome}",vendor="{vendor}"}}' for vendor, outcome in calls}
    wanted |= {"staff_locked_out_total", "throttle_fail_open_total"}
    if process == "worker":
        wanted |= {f'reminder_pushes_total{{outcome="{outcome}"}}' for outcome in ("failed", "dropped")}
    sent_by_both = ("medicines.tasks.fetch_label", "summaries.tasks.generate_summary", "pharmacies.tasks.fetch_cell")
    wanted |= {f'celery_tasks_total{{outcome="failed",task="{task}"}}' for task in sent_by_both}
    wanted |= {f'celery_enqueue_failures_total{{task="{task}"}}' for task in sent_by_both}
    assert wanted <= zero


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_its_entry_in_the_runbook(rule):
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert (page, anchor) == ("docs/runbook.md", rule["alert"].lower())
    entry = re.search(rf"^### {rule['alert']}\n(.+?)(?=^#)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert entry, "no entry"
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_no_entry_is_of_an_alert_that_is_gone():
    part = RUNBOOK.partition("## Alerts")[2].partition("\n## ")[0]
    assert set(re.findall(r"^### (\w+)", part, re.MULTILINE)) == {rule["alert"] for rule in RULES}


def test_what_alerts_and_panels_look_at_is_measured():
    asked = [*(rule["expr"] for rule in RULES), *RECORDED.values(), *ASKED]
    assert len(asked) > 50
    assert {name for expression in asked for name in metrics(expression)} <= known()


@needs_promtool
def test_the_dashboards_questions_can_be_asked(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(ASKED)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = promtool("check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_alerts_and_panels_take_for_recorded_is_recorded():
    named = {name for expression in (*ASKED, *(rule["expr"] for rule in RULES)) for name in re.findall(SLO, expression)}
    assert len(named) > 8
    assert named <= set(RECORDED)


def test_panels_stand_side_by_side():
    """No two overlap, each has a title, a unit and a question."""
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    grid = [panel["gridPos"] for panel in panels]
    places = [(at["y"], column) for at in grid for column in range(at["x"], at["x"] + at["w"])]
    assert len(places) == len(set(places))
    assert all(p["title"] and p["fieldConfig"]["defaults"]["unit"] and p["targets"] for p in panels)
