"""Records on their way to a master: whole, in order, bounded, whatever the link does."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locustfiles.distributed.build_fingerprint import BuildFingerprint, difference, digest, machine, misplaced
from locustfiles.distributed.clock_sync import ClockSync
from locustfiles.distributed.file_tail import BATCH_BYTES, AckTail, SampleTail, file_tails
from locustfiles.distributed.messages import FileBatch
from locustfiles.distributed.transfer import WINDOW_BATCHES, FileReceiver, FileSender
from scenarios.errors import BadInput
from scenarios.run.event_kinds import LoadReady
from scenarios.run.folder import FOLDERS, Run
from scenarios.run.records import ACK, ACK_STRUCT, MARK_DONE, MARK_INTENT, SAMPLE, SAMPLE_STRUCT, BlockWriter, Slot

WINDOW = 2 * BATCH_BYTES


def _run(folder: Path) -> Run:
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    return Run(folder)


def _sample(number: int) -> tuple[int, ...]:
    return (number, number, *[number % 1000] * 6, 1, 200, 0, 1, 0, MARK_DONE)


def _intent(number: int) -> tuple[int | bytes, ...]:
    return (number, number, number, number, number, 0, 0, 0, 0, 0, number % 999, 0, 1, 1, 0, 0, 0, 0, b"", b"", b"b", MARK_INTENT)


def _complete(slot: Slot, number: int) -> None:
    block, offset = slot
    ACK_STRUCT.pack_into(block, offset, *_intent(number)[:7], number + 7, *_intent(number)[8:-1], MARK_INTENT)
    block[offset + ACK.itemsize - 1] = MARK_DONE


def _write(run: Run, count: int, *, between: Callable[[], None] = lambda: None) -> None:
    """What a load process does: intents, completed later and out of order, samples, and events; one intent in a hundred stays open."""
    chance = random.Random(count)  # noqa: S311 - a test's shuffling
    samples, acks = (
        BlockWriter(run.samples_folder / "load-0.bin", SAMPLE_STRUCT, 1),
        BlockWriter(run.acks_folder / "load-0.bin", ACK_STRUCT, 1),
    )
    events = run.event_writer("load-0", 0)
    open_: list[tuple[Slot, int]] = []
    for number in range(count):
        open_.append((acks.append(*_intent(number)), number))
        while len(open_) > 50:
            slot, done = open_.pop(chance.randrange(50))
            if done % 100:
                _complete(slot, done)
            samples.append(*_sample(done))
        if number % 100 == 0:
            events.write(LoadReady(arrivals=number, late_s=0.5), number)
            between()
    samples.close()
    acks.close()
    events.close()


def _same(one: Run, other: Run) -> None:
    for file in ("samples/load-0.bin", "acks/load-0.bin", "events/load-0.jsonl"):
        assert (one.folder / file).read_bytes() == (other.folder / file).read_bytes(), file
    assert len(other.events()) == len(one.events())


class Link:
    """Carries batches to an receiver and acknowledgements back, after a while or never."""

    def __init__(self, here: Run, there: Run, fate: Callable[[], float | None]) -> None:
        """`fate` gives the seconds that a message takes, None where it is lost."""
        self._fate = fate
        self.receiver = FileReceiver(there, "load-0")
        self.most_bytes = 0
        self.sender = FileSender(file_tails(here, "load-0"), self.send, window=WINDOW, resend_s=0.05)

    def send(self, message: FileBatch) -> None:
        """A batch on its way. Like a connection's, its messages do not overtake each other."""
        self.most_bytes = max(self.most_bytes, self.sender.bytes_under_way)
        if (after_s := self._fate()) is not None:
            gevent.spawn_later(after_s, self._arrive, message)

    def _arrive(self, message: FileBatch) -> None:
        upto = self.receiver.take(message)
        if (after_s := self._fate()) is not None:
            gevent.spawn_later(after_s, self.sender.acknowledged, upto)


@settings(max_examples=8)
@given(seed=st.integers(0, 1 << 30), lost=st.sampled_from([0.0, 0.1, 0.4]))
def test_what_is_lost_on_the_way_arrives_in_the_end(tmp_path_factory: pytest.TempPathFactory, seed: int, lost: float) -> None:
    """All files byte for byte; and never more than the window is under way."""
    folder, chance = tmp_path_factory.mktemp("link"), random.Random(seed)  # noqa: S311 - a test's link
    here, there = _run(folder / "here"), _run(folder / "there")
    link = Link(here, there, lambda: None if chance.random() < lost else 0.001)
    _write(here, 4000, between=lambda: gevent.sleep(0.002))
    assert link.sender.finish(60)
    link.receiver.close()
    assert link.most_bytes <= WINDOW
    _same(here, there)


