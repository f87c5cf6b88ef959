"""The heads of requests and answers as HTTP/2 packs them (HPACK, RFC 7541), from and to the same heads as HTTP/1.1 has.

Neither side keeps a table of what was said before: a request's fields are spelled out, and the service is asked to do the same. So the same
bytes mean the same on every connection, and the head of an answer that was read once is never read again.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping

import hpack
from hpack.hpack import Decoder
from hpack.table import HeaderTable

from scenarios.wire.answer_head import Head
from scenarios.wire.answer_parser import NotHttpError

MOST_HEAD_BYTES = 1 << 20
"""A head beyond this, unpacked or not, is none: fewer than an answer's 8 MiB, since few bytes may stand for many."""

TABLE_OFF = b"\x20"
"""Says at the beginning of a block that the table is empty from here on, and takes nothing in."""

_UPDATE, _UPDATES = 0xE0, 0x20
_INDEX_BITS, _LENGTH_BITS = 0x0F, 0x7F
_NEVER = 0x10
_SECRET = frozenset({b"authorization", b"cookie"})
_MOST_KNOWN = 4096
_STATIC: Mapping[bytes, int] = {name: number for number, (name, _) in reversed(list(enumerate(HeaderTable.STATIC_TABLE, 1)))}
_METHODS = {b"GET": b"\x82", b"POST": b"\x83"}
_SCHEME_HTTPS = b"\x87"
_HOST, _FIRST_LINE = b"host", b" HTTP/1.1"
_LONG_LINE = 256
_OF_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_NO_VALUE = re.compile(rb"[\r\n\0]")
_STATUS = re.compile(rb"[1-9]\d\d")

_lines: dict[bytes, bytes] = {}
"""Lines of requests as they are packed: most are always the same."""


def _number(value: int, bits: int, flags: int = 0) -> bytes:
    """An integer as HPACK has it, in the low `bits` of its first byte (RFC 7541, 5.1)."""
    if value < bits:
        return bytes((flags | value,))
    found, value = bytearray((flags | bits,)), value - bits
    while value > _LENGTH_BITS:
        found.append(0x80 | value & _LENGTH_BITS)
        value >>= 7
    found.append(value)
    return bytes(found)


def _field(name: bytes, value: bytes) -> bytes:
    """A field spelled out; its name in lower case, which is all that HTTP/2 knows."""
    flags = _NEVER if name in _SECRET else 0
    known = _STATIC.get(name)
    prefix = _number(known, _INDEX_BITS, flags) if known else bytes((flags,)) + _number(len(name), _LENGTH_BITS) + name
    return prefix + _number(len(value), _LENGTH_BITS) + value


def _packed(line: bytes) -> bytes:
    """A line of a request's head; its first, and Host, are what HTTP/2 has in their place."""
    name, colon, value = line.partition(b": ")
    if line.endswith(_FIRST_LINE) and b" " in name:
        method, path, _ = line.split(b" ", 2)
        packed = (_METHODS.get(method) or _field(b":method", method)) + _SCHEME_HTTPS + _field(b":path", path)
    else:
        name = name.lower()
        packed = _field(b":authority" if name == _HOST else name, value if colon else b"")
    if len(line) < _LONG_LINE:
        if len(_lines) >= _MOST_KNOWN:
            _lines.clear()
        _lines[line] = packed
    return packed


def request_block(head: bytes) -> bytes:
    """The head of a request of HTTP/1.1, without its last line end, as one of HTTP/2 over TLS."""
    lines = head.split(b"\r\n")
    if lines[1][:4].lower() != _HOST:  # ours have it there; what stands in its place must come before all other fields
        at = next(number for number, line in enumerate(lines) if number and line[:5].lower() == b"host:")
        lines.insert(1, lines.pop(at))
    known = _lines.get
    return b"".join([known(line) or _packed(line) for line in lines])


class HeadReader:
    """Reads the heads of one connection's answers."""

    __slots__ = ("_decoder", "_known", "_off")

    def __init__(self, known: MutableMapping[bytes, Head] | None = None) -> None:
        """`known` are heads by their blocks, and gets more; of one service's connections."""
        self._known = {} if known is None else known
        self._decoder: Decoder | None = None  # until one is needed: most connections have the same few heads
        self._off = False  # the service's table takes nothing in, so a block says all by itself

    def read(self, block: bytes) -> Head | None:
        """The head that a block is; None where it is one of trailers, which say nothing about the answer.

        Raises:
            NotHttpError: it is neither.
        """
        if not self._off and self._decoder is None and block[:1] == TABLE_OFF:
            self._off, block = True, block[1:]
        known = self._known.get(block) if self._off else None
        if known is not None:
            return known
        fields = self._unpacked(block)
        if not fields or not fields[0][0].startswith(b":"):
            _checked(fields)
            return None
        head = _head(fields)
        if self._off and block[0] & _UPDATE != _UPDATES:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[block] = head
        return head

    def _unpacked(self, block: bytes) -> list[tuple[bytes, bytes]]:
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = Decoder(MOST_HEAD_BYTES)
            if self._off:
                decoder.header_table_size = 0
        try:
            fields = [(bytes(name), bytes(value)) for name, value in decoder.decode(block, raw=True)]
        except hpack.OversizedHeaderListError:
            raise NotHttpError(f"an answer whose head has more than {MOST_HEAD_BYTES >> 20} MB") from None
        except hpack.HPACKError as error:
            raise NotHttpError(f"an answer of HTTP/2 whose head cannot be unpacked: {str(error).lower()}") from None
        self._off = decoder.header_table_size == 0
        return fields


def _head(fields: list[tuple[bytes, bytes]]) -> Head:
    """The head of these fields, spelled as HTTP/1.1 does; its length is what it announces, -1 where it does not."""
    (name, status), *others = fields
    if name != b":status" or not _STATUS.fullmatch(status):
        raise NotHttpError("an answer of HTTP/2 without a status")
    _checked(others)
    raw = b"".join((b"HTTP/2 %b\r\n" % status, *(b"%b: %b\r\n" % field for field in others)))
    lengths = {value.strip() for name, value in others if name == b"content-length"}
    if len(lengths) > 1 or not all(length.isdigit() for length in lengths):
        raise NotHttpError("an answer of several lengths, or of one that is no number")
    return Head(raw, int(status), int(lengths.pop()) if lengths else -1)


def _checked(fields: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises NotHttpError where one of them makes the answer malformed (RFC 9113, 8.2)."""
    for name, value in fields:
        if not _NAME.fullmatch(name) or _NO_VALUE.search(value) or name in _OF_CONNECTION:
            raise NotHttpError("an answer of HTTP/2 with a header that none may have")
