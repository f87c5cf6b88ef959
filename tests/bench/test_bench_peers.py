"""Generators side by side: what they are asked, what is missing, what their figures become."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.kit import peers as kit
from bench.kit.fixed_rate import k6_told
from bench.kit.measuring import Job, Window
from bench.kit.peers import BODY, HEADERS, Program, peers
from bench.kit.processes import cores
from bench.kit.stub import Stub, stub
from bench.memory import Reading, growth_mb
from bench.speed import goals, measure_one, ratios, table
from bench.truth import stalled_ms

PROGRAMS = [peer for peer in peers().values() if isinstance(peer, Program)]


def job(folder: Path, port: int = 1, work: str = "post") -> Job:
    """One that nobody carries out."""
    nobody: Any = None
    return Job(work, Stub(port, nobody, folder / "none"), 0, folder)


def window(requests: int, cpu_s: float) -> Window:
    """Of a second."""
    return Window(0, 1_000_000_000, requests, cpu_s, 0.5)


def test_the_engine_comes_first_and_all_issue_peers_are_there() -> None:
    """By lying in the folder."""
    names = list(peers())
    assert names[0] == "engine"
    assert {"HttpUser", "FastHttpUser", "wrk", "hey", "autocannon", "k6"} <= set(names)


@pytest.mark.parametrize("peer", PROGRAMS, ids=lambda peer: peer.name)
def test_a_peer_is_told_where_the_target_is(peer: Program, tmp_path: Path) -> None:
    """On its command line or by its environment; never anything but the loopback address."""
    asked = job(tmp_path, port=12345)
    said = " ".join([*peer.command(asked), *peer.environment(asked).values()])
    assert "http://127.0.0.1:12345" in said
    assert "60" in said, "it must end by itself, should nobody end it"


@pytest.mark.parametrize("peer", [peer for peer in PROGRAMS if peer.works == ("post",)], ids=lambda peer: peer.name)
def test_a_peer_of_fixed_bytes_sends_what_the_engine_sends(peer: Program, tmp_path: Path) -> None:
    """Same body, same headers."""
    said = " ".join(peer.command(job(tmp_path))) + " ".join(path.read_text() for path in tmp_path.iterdir())
    assert BODY in said
    for value in HEADERS.values():
        assert value in said


def test_a_missing_peer_is_named_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never an error."""
    monkeypatch.setattr(kit, "found", lambda _binary: None)
    rows = table({("post", "engine"): [window(100, 1.0)]}, "post", peers())
    assert ("wrk", "not there", "apt-get install wrk", "", "", "") in rows
    assert rows[0][:2] == ("**engine**", "100")


def test_a_ratio_is_of_figures_of_one_round() -> None:
    """A machine at half its speed in the second round changes nothing."""
    figures = {
        ("post", "engine"): [window(1000, 1.0), window(500, 1.0), window(1100, 1.0)],
        ("post", "FastHttpUser"): [window(100, 1.0), window(50, 1.0), window(100, 1.0)],
    }
    assert ratios(figures, "post", "FastHttpUser") == [10, 10, 11]
    assert goals(figures) == {"post-fast": 10}


def test_k6_is_quoted_by_the_scenario_that_counts() -> None:
    """Not by its warm-up."""
    trend = {"count": 7.0, "p(50)": 1.0, "p(95)": 2.0, "p(99)": 3.0, "p(99.9)": 4.0, "max": 5.0}
    told = k6_told({"http_req_duration": {"values": {}}, "http_req_duration{scenario:main}": {"values": trend}})
    assert (told.sent, told.latency_ms) == (7, (1.0, 2.0, 3.0, 4.0, 5.0))


def test_the_truth_of_a_stall_follows_from_the_schedule() -> None:
    """Two seconds in ten at an even rate."""
    truth_ms = stalled_ms(np.arange(0, 10, 0.005), 4.0, 6.0)
    found = np.quantile(truth_ms, (0.5, 0.9, 0.95, 0.99, 0.999, 1.0))
    assert found == pytest.approx([0, 1000, 1500, 1900, 1990, 2000], abs=6)


def test_memory_that_grows_after_the_warm_up_is_seen_and_before_it_is_not() -> None:
    """In megabytes, whatever the mapped files take."""
    flat = [Reading(second, second * 1000, min(100.0, 50.0 + second * 10), second, 0.0) for second in range(60)]
    grown = [Reading(second, second * 1000, 100.0 + second, 0.0, 0.0) for second in range(60)]
    assert growth_mb(flat) == 0
    assert growth_mb(grown) == pytest.approx(49, abs=1)
    with pytest.raises(SystemExit, match="too short"):
        growth_mb(flat[:8])


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="a generator and a target need a core each")
@pytest.mark.parametrize("work", ["json"])
def test_the_engine_records_what_the_target_has_answered(work: str, tmp_path: Path) -> None:
    """A real run, very short: two counts that know nothing of each other agree."""
    generator, target = cores()
    with stub(tmp_path, target) as there:
        seen = measure_one(peers()["engine"], Job(work, there, generator, tmp_path, customers=20, lasts_s=20.0), seconds=1.0, warm_s=0.3)
    assert seen.requests > 0
    assert seen.cpu_s > 0
    assert not list((tmp_path / "runs").glob("*-bench")), "run folders of a bench are not kept"
