"""Events tell what happened, in order, and show when somebody changed them."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from scenarios.run.event_kinds import KINDS, LoadReady, RunPhase
from scenarios.run.events import DamagedEvents, EventTail, EventWriter, merge_events, of_kind, read_events, read_log
from scenarios.run.facts import Facts, Other
from scenarios.run.fault_event_kinds import FaultInjecting
from scenarios.run.seals import origin, seal


def write(folder: Path, writer: str, *times: int) -> None:
    """Some events of one writer."""
    events = EventWriter(folder, writer, 0)
    for at in times:
        events.write(RunPhase(phase=f"{writer}{at}"), at)
    events.close()


def test_events_of_all_writers_merge_by_time(tmp_path: Path) -> None:
    """Whoever wrote them, whichever file is read first."""
    write(tmp_path, "b", 1, 5)
    write(tmp_path, "a", 3, 4)
    assert [(event.at_ns, event.writer, event.facts.phase) for event in of_kind(merge_events(tmp_path), RunPhase)] == [
        (1, "b", "b1"),
        (3, "a", "a3"),
        (4, "a", "a4"),
        (5, "b", "b5"),
    ]


@given(st.integers(0, 3), st.sampled_from(["drop", "change", "double"]))
@settings(max_examples=20)
def test_a_changed_history_is_found(tmp_path_factory: pytest.TempPathFactory, line: int, how: str) -> None:
    """A line dropped, changed or doubled breaks the chain, unless it is the last, dropped: that is a writer's death."""
    folder = tmp_path_factory.mktemp("events")
    write(folder, "a", 1, 2, 3, 4, 5)
    lines = (folder / "a.jsonl").read_bytes().splitlines(keepends=True)
    match how:
        case "drop":
            del lines[line]
        case "change":
            lines[line] = lines[line].replace(b'"phase":"a', b'"phase":"x')
        case _:
            lines.insert(line, lines[line])
    (folder / "a.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(DamagedEvents, match="the chain of events is broken"):
        list(read_events(folder / "a.jsonl"))


def test_a_line_cut_off_by_a_kill_leaves_the_lines_before_it(tmp_path: Path) -> None:
    """At whatever byte."""
    write(tmp_path, "a", 1, 2, 3)
    data = (tmp_path / "a.jsonl").read_bytes()
    second = data.index(b"\n", data.index(b"\n") + 1) + 1
    for cut in range(second, len(data) - 1):
        (tmp_path / "a.jsonl").write_bytes(data[:cut])
        log = read_log(tmp_path / "a.jsonl")
        assert [event.at_ns for event in log.events][:2] == [1, 2]
        assert (log.damage, log.ended) == ("", False)


def test_an_injection_is_on_disk_before_the_call_returns(tmp_path: Path) -> None:
    """Whoever is killed right after it."""
    program = f"""
import os, signal; from pathlib import Path
from scenarios.run.events import EventWriter
from scenarios.run.fault_event_kinds import FaultInjecting
EventWriter(Path({str(tmp_path)!r}), "watchdog", 0).write(FaultInjecting(fault="f1", drill="d"), 7)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == -signal.SIGKILL
    assert [event.kind for event in merge_events(tmp_path)] == ["fault.injecting"]


def test_what_does_not_fit_its_kind_is_never_written() -> None:
    """A mistyped or misnamed fact is a fault of ours, found where it is made."""
    with pytest.raises(ValidationError):
        FaultInjecting(fault=7)  # type: ignore[arg-type]  # what is tried
    with pytest.raises(ValidationError):
        LoadReady.model_validate({"arrivals": 1, "late_s": float("nan")})
    with pytest.raises(ValidationError):
        RunPhase.model_validate({"phase": "sale", "phases": "sale"})


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_says_what_happened_and_keeps_off_the_names_of_the_line(kind: type[Facts]) -> None:
    """One docstring of its own each, and a name of two words."""
    assert kind.kind.count(".") == 1
    assert kind.__dict__.get("__doc__")
    assert not {"seq", "at_ns", "kind", "seal"} & set(kind.model_fields)


FOREIGN = [
    (b"[1,2]", "no event"),
    (b"null", "no event"),
    (b"{", "no JSON"),
    (b'{"seq":0,"at_ns":"0","kind":"run.phase","phase":"a"}', "no event"),
    (b'{"seq":0,"at_ns":0,"kind":"run.phase","phase":["a"]}', "run.phase does not fit: phase"),
    (b'{"seq":0,"at_ns":0,"kind":"load.ready","arrivals":1}', "load.ready does not fit: late_s"),
    (b'{"seq":0,"at_ns":0,"kind":"run.drained","more":1}', "run.drained does not fit: more"),
]


@pytest.mark.parametrize(("line", "words"), FOREIGN, ids=[line.decode() for line, _ in FOREIGN])
def test_a_line_that_is_no_event_is_damage_and_named(tmp_path: Path, line: bytes, words: str) -> None:
    """With file, line and what does not fit; whoever follows the events live goes on without it."""
    (tmp_path / "a.jsonl").write_bytes(line + b"\n")
    with pytest.raises(DamagedEvents, match=r"a\.jsonl:1: .*" + re.escape(words)):
        list(read_events(tmp_path / "a.jsonl"))
    assert EventTail(tmp_path).take() == []


def test_a_kind_that_only_a_newer_version_knows_is_kept(tmp_path: Path) -> None:
    """Under its own name, with all that it tells."""
    told = b'{"seq":0,"at_ns":5,"kind":"sky.fell","how":[1,{"far":2.5}]}'
    line = told[:-1] + b',"seal":"' + seal(origin("", "a").encode(), told).encode() + b'"}'
    (tmp_path / "a.jsonl").write_bytes(line + b"\n")
    (event,) = read_events(tmp_path / "a.jsonl")
    assert (event.kind, event.facts) == ("sky.fell", Other(name="sky.fell", told={"how": [1, {"far": 2.5}]}))
