"""Events tell what happened, in order, and show when somebody changed them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.run.events import KINDS, BrokenChain, EventWriter, merge_events, read_events


def write(folder: Path, writer: str, *times: int) -> None:
    """Some events of one writer."""
    events = EventWriter(folder, writer, 0)
    for at in times:
        events.write("run.phase", at, phase=f"{writer}{at}")
    events.close()


def test_events_of_all_writers_merge_by_time(tmp_path: Path) -> None:
    """Whoever wrote them, whichever file is read first."""
    write(tmp_path, "b", 1, 5)
    write(tmp_path, "a", 3, 4)
    assert [(event.at_ns, event.writer, event.text("phase")) for event in merge_events(tmp_path)] == [
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
    with pytest.raises(BrokenChain, match="the chain of events is broken"):
        list(read_events(folder / "a.jsonl"))


def test_a_line_cut_off_by_a_kill_leaves_the_lines_before_it(tmp_path: Path) -> None:
    """At whatever byte."""
    write(tmp_path, "a", 1, 2, 3)
    data = (tmp_path / "a.jsonl").read_bytes()
    second = data.index(b"\n", data.index(b"\n") + 1) + 1
    for cut in range(second, len(data) - 1):
        (tmp_path / "a.jsonl").write_bytes(data[:cut])
        assert [event.at_ns for event in read_events(tmp_path / "a.jsonl")] == [1, 2]


def test_an_injection_is_on_disk_before_the_call_returns(tmp_path: Path) -> None:
    """Whoever is killed right after it."""
    program = f"""
import os, signal; from pathlib import Path
from scenarios.run.events import EventWriter
EventWriter(Path({str(tmp_path)!r}), "watchdog", 0).write("fault.injecting", 7, fault="f1", drill="d")
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == -signal.SIGKILL
    assert [event.kind for event in merge_events(tmp_path)] == ["fault.injecting"]


def test_only_known_kinds_are_written(tmp_path: Path) -> None:
    """A mistyped kind is a fault of ours, found at once."""
    events = EventWriter(tmp_path, "a", 0)
    with pytest.raises(ValueError, match="unknown kind"):
        events.write("fault.injectin", 0)
    events.close()
    assert all(kind.count(".") == 1 for kind in KINDS)
    assert os.path.getsize(tmp_path / "a.jsonl") == 0  # noqa: PTH202 - one figure
