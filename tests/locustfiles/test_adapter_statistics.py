"""Locust's users find what they know: a history that agrees with the run folder, the crowd as a figure of its own, causes, exceptions."""

import csv
import json
import signal
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from collecting import collecting
from locustfiles_kit import made, scenario, serving, target
from locustfiles_locust import locust
from loopback import free_port

from scenarios.run.event_kinds import LoadFinished
from scenarios.run.events import of_kind
from scenarios.run.folder import Plan, Run
from scenarios.run.latency import latency_us
from scenarios.run.outcomes import NO_ERROR, Outcome

Floats = npt.NDArray[np.float64]
_AND_ONE_MS = 1.0
"""Locust's percentiles in files are whole milliseconds."""


def rows(path: Path) -> list[dict[str, str]]:
    """Of a CSV file."""
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def many(workers: int) -> list[str]:
    """The option for so many load processes."""
    return ["--processes", str(workers)] if workers > 1 else []


class Done:
    """What a run folder says had been done, in its order, by the wall clock."""

    def __init__(self, run: Run, plan: Plan) -> None:
        """After the run."""
        samples = run.samples()
        t0_wall_s = time.time() + (plan.t0_monotonic_ns - time.monotonic_ns()) / 1e9
        at_s = t0_wall_s + samples["intended_ns"] / 1e9 + latency_us(samples) / 1e6
        order = np.argsort(at_s)
        self.t0_s = t0_wall_s
        self.at_s: Floats = at_s[order]
        self.latency_ms: Floats = latency_us(samples)[order] / 1000

    def rate(self, count: int) -> float:
        """Requests per second as Locust means them: over ten whole seconds that end two before the latest of `count`."""
        last = int(self.at_s[count - 1])
        first = max(last - 12, int(self.t0_s))
        return float(((self.at_s >= first) & (self.at_s < last - 2)).sum() / max(1, last - 2 - first))

    def percentile_ms(self, count: int, quantile: float) -> float:
        """Of the first `count`."""
        return float(np.sort(self.latency_ms[:count])[min(int(count * quantile), count - 1)])


@pytest.mark.parametrize("workers", [1, 2])
def test_the_history_agrees_with_the_run_folder_to_its_last_second(tmp_path: Path, workers: int) -> None:
    """Requests/s and percentiles within 1 %: in each row, or where two processes tell of themselves apart, in the last."""
    with serving() as base:
        to = target(base, account_balance={"path": "/slow/0.2"})
        run, plan = made(tmp_path, to, scenario({"one-read": 1}, lasts=16, rate=60), workers=workers)
        with locust(run, plan, "--headless", "--csv", str(tmp_path / "table"), *many(workers)) as running:
            assert running.end() == 0, running.said
    done = Done(run, running.plan)
    history = [row for row in rows(tmp_path / "table_stats_history.csv") if int(row["Total Request Count"])]
    assert int(history[-1]["Total Request Count"]) == len(done.at_s) > 500
    assert len(history) > 10
    for row in history if workers == 1 else history[-1:]:
        count = int(row["Total Request Count"])
        assert float(row["Requests/s"]) == pytest.approx(done.rate(count), rel=0.01), row
        for name, quantile in (("50%", 0.5), ("95%", 0.95), ("99%", 0.99)):
            assert float(row[name]) == pytest.approx(done.percentile_ms(count, quantile), rel=0.01, abs=_AND_ONE_MS), row
    crowd = [int(row["Customers"]) for row in rows(tmp_path / "table_crowd.csv")]
    assert max(crowd) > 3
    assert crowd[-1] == 0


def _asked(port: int, path: str) -> bytes:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return bytes(answer.read())
    except OSError:
        return b""


