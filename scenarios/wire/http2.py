"""A connection of HTTP/2, as one customer's device uses it: one question after the other, each in a stream of its own (RFC 9113).

Asked in the bytes of HTTP/1.1 and answered with the same heads, so what a request is made of and what an answer means does not depend on
what carries them. It reads no socket: `feed` it what comes, send what `ask` and `told` give.
"""

from collections.abc import MutableMapping
from struct import Struct

from scenarios.harmless import clipped
from scenarios.wire.answer_head import Head
from scenarios.wire.answer_parser import MOST_BYTES, NotHttpError
from scenarios.wire.header_blocks import MOST_HEAD_BYTES, TABLE_OFF, HeadReader, request_block

ALPN = "h2"

_DATA, _HEADERS, _PRIORITY, _RST_STREAM, _SETTINGS, _PUSH_PROMISE, _PING, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = range(10)
_END_STREAM = _ACK = 0x1
_END_HEADERS, _PADDED, _PRIORITISED = 0x4, 0x8, 0x20
_TABLE_SIZE, _PUSH, _MOST_STREAMS, _WINDOW, _FRAME_SIZE, _HEAD_SIZE = range(1, 7)
_REFUSED_STREAM = 7
_HEAD_BYTES = 9
_LEAST_FRAME, _MOST_FRAME = 1 << 14, (1 << 24) - 1
_FIRST_WINDOW, _MOST_NUMBER = 65_535, (1 << 31) - 1
_OUR_WINDOW = 1 << 24
_FIRST_FINAL = 200
_SWITCHING = 101
_EMPTY = frozenset({204, 304})
_MOST_BESIDE = 1000
"""Frames that bring nothing of the answer, beside one answer or between two: more of them are a flood."""

_SETTING = Struct(">HI")
_NUMBER = Struct(">I")
_FRAME = Struct(">BHBBI")  # length in two parts, type, flags, stream


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    size = len(payload)
    return _FRAME.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


_OURS = {_TABLE_SIZE: 0, _PUSH: 0, _WINDOW: _OUR_WINDOW, _HEAD_SIZE: MOST_HEAD_BYTES}
_OPENING = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    + _frame(_SETTINGS, 0, 0, b"".join(_SETTING.pack(*each) for each in _OURS.items()))
    + _frame(_WINDOW_UPDATE, 0, 0, _NUMBER.pack(_OUR_WINDOW - _FIRST_WINDOW))
)
"""What is sent before all else: no push, no table, room for a whole answer."""


class NotAnsweredError(Exception):
    """The service ended the stream before its answer was whole."""

    def __init__(self, *, refused: bool) -> None:
        """`refused`: it says that nothing was done, so the same may be asked again."""
        super().__init__("refused before anything was done" if refused else "ended before the answer")
        self.refused = refused


