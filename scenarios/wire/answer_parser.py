"""The bytes of an answer, in whatever pieces they come: where it ends, and whether another may follow it.

Framed as RFC 9112 says. What is ambiguous has one meaning: chunks go before a length, lengths that are equal are one, lengths that differ
are no answer; and the connection on which it came is used for nothing else. A line may end without its carriage return.
"""

import re

import httptools

from scenarios.harmless import clipped
from scenarios.wire.answer_head import Head

MOST_BYTES = 8 << 20
"""An answer beyond this, head and body together, is cut off and is none."""

_FIRST_FINAL = 200
_EMPTY = frozenset({204, 304})
_END = b"\r\n\r\n"
_START = b"HTTP/"
_BARE_END = re.compile(rb"\n\r?\n")
_BARE_LINE = re.compile(rb"(?<!\r)\n")
_LENGTH, _CHUNKED = b"\r\ncontent-length", b"\r\ntransfer-encoding"
_LENGTHS = re.compile(rb"\r\ncontent-length[ \t]*:([^\r\n]*)", re.IGNORECASE)


_FRAME = re.compile(rb"\x00[\x00-\x40][\x00-\xff][\x04\x07][\x00-\xff]\x00{4}")
_FRAME_HEAD = 9
HTTP2 = "an answer of HTTP/2, which is spoken over TLS alone; say alpn: h2 in the service's tls, or let it speak HTTP/1.1 here too"


def begins_http2(data: bytes) -> bool:
    """Whether a connection's first bytes are those of HTTP/2: its server's settings, or that it goes away (RFC 9113, 4.1)."""
    return _FRAME.match(data) is not None


class NotHttpError(ValueError):
    """What comes is no answer of HTTP, or too long a one; says why."""


