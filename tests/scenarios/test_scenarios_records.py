"""Records survive what kills their writer, and say what was packed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.run.outcomes import FOLD_RANK, Outcome, fold
from scenarios.run.records import (
    ACK,
    ACK_STRUCT,
    MARK_DONE,
    SAMPLE,
    SAMPLE_STRUCT,
    BlockWriter,
    answer_digest,
    follow,
    key_halves,
    operation_id,
    read_all,
    read_records,
)


def sample(number: int, mark: int = MARK_DONE) -> tuple[int, ...]:
    """The fields of a sample that tell its number."""
    return (number * 1000, number, 1, 2, 3, 0, 0, 10, 4, 200, 1, 1, 0, mark)


def test_the_structs_pack_what_numpy_reads(tmp_path: Path) -> None:
    """Each packed field comes back under its name."""
    (tmp_path / "a.bin").write_bytes(SAMPLE_STRUCT.pack(-5, 7, 1, 2, 3, 4, 5, 6, 8, 503, 6, 2, 129, 2))
    read = read_records(tmp_path / "a.bin", SAMPLE)[0]
    assert read.tolist() == (-5, 7, 1, 2, 3, 4, 5, 6, 8, 503, 6, 2, 129, 2)
    packed = ACK_STRUCT.pack(1, 2, 3, -4, 5, -7, 10, 6, -11, 8, 9, 200, 1, 2, 3, 1, 4, 0, b"A", b"", b"c1:flash:2026-11-22", 2)
    (tmp_path / "b.bin").write_bytes(packed)
    ack = read_records(tmp_path / "b.bin", ACK)[0]
    assert ack["business"] == b"c1:flash:2026-11-22"
    assert ack["site"] == b"A"
    assert SAMPLE.itemsize == 48


def test_a_closed_file_holds_exactly_its_records_across_blocks(tmp_path: Path) -> None:
    """Nothing is lost or added where a block ends."""
    writer = BlockWriter(tmp_path / "a.bin", SAMPLE_STRUCT, records_per_block=1)
    for number in range(5000):
        writer.append(*sample(number))
    writer.close()
    assert (tmp_path / "a.bin").stat().st_size == 5000 * 48
    assert read_records(tmp_path / "a.bin", SAMPLE)["operation_id"].tolist() == list(range(5000))


def test_what_is_taken_but_never_marked_does_not_count(tmp_path: Path) -> None:
    """A record that its writer did not finish is left out."""
    writer = BlockWriter(tmp_path / "a.bin", SAMPLE_STRUCT)
    writer.append(*sample(1))
    writer.append(*sample(2, mark=0))
    assert read_records(tmp_path / "a.bin", SAMPLE)["operation_id"].tolist() == [1]


def test_a_file_cut_in_mid_record_gives_its_whole_records(tmp_path: Path) -> None:
    """Any cut leaves what was whole."""
    data = b"".join(SAMPLE_STRUCT.pack(*sample(number)) for number in range(3))
    for cut in (0, 1, 47, 48, 95, 96, 143):
        (tmp_path / "a.bin").write_bytes(data[:cut])
        assert len(read_records(tmp_path / "a.bin", SAMPLE)) == cut // 48


def test_records_survive_kill_9(tmp_path: Path) -> None:
    """All that was packed before the kill is there after it."""
    program = f"""
import sys; from pathlib import Path
from scenarios.run.records import BlockWriter, SAMPLE_STRUCT
w = BlockWriter(Path({str(tmp_path / "a.bin")!r}), SAMPLE_STRUCT, 64)
for n in range(1000):
    w.append(n, n, 1, 2, 3, 0, 0, 10, 4, 200, 1, 1, 0, 2)
print("written", flush=True); sys.stdin.read()
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin, child.stdout:
        assert child.stdout.readline() == b"written\n"
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
    assert len(read_records(tmp_path / "a.bin", SAMPLE)) == 1000