class Http2Exchange:
    """One question and its answer at a time; read as `AnswerParser` is."""

    __slots__ = (
        "_beside",
        "_block",
        "_block_ends",
        "_body",
        "_complete",
        "_frame_size",
        "_gone",
        "_greeted",
        "_head",
        "_heads",
        "_held",
        "_open",
        "_outgoing",
        "_received",
        "_rest",
        "_stream",
        "_stream_received",
        "_unsent",
        "_window",
        "_window_at_first",
        "_window_of_stream",
        "keeps",
        "most",
        "size",
    )

    def __init__(self, most: int = MOST_BYTES, known: MutableMapping[bytes, Head] | None = None) -> None:
        """Answers of so many bytes at most; `known` are heads of this service by their blocks."""
        self.most = most
        self._heads = HeadReader(known)
        self._rest = b""  # of a frame that is not whole
        self._greeted = False
        self._stream = -1  # the latest
        self._open = True  # streams may be opened: the service's limit is not zero
        self._frame_size = _LEAST_FRAME
        self._window = self._window_at_first = self._window_of_stream = _FIRST_WINDOW  # what may be sent
        self._received = self._stream_received = 0  # not yet given back to the service
        self._held = self._unsent = b""  # a request that waits for leave, the part of its body that does
        self._block: bytearray | None = None  # a head that is not whole
        self._block_ends = False
        self._outgoing = _OPENING
        self.keeps = True
        """Whether another question may be asked."""
        self._expect()
        self._complete = True

    def _expect(self) -> None:
        self._beside = 0
        self._head: Head | None = None
        self._body: list[bytes] = []
        self._gone = 0  # bytes of the body
        self._complete = False
        self.size = 0
        """Bytes that have come of the answer."""

    def ask(self, data: bytes) -> bytes:
        """What to send for a request in full; the rest comes by `told`, as the service gives leave."""
        self._expect()
        self._held = data
        if self._open:
            self._outgoing += self._asked()
        return self._taken()

    def told(self) -> bytes:
        """What else is to be sent now: what the service must be told, or has given leave for."""
        return self._taken() if self.tells else b""

    @property
    def tells(self) -> bool:
        """Whether there is something to be told."""
        return self._stream > 0 and bool(self._outgoing)

    def _taken(self) -> bytes:
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def _asked(self) -> bytes:
        """The request that waits, as far as it may be sent now."""
        data, self._held = self._held, b""
        first = self._stream < 0
        self._stream += 2
        self._window_of_stream = self._window_at_first
        self._stream_received = 0
        head, _, body = data.partition(b"\r\n\r\n")
        block = request_block(head)
        if first:
            block = TABLE_OFF + block
        if self._stream >= _MOST_NUMBER:
            self.keeps = False
        ends = 0 if body else _END_STREAM
        if len(block) <= self._frame_size:
            asked = _frame(_HEADERS, _END_HEADERS | ends, self._stream, block)
        else:
            asked = self._in_pieces(block, ends)
        self._unsent = body
        return asked + self._more() if body else asked

    def _in_pieces(self, block: bytes, ends: int) -> bytes:
        size = self._frame_size
        pieces = [block[start : start + size] for start in range(0, len(block), size)]
        last = len(pieces) - 1
        kinds = [(_HEADERS, ends), *[(_CONTINUATION, 0)] * last]
        flagged = zip(kinds, pieces, strict=True)
        return b"".join(
            _frame(kind, flags | (_END_HEADERS if number == last else 0), self._stream, piece)
            for number, ((kind, flags), piece) in enumerate(flagged)
        )

    def _more(self) -> bytes:
        """As much of the body as may be sent now."""
        body, at, found = self._unsent, 0, []
        while at < len(body):
            size = min(len(body) - at, self._frame_size, self._window, self._window_of_stream)
            if size <= 0:
                break
            self._window -= size
            self._window_of_stream -= size
            found.append(_frame(_DATA, _END_STREAM if at + size == len(body) else 0, self._stream, body[at : at + size]))
            at += size
        self._unsent = body[at:]
        return b"".join(found)

    def feed(self, data: bytes) -> bool:
        """Takes bytes in; whether the answer is complete.

        Raises:
            NotHttpError: it is none, or the service breaks the rules.
            NotAnsweredError: the service will not answer.
        """
        if self._rest:
            data = self._rest + data
        at, size = 0, len(data)
        try:
            while size - at >= _HEAD_BYTES:
                high, low, kind, flags, stream = _FRAME.unpack_from(data, at)
                if not self._greeted:
                    self._greet(kind, data)
                length = high << 16 | low
                if length > _LEAST_FRAME:
                    raise NotHttpError(f"an answer of HTTP/2 with a frame of {length} bytes, which nobody has allowed")  # noqa: TRY301
                end = at + _HEAD_BYTES + length
                if end > size:
                    break
                self._take_in(kind, flags, stream & _MOST_NUMBER, data[at + _HEAD_BYTES : end])
                at = end
        except (NotHttpError, NotAnsweredError):
            if not self._complete:
                raise
            self.keeps = False  # what follows a whole answer takes nothing from it
        self._rest = data[at:]
        return self._complete

    def _greet(self, kind: int, data: bytes) -> None:
        if kind != _SETTINGS:
            raise NotHttpError(f"an answer that is not HTTP/2: it begins with {clipped(data[:20].decode('latin-1'))!r}")
        self._greeted = True

    def _take_in(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        """One whole frame."""
        if (self._block is not None) != (kind == _CONTINUATION):
            raise NotHttpError("an answer of HTTP/2 whose head is cut by another frame")
        if kind == _DATA:
            self._take_data(flags, stream, payload)
        elif kind in (_HEADERS, _CONTINUATION):
            self._take_block(kind, flags, stream, payload)
        else:
            self._beside += 1
            if self._beside > _MOST_BESIDE:
                raise NotHttpError(f"an answer of HTTP/2 with more than {_MOST_BESIDE} frames beside it")
            self._take_control(kind, flags, stream, payload)

    def _counts(self, stream: int, size: int) -> None:
        """Bytes of the answer have come, by a frame of that size."""
        if self._complete or stream != self._stream:
            raise NotHttpError("an answer of HTTP/2 to what nobody has asked")
        self.size += _HEAD_BYTES + size
        if self.size > self.most:
            raise NotHttpError(f"an answer of more than {self.most >> 20} MB")

    def _take_data(self, flags: int, stream: int, payload: bytes) -> None:
        size = len(payload)
        self._counts(stream, size)
        if self._head is None:
            raise NotHttpError("an answer of HTTP/2 without a head")
        self._received += size
        if self._received >= _OUR_WINDOW // 2:
            self._outgoing += _frame(_WINDOW_UPDATE, 0, 0, _NUMBER.pack(self._received))
            self._received = 0
        body = _unpadded(payload) if flags & _PADDED else payload
        self._body.append(body)
        self._gone += len(body)
        if flags & _END_STREAM:
            self._finish(self._head)
            return
        self._stream_received += size
        if self._stream_received >= _OUR_WINDOW // 2:
            self._outgoing += _frame(_WINDOW_UPDATE, 0, stream, _NUMBER.pack(self._stream_received))
            self._stream_received = 0

    def _take_block(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        self._counts(stream, len(payload))
        if kind == _HEADERS:
            if flags & _PADDED:
                payload = _unpadded(payload)
            if flags & _PRIORITISED:
                payload = payload[5:]
            self._block_ends = bool(flags & _END_STREAM)
        if self._block is None:
            if flags & _END_HEADERS:
                self._take_head(payload)
                return
            self._block = bytearray()
        self._block += payload
        self._beside += 1
        if len(self._block) > MOST_HEAD_BYTES or self._beside > _MOST_BESIDE:
            raise NotHttpError(f"an answer whose head has more than {MOST_HEAD_BYTES >> 20} MB, or {_MOST_BESIDE} pieces")
        if flags & _END_HEADERS:
            block, self._block = bytes(self._block), None
            self._take_head(block)

    def _take_head(self, block: bytes) -> None:
        head = self._heads.read(block)
        if self._head is not None:  # what comes behind the body
            if head is not None or not self._block_ends:
                raise NotHttpError("an answer of HTTP/2 with a head behind its head")
            self._finish(self._head)
        elif head is None:
            raise NotHttpError("an answer of HTTP/2 without a status")
        elif head.status >= _FIRST_FINAL:
            self._head = head
            if self._block_ends:
                self._finish(head)
        elif head.status == _SWITCHING or self._block_ends:
            raise NotHttpError("an answer that changes the protocol, which nobody has asked for")
        else:
            self._beside += 1  # an interim one is passed over

    def _finish(self, head: Head) -> None:
        """The stream has ended, and with it the answer."""
        if head.length not in (-1, self._gone) and not (head.status in _EMPTY and not self._gone):
            raise NotHttpError(f"an answer of {self._gone} bytes that announces {head.length}")
        self._complete = True
        if self._unsent:  # answered before all was asked
            self.keeps = False

    def _take_control(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind in (_SETTINGS, _PING):
            if not flags & _ACK:
                (self._take_settings if kind == _SETTINGS else self._take_ping)(payload)
        elif kind == _WINDOW_UPDATE:
            self._take_window(stream, payload)
        elif kind == _RST_STREAM:
            if stream == self._stream and not self._complete:
                self.keeps = False
                raise NotAnsweredError(refused=payload[:4] == _NUMBER.pack(_REFUSED_STREAM) and self._head is None)
        elif kind == _GOAWAY:
            self._take_goaway(payload)
        elif kind == _PUSH_PROMISE:
            raise NotHttpError("an answer of HTTP/2 with a push, which was refused")

    def _take_goaway(self, payload: bytes) -> None:
        """Nothing more may be asked; what was asked is still answered, unless the service says that it was not looked at."""
        self.keeps = False
        if len(payload) < 8:  # noqa: PLR2004 - the last stream, and why
            raise NotHttpError("an answer of HTTP/2 with a farewell that is none")
        if not self._complete and (self._held or _NUMBER.unpack_from(payload)[0] & _MOST_NUMBER < self._stream):
            raise NotAnsweredError(refused=self._head is None)

    def _take_ping(self, payload: bytes) -> None:
        if len(payload) != 8:  # noqa: PLR2004 - what a ping carries
            raise NotHttpError("an answer of HTTP/2 with a ping that is none")
        self._outgoing += _frame(_PING, _ACK, 0, payload)

    def _take_settings(self, payload: bytes) -> None:
        if len(payload) % _SETTING.size:
            raise NotHttpError("an answer of HTTP/2 with settings that are none")
        for name, value in _SETTING.iter_unpack(payload):
            if name == _WINDOW:
                if value > _MOST_NUMBER:
                    raise NotHttpError("an answer of HTTP/2 with a window that none may have")
                self._window_of_stream += value - self._window_at_first
                self._window_at_first = value
            elif name == _FRAME_SIZE:
                if not _LEAST_FRAME <= value <= _MOST_FRAME:
                    raise NotHttpError("an answer of HTTP/2 with a frame size that none may have")
                self._frame_size = value
            elif name == _MOST_STREAMS:
                self._open = value > 0
        self._outgoing += _frame(_SETTINGS, _ACK, 0)
        if self._held and self._open:
            self._outgoing += self._asked()
        elif self._unsent:
            self._outgoing += self._more()

    def _take_window(self, stream: int, payload: bytes) -> None:
        step = _NUMBER.unpack(payload)[0] & _MOST_NUMBER if len(payload) == _NUMBER.size else 0
        if not step:
            raise NotHttpError("an answer of HTTP/2 with a window that does not open")
        if not stream:
            self._window += step
        elif stream == self._stream:
            self._window_of_stream += step
        if max(self._window, self._window_of_stream) > _MOST_NUMBER:
            raise NotHttpError("an answer of HTTP/2 with a window that none may have")
        if self._unsent:
            self._outgoing += self._more()

    def end(self) -> bool:
        """No more will come. An answer that has not ended by then is cut off."""
        self.keeps = False
        return self._complete

    def take(self) -> tuple[Head, bytes, None]:
        """Head and body of the complete answer."""
        assert self._head is not None  # noqa: S101 - for the type checker: it is complete
        found = self._head, b"".join(self._body), None
        self.size = 0
        self._beside = 0
        self._body = []
        return found


def _unpadded(payload: bytes) -> bytes:
    if not payload or payload[0] >= len(payload):
        raise NotHttpError("an answer of HTTP/2 with more padding than there is")
    return payload[1 : len(payload) - payload[0]]
