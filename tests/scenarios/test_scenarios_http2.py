"""An answer over HTTP/2, frame by frame: however it is cut, whatever else comes."""

from itertools import pairwise

from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as some

from scenarios.wire.answer_parser import NotHttpError
from scenarios.wire.http2 import Http2Exchange, NotAnsweredError

DATA, HEADERS, SETTINGS, CONTINUATION = 0, 1, 4, 9
OK = b'{"n": 1}'


def parsed(pieces: list[bytes]) -> object:
    """What an exchange makes of bytes that come so, and of nothing else."""
    exchange = Http2Exchange()
    exchange.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    try:
        whole = [exchange.feed(piece) for piece in pieces]
    except (NotHttpError, NotAnsweredError) as error:
        return type(error)
    if not (whole and whole[-1]):
        return None
    head, body, _ = exchange.take()
    return head.status, dict(head.headers), body


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Its bytes."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


GREETING = frame(SETTINGS, 0, 0, b"")
WHOLE = GREETING + frame(HEADERS, 0, 1, Encoder().encode([(":status", "200"), ("x-a", "b")])[:3])
WHOLE += (
    frame(CONTINUATION, 4, 1, Encoder().encode([(":status", "200"), ("x-a", "b")])[3:]) + frame(DATA, 0, 1, OK) + frame(DATA, 1, 1, b"")
)


@given(some.lists(some.integers(1, len(WHOLE) - 1), max_size=8))
def test_it_does_not_matter_how_frames_are_cut_into_pieces(cuts: list[int]) -> None:
    """The same answer."""
    pieces = [WHOLE[start:end] for start, end in pairwise(sorted({0, len(WHOLE), *cuts}))]
    assert parsed(pieces) == (200, {"x-a": "b"}, OK)


FRAMES = some.builds(frame, some.integers(0, 10), some.integers(0, 255), some.sampled_from([0, 1, 3]), some.binary(max_size=40))


@given(some.lists(FRAMES, max_size=6), some.binary(max_size=20))
def test_whatever_comes_is_an_answer_or_none(frames: list[bytes], more: bytes) -> None:
    """And never anything else."""
    parsed([GREETING + b"".join(frames) + more])
    parsed([GREETING, *frames, more])