def _crowd(port: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Locust's statistics, and the rows of the tab Crowd."""
    told = json.loads(_asked(port, "/stats/requests") or b"{}")
    return told, next((each["data"] for each in told.get("extended_stats", ()) if each["key"] == "crowd"), [])


@pytest.mark.parametrize("workers", [1, 2])
def test_the_page_shows_customers_as_a_figure_of_their_own(tmp_path: Path, workers: int) -> None:
    """In the tab Crowd, by load process and in all; Locust's number of users has them too, for its chart."""
    with serving() as base:
        what = scenario({"zone-page": 1}, lasts=600, rate=30)
        run, plan = made(tmp_path, target(base), what, workers=workers)
        port = free_port()
        web = ["--autostart", "--autoquit", "0", "--web-host", "127.0.0.1", "--web-port", str(port)]
        with locust(run, plan, *web, *many(workers)) as running:
            told, table = _crowd(port)
            deadline = time.monotonic() + 90
            while (not table or min(table[-1]["customers"], told["user_count"]) < 40) and time.monotonic() < deadline:
                time.sleep(0.2)
                told, table = _crowd(port)
            assert min(table[-1]["customers"], told["user_count"]) >= 40, told
            assert len(table) == (1 if workers == 1 else workers + 1)
            if workers > 1:
                assert sum(row["customers"] for row in table[:-1]) == table[-1]["customers"]
            assert b"Customers on their journeys" in _asked(port, "/")
            running.end(signal.SIGINT)


@pytest.mark.parametrize("workers", [1, 2])
def test_failures_have_causes_and_broken_journeys_are_exceptions(tmp_path: Path, workers: int) -> None:
    """As many as the run folder says; a journey that raised has its name, file and line."""
    with serving() as base:
        to = target(
            base,
            exposure_carousel={"path": "/garbage"},
            exposure_popup={"path": "/reset"},
            zone_get={"path": "/silent", "timeout_s": 0.4},
            task_list={"path": "/error"},
            rank_list={"path": "/invalidjson", "outcome": {"success": "exists $.code"}},
        )
        run, plan = made(tmp_path, to, scenario({"zone-page": 1, "stumbling": 1}, lasts=2, rate=40, drain=5), workers=workers)
        with locust(run, plan, "--headless", "--csv", str(tmp_path / "table"), *many(workers)) as running:
            assert running.end() == 0, running.said
    samples = run.samples()
    bad = Counter(plan.operations[op] for op in samples["operation_index"][~np.isin(samples["outcome"], NO_ERROR)])
    assert {row["Name"]: (row["Error"], int(row["Occurrences"])) for row in rows(tmp_path / "table_failures.csv")} == {
        "exposure.carousel": ("failure: an answer that is not HTTP, or is too long", bad["exposure.carousel"]),
        "exposure.popup": ("failure: connection lost before the answer", bad["exposure.popup"]),
        "zone.get": ("unknown: no answer in time", bad["zone.get"]),
        "task.list": ("failure: HTTP 500", bad["task.list"]),
        "rank.list": ("failure: HTTP 200, which the target's file takes for no success", bad["rank.list"]),
    }
    assert all(row["First Seen"] <= row["Last Seen"] and row["First Seen"] for row in rows(tmp_path / "table_failures.csv"))
    broken: Counter[str] = Counter()
    for event in of_kind(run.events(), LoadFinished):
        broken.update(event.facts.broken_journeys)
    assert sum(broken.values()) > 10
    assert {row["Message"]: int(row["Count"]) for row in rows(tmp_path / "table_exceptions.csv")} == broken
    assert all(text.startswith("stumbling: stumbling.py:10: ZeroDivisionError") for text in broken)
    assert (samples["outcome"] == Outcome.SUCCESS).any()


def test_locusts_own_opentelemetry_hears_of_each_request_of_the_crowd(tmp_path: Path) -> None:
    """Whoever has a collector for Locust need not change it."""
    variables = {"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    with serving() as base, collecting() as collector:
        run, plan = made(tmp_path, target(base), scenario({"one-read": 1}, lasts=2, rate=30))
        with locust(run, plan, "--headless", "--otel", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **variables) as running:
            assert running.end() == 0, running.said
        assert sum(collector.latest()["locust.client.duration"].values()) == len(run.samples()) > 20
