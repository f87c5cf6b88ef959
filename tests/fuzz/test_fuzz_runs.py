"""Run folders, bent at random, held to the same law: the judge survives whatever a file holds."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz_law import PARTS, bent, call, holds, workplace
from handmade_stories import rescued
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A sound run; one for each part, so that parts need not run in one process."""
    return rescued(tmp_path / "20260101T000000Z-handmade").write()


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


def _evidence(run: Path) -> dict[str, tuple[str, int, bytes]]:
    """What a verdict rests on: each file's kind, size and first bytes beyond which none of those that are bent goes."""
    return {
        str(path.relative_to(run)): (oct(path.stat().st_mode), path.stat().st_size, b"" if not path.is_file() else _start(path))
        for folder in ("samples", "acks", "shown", "events", "readback")
        for path in (run / folder).glob("*")
    } | {"scenario.json": ("", 0, _start(run / "scenario.json") if (run / "scenario.json").is_file() else b"")}


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 24)


@pytest.mark.parametrize("part", PARTS)
def test_a_bent_run_folder(whole: Path, part: int) -> None:
    """`judge` and `report` end alike: with a verdict, never a PASS, or with a sentence where it is no run folder any more."""

    @given(st.data())
    def law(data: st.DataObject) -> None:
        with workplace() as folder:
            run = folder / whole.name
            shutil.copytree(whole, run)
            files = sorted(path for path in run.rglob("*") if path.is_file())
            for path in data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=2, unique=True)):
                _bend(data, path)
            as_it_was = _evidence(run) == _evidence(whole)
            judged = call("judge", str(run))
            reported = call("report", str(run))
            assert (judged.code == 64) == (reported.code == 64)
            assert judged.code != 0 or as_it_was, judged

    holds(law, part, share=0.33)