def test_follow_gives_each_record_once(tmp_path: Path) -> None:
    """A live reader sees what came since it last looked."""
    writer = BlockWriter(tmp_path / "a.bin", SAMPLE_STRUCT, records_per_block=1)
    tail = follow(tmp_path / "a.bin", SAMPLE)
    seen: list[int] = []
    for number in range(700):
        writer.append(*sample(number))
        if number % 97 == 0:
            seen += next(tail)["operation_id"].tolist()
    seen += next(tail)["operation_id"].tolist()
    assert seen == list(range(700))
    assert len(next(tail)) == 0


def test_a_file_that_is_bent_while_it_is_followed_has_nothing_new(tmp_path: Path) -> None:
    """Who looks on is not the judge: shorter than it was, not there, or no file at all, it ends nothing."""
    writer = BlockWriter(tmp_path / "a.bin", SAMPLE_STRUCT)
    tail = follow(tmp_path / "a.bin", SAMPLE)
    assert len(next(tail)) == 0
    for number in range(7):
        writer.append(*sample(number))
    assert len(next(tail)) == 7
    writer.close()
    whole = (tmp_path / "a.bin").read_bytes()
    for size in (len(whole) - 1, 2 * SAMPLE.itemsize, 0):
        os.truncate(tmp_path / "a.bin", size)
        assert len(next(tail)) == 0
    (tmp_path / "a.bin").unlink()
    assert len(next(tail)) == 0
    (tmp_path / "a.bin").mkdir()
    assert len(next(tail)) == 0
    (tmp_path / "a.bin").rmdir()
    (tmp_path / "a.bin").write_bytes(whole + whole[: SAMPLE.itemsize])
    assert len(next(tail)) == 1


def test_a_second_writer_of_the_same_file_is_refused(tmp_path: Path) -> None:
    """Records are never overwritten by accident."""
    BlockWriter(tmp_path / "a.bin", SAMPLE_STRUCT).close()
    with pytest.raises(FileExistsError):
        BlockWriter(tmp_path / "a.bin", SAMPLE_STRUCT)


def test_a_slot_can_be_completed_after_its_block_is_full(tmp_path: Path) -> None:
    """An answer that comes late still reaches its record."""
    writer = BlockWriter(tmp_path / "a.bin", SAMPLE_STRUCT, records_per_block=1)
    block, offset = writer.append(*sample(1))
    for number in range(1000):
        writer.append(*sample(number))
    SAMPLE_STRUCT.pack_into(block, offset, *sample(77))
    assert read_records(tmp_path / "a.bin", SAMPLE)[0]["operation_id"] == 77


def test_an_empty_folder_has_no_records(tmp_path: Path) -> None:
    """No file is not an error."""
    assert len(read_all(tmp_path, SAMPLE)) == 0


@given(st.integers(0, 2), st.integers(0, 2**44 - 1), st.integers(0, 2**16 - 1))
def test_operation_ids_are_distinct_and_fit(stream: int, arrival: int, step: int) -> None:
    """An id tells its three parts apart and fits its field."""
    value = operation_id(stream, arrival, step)
    assert (value >> 60, value >> 16 & (2**44 - 1), value & 0xFFFF) == (stream, arrival, step)
    assert int(np.uint64(value)) == value


@given(st.integers(0, 2**128 - 1))
def test_key_halves_lose_nothing(key: int) -> None:
    """Both halves together are the key."""
    high, low = key_halves(key)
    assert high << 64 | low == key


@given(st.text())
def test_an_answer_always_has_a_digest(text: str) -> None:
    """Zero is kept for "no answer"."""
    assert 0 < answer_digest(text) < 2**64


@given(st.lists(st.sampled_from(Outcome), min_size=1))
def test_folding_does_not_depend_on_the_order_and_success_wins(attempts: list[Outcome]) -> None:
    """Attempts fold to the same outcome in any order; one success makes a success, else one unknown makes an unknown."""
    folded = fold(attempts)
    assert folded is fold(reversed(attempts))
    assert folded in attempts
    if Outcome.SUCCESS in attempts:
        assert folded is Outcome.SUCCESS
    elif Outcome.UNKNOWN in attempts:
        assert folded is Outcome.UNKNOWN
    assert len(FOLD_RANK) == len(Outcome)