class AnswerParser:
    """Reads one answer after the other. `feed` it what comes; when that says that an answer is complete, `take` it.

    What httptools takes as it is costs no second look; only what it refuses is looked at with care.
    """

    __slots__ = ("_before", "_body", "_careful", "_complete", "_fed", "_feed", "_most", "_parser", "_raw", "_status", "keeps", "size")

    def __init__(self, most: int = MOST_BYTES) -> None:
        """Answers of so many bytes at most."""
        self._most = most
        self._begin()
        self._expect()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._feed = self._parser.feed_data

    def _expect(self) -> None:
        """Nothing of an answer has come yet."""
        self._raw = b""  # until the head is whole
        self._before = 0  # heads of interim answers in it
        self._body: list[bytes] = []
        self._status = 0
        self._complete = False
        self._careful = False
        self._fed = False  # in the careful way: the head is whole, mended, and with httptools
        self.size = 0
        """Bytes that have come of it."""
        self.keeps = True
        """Whether the next answer may come on the same connection."""

    def feed(self, data: bytes) -> bool:
        """Takes bytes in; whether the answer is complete.

        Raises:
            NotHttpError: it is none.
        """
        if not self.size:
            self._raw = data
            self.size = len(data)
        else:
            if self._careful or self._head_is_cut():
                self._raw += data
            self.size += len(data)
        if self.size > self._most:
            raise NotHttpError(f"an answer of more than {self._most >> 20} MB")
        if self._careful and not self._fed:
            self._feed_mended()
            return self._complete
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refused(error)
        return self._complete

    def _refused(self, error: Exception) -> None:
        """What httptools does not take, or takes for the end of HTTP."""
        if isinstance(error, httptools.HttpParserUpgrade):
            raise NotHttpError("an answer that changes the protocol, which nobody has asked for")
        if self._complete:
            self.keeps = False
        elif self._careful or self._body:
            raise NotHttpError(f"an answer that is not HTTP: {str(error) or type(error).__name__}")
        else:
            self._careful = True
            self._feed_mended()

    def _head_is_cut(self) -> bool:
        return self._raw.count(b"\r\n\r\n") <= self._before

    def _feed_mended(self) -> None:
        """Looks at what was refused once more: from its beginning, by a new parser, its head mended when that is whole."""
        raw, start = self._raw, 0
        while True:
            if raw[start : start + 5] != _START[: len(raw) - start]:
                if begins_http2(raw):
                    raise NotHttpError(HTTP2)
                if raw[:1] == b"\0" and len(raw) < _FRAME_HEAD:
                    return
                raise NotHttpError(f"an answer that is not HTTP: it begins with {clipped(raw[start : start + 20].decode('latin-1'))!r}")
            end, bare = _end_of_head(raw, start)
            if end < 0:
                return
            if raw[start + 9 : start + 10] != b"1":
                break
            start = end  # behind an interim answer
        head = _BARE_LINE.sub(b"\r\n", raw[start:end]) if bare else raw[start:end]
        head = self._framed(head)
        self._begin()
        self._fed, self._raw, self._before = True, head, 0
        try:
            self._feed(head + raw[end:])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refused(error)

    def _framed(self, head: bytes) -> bytes:
        """The head with one framing."""
        lower = head.lower()
        lengths, chunked = {each.strip() for each in _LENGTHS.findall(head)}, _CHUNKED in lower
        if len(lengths) > 1 and not chunked:
            raise NotHttpError(f"an answer of several lengths: {clipped(b', '.join(sorted(lengths)).decode('latin-1'))}")
        if lower.count(_LENGTH) > 1 or (lengths and chunked):
            self.keeps = False
            head = _LENGTHS.sub(b"", head)
            if not chunked:
                head = head.replace(b"\r\n", b"\r\nContent-Length: " + lengths.pop() + b"\r\n", 1)
        return head

    def end(self) -> bool:
        """No more will come. Whether that completes the answer, as it does one without a length; any other is cut off."""
        if self._complete:
            return True
        if (self._careful and not self._fed) or not self._raw or self._head_is_cut():
            return False
        lower = _head_in(self._raw, self._before).lower()
        self._status = self._parser.get_status_code()
        self._complete = _LENGTH not in lower and _CHUNKED not in lower
        self.keeps = False
        return self._complete

    def take(self) -> tuple[Head, bytes, bytes | None]:
        """Head and body of the complete answer, and the bytes by which its head is known again.

        None for those where the same bytes need not mean the same next time: the answer came in pieces, or was not framed by its length.
        The next answer is expected then.
        """
        raw, body = self._raw, b"".join(self._body)
        again = None
        if self._before or self._careful:
            head = Head(_head_in(raw, self._before), self._status, len(body))
        else:
            end = raw.find(_END)
            head = Head(raw[: end + 2], self._status, len(body))
            if self.keeps and len(raw) == self.size == end + 4 + len(body):
                again = raw[:end]
        self._expect()
        return head, body, again

    def on_message_begin(self) -> None:
        """httptools: an answer begins. Behind one that is complete it is nothing that was asked for."""
        if self._complete:
            self.keeps = False

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of a body."""
        if not self._complete:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """httptools: the whole answer is there. Interim (1xx) answers are passed over."""
        if self._complete:
            return
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL:
            self._before += 1
            return
        self._status = status
        self._complete = True
        if not self._parser.should_keep_alive() or (status in _EMPTY and self._announces_a_body()):
            self.keeps = False

    def _announces_a_body(self) -> bool:
        """Whether the head of an answer that has none says that it has: what follows it could be taken for the next answer."""
        said = _LENGTHS.search(_head_in(self._raw, self._before))
        return said is not None and said[1].strip() != b"0"


def _head_in(raw: bytes, before: int) -> bytes:
    """The head that stands behind so many interim ones, its last line ended."""
    start = 0
    for _ in range(before):
        start = raw.find(_END, start) + 4
    return raw[start : raw.find(_END, start) + 2]


def _end_of_head(raw: bytes, start: int) -> tuple[int, bool]:
    """Where the head ends that begins there, and whether lines of it end barely; -1 where it has not ended."""
    found = raw.find(_END, start)
    until = found + 2 if found >= 0 else len(raw)
    if raw.count(b"\n", start, until) == raw.count(b"\r\n", start, until):
        return found + 4 if found >= 0 else -1, False
    bare = _BARE_END.search(raw, start)
    return bare.end() if bare else -1, True
