"""Processes are known by pid and start time."""

import os
from pathlib import Path

from mock_bank.processes.identity import Identity, PidFile


def test_pid_file_never_names_a_process_that_only_has_the_pid(tmp_path: Path) -> None:
    """A pid with another start time is somebody else; a line cut off by a crash is passed over."""
    mine = Identity.of(os.getpid())
    assert mine
    file = PidFile(tmp_path / "pids.jsonl")
    file.add("me", mine)
    file.add("a predecessor with my pid", Identity(mine.pid, mine.started - 1))
    with (tmp_path / "pids.jsonl").open("a") as text:
        text.write('{"name": "cut')
    assert file.alive() == [mine]
