"""Processes are known by pid and start time, and a world's by a list of its own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_bank.errors import WorldFaultError
from mock_bank.layout.folders import layout
from mock_bank.processes.identity import Identity, PidFile
from mock_bank.world import down


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


def _hole(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


ODD: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": lambda path: path.mkdir(),
    "a terabyte of nothing": _hole,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "no UTF-8": lambda path: path.write_bytes(b"\xff\xfe\x00\n\xe4\n"),
    "a list": lambda path: path.write_bytes(b"[1, 2]\n"),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_world_whose_files_are_damaged_is_removed_all_the_same(tmp_path: Path, odd: Callable[[Path], object]) -> None:
    """Nothing is waited for; that its processes cannot be told is said, once, and the second call finds nothing."""
    folders = layout(tmp_path / "world", os.getuid())
    for damaged in (folders.settings, folders.pids, folders.record, folders.topology, folders.events):
        folders.world.mkdir()
        folders.settings.write_text('{"first_process": {"pid": 4194303, "started": 5}}')
        damaged.unlink(missing_ok=True)
        odd(damaged)
        if damaged == folders.pids:
            with pytest.raises(WorldFaultError, match=r"is removed, but its list of processes (cannot be read|was changed)"):
                down(folders.world)
        else:
            down(folders.world)
        assert not down(folders.world)
        assert [path.name for path in folders.world.iterdir()] == []
        folders.world.rmdir()
