"""What a load process writes down: a sample for every attempt, and an ack for every attempt that may change something."""

import struct

from locustfiles.engine.attempt import Attempt
from scenarios.errors import Untrusted
from scenarios.run.event_kinds import RecordsSeal
from scenarios.run.folder import Run
from scenarios.run.records import (
    ACK_STRUCT,
    FLAG_CENSORED,
    FLAG_NOT_SENT,
    FLAG_UNSENT,
    MARK_DONE,
    MARK_INTENT,
    NO_AMOUNT,
    SAMPLE_STRUCT,
    SHOWN_MOST,
    SHOWN_STRUCT,
    US_MAX,
    BlockWriter,
)
from scenarios.run.seals import seal_records
from scenarios.target.operation_codec import Answer

_pack_sample = SAMPLE_STRUCT.pack_into
_pack_ack = ACK_STRUCT.pack_into
_pack_done = struct.Struct("<qqQIHHBBBBB1s").pack_into
"""The fields of an ACK from done_ns to site."""
_DONE_OFFSET = 56
_KEPT_BACK = FLAG_UNSENT | FLAG_NOT_SENT
_MARK_OFFSET = ACK_STRUCT.size - 1
_SAMPLE_BYTES, _ACK_BYTES = SAMPLE_STRUCT.size, ACK_STRUCT.size


class Recorder:
    """The two files of one load process."""

    def __init__(self, run: Run, writer: str, t0_ns: int, key_half: int) -> None:
        """`key_half` is the first half of all keys of the run. Creates the files. Raises OSError where they exist or the disk is full."""
        self._samples = BlockWriter(run.samples_folder / f"{writer}.bin", SAMPLE_STRUCT)
        self._acks = BlockWriter(run.acks_folder / f"{writer}.bin", ACK_STRUCT, 1 << 12)
        self._t0_ns = t0_ns
        self._key_half = key_half
        self._run, self._writer = run, writer
        self.seals: dict[str, RecordsSeal] = {}  # by the files' paths in the run folder, once they are closed
        self._shown: BlockWriter | None = None
        self._room_for_shown = SHOWN_MOST
        self.unsent = 0
        self.not_sent = 0

    @property
    def count(self) -> int:
        """Samples written so far."""
        return self._samples.count

    def record_intent(self, attempt: Attempt, sent_ns: int) -> None:
        """Writes down that an effectful attempt is about to be sent. Must come before its first byte leaves."""
        acks, key, t0_ns = self._acks, attempt.key, self._t0_ns
        end = acks.end
        if end == acks.last:
            _turn(acks, "acks")
        attempt.slot = block, offset = acks.block, end - acks.start
        _pack_ack(
            block,
            offset,
            attempt.operation_id,
            self._key_half if key else 0,
            key,
            attempt.intended_ns - t0_ns,
            sent_ns - t0_ns,
            attempt.asked_fen,
            attempt.terms,
            0,
            NO_AMOUNT,
            0,
            attempt.customer,
            0,
            attempt.operation.index,
            attempt.attempt_number,
            0,
            0,
            attempt.probe,
            0,
            b"",
            b"",
            attempt.business,
            MARK_INTENT,
        )
        acks.end = end + _ACK_BYTES

    def record(self, attempt: Attempt, answer: Answer, flags: int) -> None:
        """Writes the sample, and completes the ack where there is one."""
        samples, intended_ns, done_ns, index = self._samples, attempt.intended_ns, attempt.done_ns, attempt.operation.index
        end = samples.end
        if end == samples.last:
            _turn(samples, "samples")
        ready_us = (attempt.ready_ns - intended_ns) // 1000
        sent_us = ((attempt.sent_ns or done_ns) - intended_ns) // 1000
        try:
            _pack_sample(
                samples.block,
                end - samples.start,
                intended_ns - self._t0_ns,
                attempt.operation_id,
                ready_us,
                sent_us - ready_us,
                (done_ns - intended_ns) // 1000 - sent_us,
                attempt.pool_us,
                attempt.connect_us,
                attempt.size,
                index,
                attempt.status,
                answer.outcome,
                attempt.attempt_number,
                flags,
                MARK_DONE,
            )
        except struct.error:
            self._pack_bounded(attempt, answer, flags, ready_us, sent_us)
        samples.end = end + _SAMPLE_BYTES
        if flags & _KEPT_BACK:
            self.unsent += bool(flags & FLAG_UNSENT)
            self.not_sent += bool(flags & FLAG_NOT_SENT)
        if attempt.slot is None or flags & FLAG_CENSORED:
            return
        block, offset = attempt.slot  # an ack keeps its mark of an intent until everything else stands
        outcome, promise, code, digest, shown_fen, site, _extracted, _cause = answer
        _pack_done(
            block,
            offset + _DONE_OFFSET,
            done_ns - self._t0_ns,
            shown_fen,
            digest,
            attempt.customer,
            attempt.status,
            index,
            attempt.attempt_number,
            outcome,
            promise,
            attempt.probe,
            code,
            site[:1].encode("ascii", "replace"),
        )
        block[offset + _MARK_OFFSET] = MARK_DONE
        attempt.slot = None

    def _pack_bounded(self, attempt: Attempt, answer: Answer, flags: int, ready_us: int, sent_us: int) -> None:
        """A sample with a distance beyond what its field can hold: the field's bound."""
        samples = self._samples
        service_us = (attempt.done_ns - attempt.intended_ns) // 1000 - sent_us
        distances = ready_us, sent_us - ready_us, service_us, attempt.pool_us, attempt.connect_us, attempt.size
        _pack_sample(
            samples.block,
            samples.end - samples.start,
            attempt.intended_ns - self._t0_ns,
            attempt.operation_id,
            *(min(max(distance, 0), US_MAX) for distance in distances),
            attempt.operation.index,
            attempt.status,
            answer.outcome,
            attempt.attempt_number,
            flags,
            MARK_DONE,
        )

    def record_shown(self, attempt: Attempt, view: int, subject: int, value: int, fen: int, site: bytes) -> None:
        """Writes down what a read showed or an effect told, while there is room."""
        if not self._room_for_shown:
            return
        self._room_for_shown -= 1
        try:
            if self._shown is None:
                self._shown = BlockWriter(self._run.shown_folder / f"{self._writer}.bin", SHOWN_STRUCT, 1)
            self._shown.append(
                attempt.operation_id,
                subject,
                attempt.sent_ns - self._t0_ns,
                attempt.done_ns - self._t0_ns,
                value,
                fen,
                attempt.customer,
                attempt.operation.index,
                view,
                site,
                b"",
                MARK_DONE,
            )
        except OSError as error:
            raise Untrusted(f"what customers are shown cannot be written any more: {error.strerror}") from None

    def close(self) -> None:
        """Cuts the reserved rest of the files off, and seals them."""
        self._samples.close()
        self._acks.close()
        shown = self._shown
        if shown is not None:
            shown.close()
        self.seals = {
            f"samples/{self._writer}.bin": seal_records(self._run.samples_folder / f"{self._writer}.bin", _SAMPLE_BYTES),
            f"acks/{self._writer}.bin": seal_records(self._run.acks_folder / f"{self._writer}.bin", _ACK_BYTES),
        }
        if shown is not None:
            path = self._run.shown_folder / f"{self._writer}.bin"
            self.seals[f"shown/{self._writer}.bin"] = seal_records(path, SHOWN_STRUCT.size)


def _turn(records: BlockWriter, what: str) -> None:
    try:
        records.turn()
    except OSError as error:
        raise Untrusted(f"{what} cannot be written any more: {error.strerror}") from None