def test_records_that_another_thread_is_writing_arrive_whole(tmp_path: Path) -> None:
    """The engine writes in a thread of its own, as fast as it can, while they are read."""
    here, there = _run(tmp_path / "here"), _run(tmp_path / "there")
    link = Link(here, there, lambda: 0.0)
    writer = threading.Thread(target=_write, args=(here, 40_000))
    writer.start()
    while writer.is_alive():
        gevent.sleep(0.01)
        _check_halfway(there)
    assert link.sender.finish(60)
    link.receiver.close()
    _same(here, there)


def _check_halfway(there: Run) -> None:
    """What is marked as done is whole; of an intent, whose mark comes last, the rest may stand already."""
    for record in there.acks():
        number = int(record["operation_id"])
        assert record["key_hi"] == record["key_lo"] == number
        assert record["done_ns"] in ([number + 7] if record["mark"] == MARK_DONE else [0, number + 7])


def test_while_nobody_takes_the_batches_they_wait_in_the_files(tmp_path: Path) -> None:
    """The writer is never held up; once the other side is back, all of it follows."""
    here, there = _run(tmp_path / "here"), _run(tmp_path / "there")
    deaf = [True]
    link = Link(here, there, lambda: None if deaf[0] else 0.0)
    _write(here, 8000, between=lambda: gevent.sleep(0))
    gevent.sleep(0.3)
    assert 0 < link.sender.bytes_under_way <= WINDOW
    assert not link.sender.finish(0.2)
    deaf[0] = False
    assert link.sender.finish(60)
    link.receiver.close()
    _same(here, there)


def test_small_batches_are_bounded_too(tmp_path: Path) -> None:
    """By their number, for Locust's sockets hold a bounded number of messages."""
    here, sent = _run(tmp_path / "here"), []
    events = here.event_writer("load-0", 0)
    sender = FileSender(file_tails(here, "load-0"), sent.append, resend_s=60)
    deadline = time.monotonic() + 30
    while len(sent) < WINDOW_BATCHES and time.monotonic() < deadline:
        events.write(LoadReady(arrivals=0, late_s=0.5), 0)
        gevent.sleep(0.01)
        sender._room.set()
    for _ in range(20):
        events.write(LoadReady(arrivals=0, late_s=0.5), 0)
        gevent.sleep(0.02)
    sender.close()
    events.close()
    assert len(sent) <= WINDOW_BATCHES


