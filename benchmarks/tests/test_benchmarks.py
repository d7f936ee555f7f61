"""The benchmarks still run, on few rows; no time is asserted here, only what must hold on any machine."""

import os
import random
import subprocess
import sys

import pytest

from benchmarks import edge, edge_growth, edges, reminders, report, results, traffic
from benchmarks.__main__ import BENCHMARKS
from benchmarks.results import Goal, Result, Table
from medicines.search.keys import to_keys
from sandbox.home import PROJECT

needs_tools = pytest.mark.skipif(not edges.has_tools(), reason="needs Debian's packages nginx and wrk")
NAMES = [name for name in BENCHMARKS if name != "edge" or edges.has_tools()]


@pytest.fixture(scope="module")
def quick_results(tmp_path_factory):
    """Every benchmark that can run here, once with --quick in a process of its own."""
    kept = tmp_path_factory.mktemp("results")
    env = os.environ | {"PILLING_BENCH_RESULTS": str(kept)}
    command = [sys.executable, "-m", "benchmarks", "--quick", *NAMES]
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PILLING_BENCH_RESULTS", str(kept))
        return {name: results.load(name, quick=True) for name in NAMES}


def _goals(result):
    return {goal.what: goal for goal in result.goals}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
def test_each_benchmark_measures_something(quick_results, name):
    result = quick_results[name]
    assert result is not None
    assert result.quick
    assert all(table.rows for table in result.tables)
    assert result.tables or result.goals


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_replay_answers_every_search_without_a_fault(quick_results):
    goals = _goals(quick_results["replay"])
    assert goals["searches answered"].met
    assert goals["failed requests"].met


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_crowd_makes_one_call_to_each_source(quick_results):
    goals = _goals(quick_results["stampede"])
    assert goals["calls to each source for 20 first requests at once"].measured == "1"
    assert goals["of these, failed requests"].met


@needs_tools
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_edge_answers_from_its_cache_and_past_it(quick_results):
    """Whoever answers what: every answer was a 200, or wrk's figures would not be taken."""
    replay, hottest, growth, costs = quick_results["edge"].tables
    assert [row[0] for row in replay.rows] == [edge.OURS, edge.PEER, edge.PEER_CACHED, edge.BARE]
    both = [edge.HOTTEST, edge.ALONE]
    assert [row[0] for row in hottest.rows] == [*both, *(name + edge.PLAIN for name in both)]
    # nginx alone works for a hit; past its cache the web processes do.
    assert all(row[3] > 0 for table in (replay, hottest, growth) for row in table.rows)
    assert len(costs.rows) == 1 + len(growth.rows)


def test_what_a_million_requests_cost():
    month = 365.25 / 12 * 86_400
    assert edge_growth.dollars(1_000) == pytest.approx(edge_growth.MACHINE_DOLLARS_A_MONTH / (month / 1_000))
    assert edge_growth.dollars(2_000) == pytest.approx(edge_growth.dollars(1_000) / 2)


def test_percentiles_are_by_nearest_rank():
    values = [float(value) for value in range(1, 101)]
    assert [results.percentile(values, percent) for percent in (0, 50, 99, 99.9, 100)] == [1, 50, 99, 100, 100]
    with pytest.raises(ValueError, match="no values"):
        results.percentile([], 50)


def test_traffic_follows_zipf_and_repeats():
    def drawn():
        return list(traffic.zipf(range(1_000), 20_000, random.Random(1)))

    counts = [drawn().count(rank) for rank in range(4)]
    assert drawn() == drawn()
    assert counts == sorted(counts, reverse=True)
    assert counts[0] / counts[1] == pytest.approx(2, rel=0.15)
    assert counts[0] / counts[3] == pytest.approx(4, rel=0.2)


def test_unknown_names_are_distinct_syllables_and_seeded():
    first, second = (traffic.unknown_names(300, seed=seed) for seed in (1, 2))
    assert len(set(first)) == 300
    assert not set(first) & set(second)
    assert all(len(to_keys(name)) >= 12 for name in first)


def test_a_record_is_kept_and_read_again(tmp_path, monkeypatch):
    monkeypatch.setenv("PILLING_BENCH_RESULTS", str(tmp_path))
    result = _result(met=True)
    results.save(result)
    assert results.load("search") == result
    assert results.load("search", quick=True) is None
    assert results.load("replay") is None


def test_the_report_names_what_was_missed_and_what_was_not_run():
    text = report.text(["search", "replay"], [_result(met=False)])
    assert "Not run: replay." in text
    assert "0 of 1 goals are met. Missed:\n\n- search: p99: 9 ms (wanted < 5 ms)" in text
    assert "| p99 | < 5 ms | 9 ms | **missed** |" in text
    assert "All 1 goals are met." in report.text(["search"], [_result(met=True)])


def _result(*, met):
    goal = Goal("p99", "< 5 ms", "4 ms" if met else "9 ms", met)
    table = Table("Paths", ["path", "ms"], [["exact", 0.25], ["rows", 31_495]])
    stamp = {
        "date": "2026-11-24", "cores": "2", "memory": "8 GB", "system": "Linux", "python": "3.11", "commit": "abc",
        "load": "0.1",
    }  # fmt: skip
    return Result("search", "Search", "the sample", tables=[table], goals=[goal], seconds=1.5, stamp=stamp)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_reminders_go_out_once_through_worker_and_beat_even_when_killed(quick_results):
    goals, [plain, killed] = _goals(quick_results["reminders"]), quick_results["reminders"].tables[0].rows
    assert (plain[1], killed[1]) == (0, reminders.WORKERS)
    assert goals["600: each exactly once"].met
    assert goals["workers and broker killed: none lost"].met
    assert goals["none twice but the unsure"].met
