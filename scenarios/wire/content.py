"""The body of an answer: unpacked as its head says, and in the characters that it says."""

import codecs
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import brotli

from scenarios.harmless import clipped

CODINGS = ("gzip", "deflate", "br")
"""What an answer may be packed by; a file may ask for these, in Accept-Encoding."""

_CHARSET = re.compile(r"charset\s*=\s*\"?'?([^\s;\"',]+)", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UTF8 = "utf-8"
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "ascii": _UTF8}
"""Character sets that are parts of another, and are often named where the other is meant."""

_SEVEN_BITS = ("hz", "iso2022", "utf-7")
"""Character sets that look like ASCII and are not; nobody sends JSON in them, and whatever is ASCII is taken for it."""

_ZLIB_BITS, _RAW_BITS, _GZIP_BITS = 15, -15, 31


class UnreadableError(ValueError):
    """A body that cannot be read; says where, and why."""


@dataclass(frozen=True, slots=True)
class Content:
    """How a body is to be read that is not plain UTF-8."""

    codings: tuple[str, ...] = ()  # in the order in which they were applied
    charset: str = _UTF8  # as Python calls it, else as the head does


PLAIN = Content()


def content_of(headers: Mapping[str, str]) -> Content | None:
    """How the body behind these headers (lower-case names) is to be read; None where it is plain UTF-8, as far as they say."""
    packed = headers.get("content-encoding", "").lower().split(",")
    codings = tuple(name.removeprefix("x-") for each in packed if (name := each.strip()) not in ("", "identity"))
    said = _CHARSET.search(headers.get("content-type", ""))
    charset = _charset(said[1]) if said else _UTF8
    return None if not codings and charset == _UTF8 else Content(codings, charset)


def _charset(said: str) -> str:
    try:
        name = codecs.lookup(said).name
        "".encode(name)  # a codec of bytes, such as zlib's, is no character set
    except (LookupError, ValueError):
        return said
    return _UTF8 if name.startswith(_SEVEN_BITS) else _WIDER.get(name, name)


def unpacked(body: bytes, codings: tuple[str, ...], most: int) -> bytes:
    """The body without its codings.

    Raises:
        UnreadableError: one of them is not known, the body is not so packed, or it is longer than that when unpacked.
    """
    for coding in reversed(codings):
        if coding not in _UNPACK:
            raise UnreadableError(f"it is packed by {clipped(coding)!r}; understood: {', '.join(CODINGS)}")
        try:
            body, more = _UNPACK[coding](body, most)
        except (zlib.error, brotli.error, EOFError) as error:
            raise UnreadableError(f"it is not packed by {coding}, as it says: {error}") from None
        if more:
            raise UnreadableError(f"it is longer than {most} bytes when unpacked")
    return body


def _inflated(bits: int) -> Callable[[bytes, int], tuple[bytes, bool]]:
    def unpack(body: bytes, most: int) -> tuple[bytes, bool]:
        found = b""
        while body:  # a gzip file may be several, one behind the other
            packed = zlib.decompressobj(bits)
            found += packed.decompress(body, most + 1 - len(found))
            if len(found) > most:
                return found, True
            if not packed.eof:
                raise EOFError("it is cut off")
            body = packed.unused_data if bits == _GZIP_BITS else b""
        return found, False

    return unpack


def _deflated(body: bytes, most: int) -> tuple[bytes, bool]:
    """With zlib's frame, as the standard says, or without it, as many servers do."""
    try:
        return _inflated(_ZLIB_BITS)(body, most)
    except zlib.error:
        return _inflated(_RAW_BITS)(body, most)


def _broken_up(body: bytes, most: int) -> tuple[bytes, bool]:
    if not body:
        return body, False
    packed = brotli.Decompressor()
    found = packed.process(body, output_buffer_limit=most + 1)
    while len(found) <= most and not packed.is_finished():
        more = packed.process(b"", output_buffer_limit=most + 1)
        if not more:
            raise EOFError("it is cut off")
        found += more
    return found, len(found) > most


_UNPACK: dict[str, Callable[[bytes, int], tuple[bytes, bool]]] = {
    "gzip": _inflated(_GZIP_BITS), "deflate": _deflated, "br": _broken_up,
}  # fmt: skip


def characters(body: bytes, charset: str) -> str:
    """The body as text; a byte order mark in front of it says more than its head.

    Raises:
        UnreadableError: it is not of that character set; says where.
    """
    charset = next((name for mark, name in _MARKS if body.startswith(mark)), charset)
    try:
        return body.decode(charset)
    except LookupError:
        if body.isascii():
            return body.decode("ascii")
        raise UnreadableError(f"its character set is {clipped(charset)!r}, which is not known") from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is not {charset} at byte {error.start}") from None
