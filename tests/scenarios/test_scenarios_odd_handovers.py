"""What processes tell each other is read as a small plain file, whatever has become of it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.errors import StormdrillError
from scenarios.run.enrolled import read_enrolled
from scenarios.run.folder import HANDOVER, Run
from scenarios.run.handover import read_state
from scenarios.run.worker_roster import read_roster


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


@pytest.mark.parametrize(
    "make", [os.mkfifo, Path.mkdir, _sparse, lambda path: path.symlink_to("/dev/zero"), lambda path: path.write_text("[")]
)
def test_no_odd_file_is_waited_for_or_read_whole(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """A pipe, a folder, a terabyte of nothing, a device, half a text: nobody has said anything, and what was enrolled is an error."""
    run = Run(tmp_path)
    (tmp_path / HANDOVER).mkdir()
    for name in ("load-0.json", "workers.json", "enrolled"):
        make(tmp_path / HANDOVER / name)
    assert read_state(run, "load-0") is None
    assert read_roster(run) is None
    with pytest.raises(StormdrillError, match="enrolled"):
        read_enrolled(run)


def test_nothing_enrolled_is_nothing(tmp_path: Path) -> None:
    """Where there is no such file."""
    assert read_enrolled(Run(tmp_path)) == {}
