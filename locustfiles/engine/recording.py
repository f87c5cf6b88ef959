"""What a load process writes down: a sample for every attempt, and an ack for every attempt that may change something."""

import struct

from locustfiles.engine.calls import Call
from scenarios.errors import Untrusted
from scenarios.records import (
    ACK_STRUCT,
    FLAG_CENSORED,
    FLAG_NOT_SENT,
    FLAG_UNSENT,
    MARK_DONE,
    MARK_INTENT,
    NO_AMOUNT,
    SAMPLE_STRUCT,
    US_MAX,
    BlockWriter,
)
from scenarios.run import Run
from scenarios.speech import Answer

_pack_sample = SAMPLE_STRUCT.pack_into
_pack_ack = ACK_STRUCT.pack_into
_pack_done = struct.Struct("<qqQIHHBBBBB1s").pack_into
"""The fields of an ACK from done_ns to site."""
_DONE_OFFSET = 40
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
        self.unsent = 0
        self.not_sent = 0

    @property
    def count(self) -> int:
        """Samples written so far."""
        return self._samples.count

    def intent(self, call: Call, sent_ns: int) -> None:
        """Writes down that an effectful attempt is about to be sent. Must come before its first byte leaves."""
        acks = self._acks
        try:
            offset = acks.offset if acks.offset < acks.full else acks.turn()
        except OSError as error:
            raise Untrusted(f"acks cannot be written any more: {error.strerror}") from None
        block, t0_ns, key = acks.block, self._t0_ns, call.key
        _pack_ack(
            block,
            offset,
            call.operation,
            self._key_half if key else 0,
            key,
            call.intended_ns - t0_ns,
            sent_ns - t0_ns,
            0,
            call.amount_fen,
            0,
            call.customer,
            0,
            call.prepared.index,
            call.attempt,
            0,
            0,
            call.probe,
            0,
            b"",
            b"",
            call.business,
            MARK_INTENT,
        )
        acks.offset = offset + _ACK_BYTES
        acks.count += 1
        call.slot = (block, offset)

    def ended(self, call: Call, answer: Answer, flags: int) -> None:
        """Writes the sample, and completes the ack where there is one."""
        samples = self._samples
        try:
            offset = samples.offset if samples.offset < samples.full else samples.turn()
        except OSError as error:
            raise Untrusted(f"samples cannot be written any more: {error.strerror}") from None
        intended_ns, done_ns = call.intended_ns, call.done_ns
        ready_us = (call.ready_ns - intended_ns) // 1000
        sent_us = ((call.sent_ns or done_ns) - intended_ns) // 1000
        service_us = (done_ns - intended_ns) // 1000 - sent_us
        head = intended_ns - self._t0_ns, call.operation
        pool_us, connect_us = call.pool_ns // 1000, call.connect_ns // 1000
        distances = ready_us, sent_us - ready_us, service_us, pool_us, connect_us, call.size
        tail = call.prepared.index, call.status, answer.outcome, call.attempt, flags, MARK_DONE
        try:
            _pack_sample(samples.block, offset, *head, *distances, *tail)
        except struct.error:
            _pack_sample(samples.block, offset, *head, *(min(max(distance, 0), US_MAX) for distance in distances), *tail)
        samples.offset = offset + _SAMPLE_BYTES
        samples.count += 1
        if flags & _KEPT_BACK:
            self.unsent += bool(flags & FLAG_UNSENT)
            self.not_sent += bool(flags & FLAG_NOT_SENT)
        if call.slot is None or flags & FLAG_CENSORED:
            return
        block, offset = call.slot  # an ack keeps its mark of an intent until everything else stands
        outcome, promise, code, digest, shown_fen, site, _extracted, _cause = answer
        _pack_done(
            block,
            offset + _DONE_OFFSET,
            done_ns - self._t0_ns,
            call.amount_fen if shown_fen == NO_AMOUNT else shown_fen,
            digest,
            call.customer,
            call.status,
            call.prepared.index,
            call.attempt,
            outcome,
            promise,
            call.probe,
            code,
            site[:1].encode("ascii", "replace"),
        )
        block[offset + _MARK_OFFSET] = MARK_DONE
        call.slot = None

    def close(self) -> None:
        """Cuts the reserved rest of the files off."""
        self._samples.close()
        self._acks.close()
