"""Run folders, bent at random, held to the same law: the judge survives whatever a file holds."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz_law import FEW, bent, call, workplace
from handmade_stories import rescued
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound run."""
    return rescued(tmp_path_factory.mktemp("fuzz") / "20260101T000000Z-handmade").write()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _sparse(path: Path) -> None:
    os.truncate(path, 1 << 40)


MADE: list[Callable[[Path], object]] = [
    Path.unlink,
    _fifo,
    _folder,
    _sparse,
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b"\x00" * 4096),
    lambda path: path.write_bytes(b"[]"),
    lambda path: path.write_bytes(b'{"tables": []}'),
    lambda path: path.write_bytes(b"[" * 100_000),
    lambda path: path.write_bytes(path.read_bytes() * 2),
    lambda path: path.write_bytes(path.read_bytes()[::-1]),
]
"""What may have become of a file."""


def _bend(data: st.DataObject, path: Path) -> None:
    how = data.draw(st.integers(0, len(MADE) + 2))
    if how < len(MADE):
        MADE[how](path)
        return
    old = path.read_bytes()
    if how == len(MADE):
        at = data.draw(st.integers(0, len(old)))
        path.write_bytes(old[:at] + data.draw(st.binary(max_size=8)) + old[at + data.draw(st.integers(0, 200)) :])
    elif path.suffix == ".json":
        path.write_text(json.dumps(data.draw(bent(json.loads(old)))))
    elif path.suffix == ".jsonl":
        lines = old.splitlines()
        number = data.draw(st.integers(0, len(lines) - 1))
        lines[number] = json.dumps(data.draw(bent(json.loads(lines[number])))).encode()
        path.write_bytes(b"\n".join(lines) + b"\n")
    else:
        path.write_bytes(old[: data.draw(st.integers(0, len(old)))])


@FEW
@given(st.data())
def test_a_bent_run_folder(whole: Path, data: st.DataObject) -> None:
    """`judge` and `report` end alike: with a verdict, or with a sentence where it is no run folder any more."""
    with workplace() as folder:
        run = folder / whole.name
        shutil.copytree(whole, run)
        files = sorted(path for path in run.rglob("*") if path.is_file())
        for path in data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=2, unique=True)):
            _bend(data, path)
        judged = call("judge", str(run))
        reported = call("report", str(run))
        assert (judged.code == 64) == (reported.code == 64)
