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
    key_halves,
)
from scenarios.run import Run
from scenarios.speech import Answer

_DONE = struct.Struct("<qqQIHHBBBBB1s")
"""The fields of an ACK from done_ns to site."""
_DONE_OFFSET = 40
_KEPT_BACK = FLAG_UNSENT | FLAG_NOT_SENT
_MARK_OFFSET = ACK_STRUCT.size - 1


class Recorder:
    """The two files of one load process."""

    def __init__(self, run: Run, writer: str, t0_ns: int) -> None:
        """Creates the files. Raises OSError where they exist or the disk is full."""
        self._samples = BlockWriter(run.samples_folder / f"{writer}.bin", SAMPLE_STRUCT)
        self._acks = BlockWriter(run.acks_folder / f"{writer}.bin", ACK_STRUCT, 1 << 12)
        self._append = self._samples.append
        self._t0_ns = t0_ns
        self.unsent = 0
        self.not_sent = 0

    @property
    def count(self) -> int:
        """Samples written so far."""
        return self._samples.count

    def intent(self, call: Call, sent_ns: int) -> None:
        """Writes down that an effectful attempt is about to be sent. Must come before its first byte leaves."""
        amount = NO_AMOUNT if call.amount_fen is None else call.amount_fen
        high, low = key_halves(call.key)
        fields = (
            call.operation,
            high,
            low,
            call.intended_ns - self._t0_ns,
            sent_ns - self._t0_ns,
            0,
            amount,
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
        try:
            call.slot = self._acks.append(*fields)
        except OSError as error:
            raise Untrusted(f"acks cannot be written any more: {error.strerror}") from None

    def ended(self, call: Call, answer: Answer, flags: int) -> None:
        """Writes the sample, and completes the ack where there is one."""
        intended_ns = call.intended_ns
        ready_us = (call.ready_ns - intended_ns) // 1000
        sent_us = ((call.sent_ns or call.done_ns) - intended_ns) // 1000
        fields = (
            intended_ns - self._t0_ns,
            call.operation,
            ready_us,
            sent_us - ready_us,
            (call.done_ns - intended_ns) // 1000 - sent_us,
            call.pool_ns // 1000,
            call.connect_ns // 1000,
            call.size,
            call.prepared.index,
            call.status,
            answer.outcome,
            call.attempt,
            flags,
            MARK_DONE,
        )
        try:
            self._append(*fields)
        except struct.error:
            self._append(fields[0], fields[1], *(min(max(field, 0), US_MAX) for field in fields[2:8]), *fields[8:])
        except OSError as error:
            raise Untrusted(f"samples cannot be written any more: {error.strerror}") from None
        if flags & _KEPT_BACK:
            self.unsent += bool(flags & FLAG_UNSENT)
            self.not_sent += bool(flags & FLAG_NOT_SENT)
        if call.slot is not None and not flags & FLAG_CENSORED:
            self._complete(call, answer)

    def _complete(self, call: Call, answer: Answer) -> None:
        """An ack keeps its mark of an intent until everything else stands."""
        assert call.slot is not None  # noqa: S101 - asked just above
        block, offset = call.slot
        asked = NO_AMOUNT if call.amount_fen is None else call.amount_fen
        _DONE.pack_into(
            block,
            offset + _DONE_OFFSET,
            call.done_ns - self._t0_ns,
            asked if answer.shown_fen == NO_AMOUNT else answer.shown_fen,
            answer.digest,
            call.customer,
            call.status,
            call.prepared.index,
            call.attempt,
            answer.outcome,
            answer.promise,
            call.probe,
            answer.code,
            answer.site[:1].encode("ascii", "replace"),
        )
        block[offset + _MARK_OFFSET] = MARK_DONE
        call.slot = None

    def close(self) -> None:
        """Cuts the reserved rest of the files off."""
        self._samples.close()
        self._acks.close()