@pytest.mark.parametrize("file", ["../scenario.json", "samples/load-1.bin", "events/master.jsonl", "/etc/passwd", ""])
def test_a_worker_writes_its_own_files_and_no_others(tmp_path: Path, file: str) -> None:
    """Whatever it sends."""
    receiver = FileReceiver(_run(tmp_path / "there"), "load-0")
    with pytest.raises(BadInput, match="is not this worker's to send"):
        receiver.take(FileBatch(seq=0, file=file, at=0, rows=b"", data=b"x"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("at", "rows", "data"),
    [
        (1 << 40, b"", b"x"),  # a sparse terabyte
        (1, b"", b"x"),
        (0, (2).to_bytes(8, "little"), bytes(ACK.itemsize)),  # there are two records, 0 and 1
        (0, (-1).to_bytes(8, "little", signed=True), bytes(ACK.itemsize)),
        (0, b"odd", bytes(ACK.itemsize)),
        (0, bytes(16), bytes(ACK.itemsize)),
    ],
)
def test_a_worker_writes_where_its_file_ends_or_into_records_that_are_there(tmp_path: Path, at: int, rows: bytes, data: bytes) -> None:
    """Nowhere else; what was there stays as it was."""
    receiver, file = FileReceiver(_run(tmp_path / "there"), "load-0"), "acks/load-0.bin"
    receiver.take(FileBatch(seq=0, file=file, at=0, rows=b"", data=b"1" * 2 * ACK.itemsize))
    with pytest.raises(BadInput):
        receiver.take(FileBatch(seq=1, file=file, at=at, rows=rows, data=data))
    receiver.close()
    assert (tmp_path / "there" / file).read_bytes() == b"1" * 2 * ACK.itemsize


def test_a_half_written_record_is_left_for_later(tmp_path: Path) -> None:
    """A record without its mark is not there yet; one whose mark is set is given once, and once more when it is completed."""
    run = _run(tmp_path / "run")
    samples, acks = BlockWriter(run.samples_folder / "load-0.bin", SAMPLE_STRUCT), BlockWriter(run.acks_folder / "load-0.bin", ACK_STRUCT)
    sample_follower, ack_follower = SampleTail(run, "samples/load-0.bin"), AckTail(run, "acks/load-0.bin")
    samples.append(*_sample(1))
    samples.append(*_sample(2)[:-1], 0)
    slot = acks.append(*_intent(1))
    assert [len(batch.data) for batch in sample_follower.batches()] == [SAMPLE.itemsize]
    assert [batch.rows for batch in ack_follower.batches()] == [b""]
    assert not list(sample_follower.batches())
    assert not list(ack_follower.batches())
    _complete(slot, 1)
    (completed,) = ack_follower.batches()
    assert np.frombuffer(completed.rows, "<i8").tolist() == [0]
    assert not list(ack_follower.batches())
    samples.close()
    acks.close()


@given(
    offset=st.integers(-(10**15), 10**15),
    trips=st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)), min_size=1, max_size=60),
)
def test_a_clocks_offset_is_known_to_within_its_error_bar(offset: int, trips: list[tuple[int, int]]) -> None:
    """However unevenly the way there and the way back share a round trip."""
    found, now = ClockSync(), 10**12
    for there, back in trips:
        found.add(now, now + there + offset, now + there + back)
        now += there + back + 1000
    assert found.offset is not None
    assert abs(found.offset.offset_ns - offset) <= found.offset.error_ns + 1
    assert found.offset.error_ns == min((there + back + 1) // 2 for there, back in trips[-40:])


@pytest.mark.parametrize(
    ("trips_ms", "after"),
    [
        ([2.0] * 20, 12),  # a quiet network
        ([130.0] * 30 + [4.0] + [130.0] * 200, 31),  # a master that is busy for a while
        ([130.0] * 200, 100),  # one that stays so: it is begun with what is known
        ([2.0] * 12 + [130.0] * 80, 12),  # one that becomes busy later
    ],
)
def test_more_round_trips_are_made_while_all_of_them_take_long(trips_ms: list[float], after: int) -> None:
    """And what is known well enough stays so, for a worker that lives is told by it."""
    found, now = ClockSync(), 10**12
    settled = []
    for trip_ms in trips_ms:
        found.add(now, now, now + int(trip_ms * 1e6))
        settled.append(found.settled)
    assert settled == [made >= after for made in range(1, len(trips_ms) + 1)]


def test_builds_are_told_apart_by_what_makes_the_crowd(tmp_path: Path) -> None:
    """Version, revision, sources, and the user's own journeys, each named; what is no checkout has no revision to differ by."""
    ours = BuildFingerprint.ours()
    assert difference(ours, BuildFingerprint.ours()) == ""
    assert "version is 0.0.9" in difference(ours, ours.model_copy(update={"version": "0.0.9"}))
    one = BuildFingerprint(version="1", revision="456", sources="a", own="b")
    assert "revision is 123" in difference(one, one.model_copy(update={"revision": "123"}))
    assert difference(one, one.model_copy(update={"revision": ""})) == ""
    assert "sources of the crowd differ" in difference(one, one.model_copy(update={"sources": "c"}))
    assert "journeys of its own folder" in difference(one, one.model_copy(update={"own": "c"}))
    assert "its STORMDRILL_SEAL_KEY differs" in difference(one, one.model_copy(update={"key": "c"}))
    assert difference(ours, None) == "it does not say what it is made of"
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.py").write_text("pass\n")
    before = digest([tmp_path / "one"])
    (tmp_path / "one" / "a.py").rename(tmp_path / "one" / "b.py")
    assert digest([tmp_path / "one"]) != before


def test_the_masters_loopback_is_not_loaded_from_another_machine() -> None:
    """There it is another place, which nobody has allowed."""
    assert "bank.test is on the master's own loopback" in misplaced({"bank.test": ["127.0.0.1"]}, "another machine")
    assert misplaced({"bank.test": ["127.0.0.1"]}, machine()) == ""
    assert misplaced({"bank.test": ["10.1.2.3"]}, "another machine") == ""


def test_a_module_beside_the_journeys_is_part_of_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journey may import it, and would do something else with another."""
    (tmp_path / "locustfiles").mkdir()
    monkeypatch.setenv("STORMDRILL_PATH", str(tmp_path))
    (tmp_path / "words.py").write_text("ZONE = 1\n")
    before = BuildFingerprint.ours().own
    (tmp_path / "words.py").write_text("ZONE = 2\n")
    assert BuildFingerprint.ours().own != before
