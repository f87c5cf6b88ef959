"""One codec, one meaning: whoever asks sends the same bytes, and whoever is answered understands the same."""

import gzip
import zlib
from collections.abc import Iterator
from itertools import pairwise

import brotli
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some
from one_codec_lab import RawServer, answering_in, by_control_plane, by_crowd, by_fault

from scenarios.client.http import HttpClient, Unreachable
from scenarios.run.outcomes import Outcome
from scenarios.target.model import Target
from scenarios.target.operation_codec import TransportError, compile_target
from scenarios.wire.answer_parser import MOST_BYTES, AnswerParser, NotHttpError
from scenarios.wire.request_bytes import request_to

OK = b'{"code":"OK","id":"e-1","n":7}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GBK = '{"code":"OK","id":"e-1","n":"恭喜中奖"}'
LONG = 12345678901234567890123456789012
PATIENCE_S, IMPATIENCE_S = 20.0, 0.5
"""How long an answer that comes is waited for, whatever the machine is busy with; and one that never does."""


def answer(body: bytes, *more: bytes, head: bytes = HEAD) -> bytes:
    """An answer of that body."""
    return head + b"".join(line + b"\r\n" for line in more) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def typed(body: bytes, kind: str) -> bytes:
    """An answer of that type."""
    return answer(body, f"Content-Type: {kind}".encode(), head=b"HTTP/1.1 200 OK\r\n")


S, F, U = Outcome.SUCCESS, Outcome.FAILURE, Outcome.UNKNOWN
READ_UNREAD, GARBLED, RESET = "HTTP 200", TransportError.GARBLED.value, TransportError.RESET.value
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(OK), OK)
SETTINGS = b"\0\0\x06\4\0\0\0\0\0" + b"\0\3\0\0\0\x64"
GO_AWAY = b"\0\0\x08\7\0\0\0\0\0" + bytes(7) + b"\1"
CASES: dict[str, tuple[tuple[bytes, ...], Outcome, Outcome, str]] = {
    # what is sent; the outcome of a read and of an effect; where the effect is not known, why
    "plain": ((answer(OK),), S, S, ""),
    "gzip": ((answer(gzip.compress(OK), b"Content-Encoding: gzip"),), S, S, ""),
    "two-gzips": ((answer(gzip.compress(OK[:9]) + gzip.compress(OK[9:]), b"Content-Encoding: GZIP"),), S, S, ""),
    "deflate": ((answer(zlib.compress(OK), b"Content-Encoding: deflate"),), S, S, ""),
    "raw-deflate": ((answer(zlib.compress(OK)[2:-4], b"Content-Encoding: deflate"),), S, S, ""),
    "br": ((answer(brotli.compress(OK), b"Content-Encoding: br"),), S, S, ""),
    "unpacked": ((answer(OK, b"Content-Encoding: gzip"),), S, S, ""),
    "not-gzip": ((answer(GBK.encode("gbk"), b"Content-Encoding: gzip"),), F, U, "it is not packed by gzip, as it says"),
    "cut-gzip": ((answer(gzip.compress(OK)[:-9], b"Content-Encoding: gzip"),), F, U, "it is cut off"),
    "cut-br": ((answer(brotli.compress(OK)[:-3], b"Content-Encoding: br"),), F, U, "it is not packed by br|it is cut off"),
    "bomb": ((answer(gzip.compress(bytes(MOST_BYTES + 1)), b"Content-Encoding: gzip"),), F, U, "longer than 8388608 bytes when unpacked"),
    "zstd": ((answer(b"\x28\xb5\x2f\xfd" + OK, b"Content-Encoding: zstd"),), F, U, "it is packed by 'zstd'; understood: gzip, deflate, br"),
    "zstd-no": ((answer(b"\x28\xb5" + OK, b"Content-Encoding: zstd", head=b"HTTP/1.1 409 Conflict\r\n"),), F, U, "it is packed by 'zstd'"),
    "http2": ((SETTINGS + GO_AWAY, b""), F, U, GARBLED),
    "http2-pieces": (tuple(bytes([each]) for each in SETTINGS), F, U, GARBLED),
    "gbk": ((typed(GBK.encode("gbk"), "application/json;charset=GBK"),), S, S, ""),
    "gb18030": ((typed(GBK.encode("gb18030"), 'application/json; charset="gb18030"'),), S, S, ""),
    "not-gbk": ((typed(GBK.encode("gbk"), "application/json"),), F, U, "it is not utf-8 at byte "),
    "ascii": ((typed(OK, "application/json; charset=x-none"),), S, S, ""),
    "no-charset": ((typed(GBK.encode("gbk"), "application/json; charset=x-none"),), F, U, "its character set is 'x-none', which is"),
    "bom": ((answer(b"\xef\xbb\xbf" + OK),), S, S, ""),
    "utf-16": ((answer(OK.decode().encode("utf-16")),), S, S, ""),
    "nan": ((answer(OK.replace(b"7", b"NaN")),), S, S, ""),
    "control": ((answer(OK.replace(b"e-1", b"e-1\x01\t")),), S, S, ""),
    "cut-surrogate": ((answer(OK.replace(b"7", rb'"\ud83d \\ud83d \ud83d\ude00"')),), S, S, ""),
    "cut-json": ((answer(OK[:-3]),), F, U, "it is no JSON at character "),
    "html": ((answer(b"<html>"),), F, U, "it is no JSON at character 0 (line 1)"),
    "deep": ((answer(b"[" * 200_000),), F, U, "it is "),
    "same-lengths": ((HEAD + b"Content-Length: %d\r\n" % len(OK) + answer(OK, head=b""),), S, S, ""),
    "other-lengths": ((HEAD + b"Content-Length: 5\r\n" + answer(OK, head=b""),), F, U, GARBLED),
    "length-and-chunks": ((HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,), S, S, ""),
    "chunks-and-length": ((HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 500\r\n\r\n" + CHUNKED,), S, S, ""),
    "bare-lines": ((answer(OK).replace(b"\r\n", b"\n"),), S, S, ""),
    "early-hints": ((b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(OK),), S, S, ""),
    "hints-apart": ((b"HTTP/1.1 103 Early Hints\r\n\r\n", answer(OK)), S, S, ""),
    "switching": ((b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",), F, U, GARBLED),
    "empty-with-length": ((b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n{not}",), S, S, ""),
    "long-header": ((answer(OK, b"X-Long: " + b"a" * 70_000),), S, S, ""),
    "too-long": ((answer(b" " * (9 << 20)),), F, U, GARBLED),
    "pieces": (tuple(bytes([each]) for each in answer(OK)), S, S, ""),
    "chunk-pieces": ((HEAD + b"Transfer-Encoding: chunked\r\n\r\n", CHUNKED[:9], CHUNKED[9:20], CHUNKED[20:]), S, S, ""),
    "until-the-end": ((HEAD + b"\r\n" + OK, b""), S, S, ""),
    "cut-off": ((answer(OK)[:-4], b""), F, U, RESET),
    "cut-head": ((HEAD, b""), F, U, RESET),
    "nothing": ((b"",), F, U, RESET),
    "not-http": ((b"SSH-2.0-OpenSSH_9\r\n",), F, U, GARBLED),
    "bad-header": ((HEAD + b"no colon\r\n\r\n",), F, U, GARBLED),
    "never": ((HEAD,), U, U, TransportError.TIMEOUT.value),
    "cookies": ((answer(OK, b"Set-Cookie: a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT", b"set-cookie: b=2"),), S, S, ""),
    "long-numbers": ((answer(OK.replace(b"7", b"%d" % LONG)),), S, S, ""),
    "long-decimal": ((answer(OK.replace(b"7", b"0.1234567890123456789012")),), S, S, ""),
}  # fmt: skip
EXTRACTED: dict[str, object] = {
    "gbk": "恭喜中奖", "gb18030": "恭喜中奖", "nan": None, "cut-surrogate": "\ufffd \\ud83d 😀",
    "long-numbers": str(LONG), "long-decimal": "0.1234567890123456789012",
}  # fmt: skip
ENDED = {"same-lengths", "length-and-chunks", "chunks-and-length", "empty-with-length"}
"""Answers behind which a connection is used for nothing else."""


def timeout_s(kind: str) -> float:
    """The answer's deadline."""
    return IMPATIENCE_S if kind == "never" else PATIENCE_S


def odd(base: str) -> Target:
    """A read and an effect for each."""
    operations: dict[str, object] = {}
    for kind in CASES:
        plain = {"service": "all", "path": f"/{kind}", "authorised": False, "timeout_s": timeout_s(kind), "extract": {"n": "$.n"}}
        operations[f"read.{kind}"] = plain
        operations[f"effect.{kind}"] = plain | {"method": "POST", "body": {}, "effect": {"business": "b", "id": "$.id"}}
    outcome = {"success": "$.code == 'OK' or http == 204", "failure": "$.code != 'OK'"}
    return Target.model_validate(
        {"name": "odd", "describe": "odd", "services": {"all": {"base": base}}, "operations": operations, "outcome": outcome}
    )


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    """One that sends them."""
    with answering_in(lambda path, _asked: CASES[path[1:]][0]) as raw:
        yield raw


@pytest.mark.parametrize("kind", CASES)
def test_every_way_in_understands_the_same(server: RawServer, kind: str) -> None:
    """Outcome, what was told, and the cause; the second time, when its head may be known, as the first; by faults and health too."""
    target = odd(server.base)
    codecs = compile_target(target, {})
    _, read, effect, why = CASES[kind]
    for op, outcome in ((f"read.{kind}", read), (f"effect.{kind}", effect)):
        crowd = by_crowd(codecs[op], ({}, {}), ({}, {}))
        control, response = by_control_plane(target, codecs[op], {}, {})
        assert crowd == [control, control], op
        assert control.outcome is outcome, control
        if outcome is S and kind in EXTRACTED:
            assert control.extracted["n"] == EXTRACTED[kind]
        if outcome is U:
            assert any(each in control.cause for each in why.split("|")), control.cause
    fault = by_fault(f"{server.base}/{kind}", timeout_s(kind))
    assert (fault and (fault.status, fault.text, fault.document)) == (response and (response.status, response.text, response.document))


@pytest.mark.parametrize("kind", sorted(ENDED))
def test_what_is_ambiguous_ends_its_connection(server: RawServer, kind: str) -> None:
    """Whatever follows on it could be taken for the next answer."""
    codec = compile_target(odd(server.base), {})[f"read.{kind}"]
    before = server.connections
    by_crowd(codec, *[({}, {})] * 3)
    assert server.connections == before + 3


def test_a_no_that_cannot_be_unpacked_names_its_packing(server: RawServer) -> None:
    """Whatever its status."""
    target = odd(server.base)
    control, _ = by_control_plane(target, compile_target(target, {})["read.zstd-no"], {}, {})
    assert control.cause == "HTTP 409 that cannot be read: it is packed by 'zstd'; understood: gzip, deflate, br"


@pytest.mark.parametrize("kind", ["http2", "http2-pieces"])
def test_http2_is_called_by_its_name(server: RawServer, kind: str) -> None:
    """Where the control plane says why there is no answer."""
    with (
        HttpClient(odd(server.base), {}, {}) as client,
        pytest.raises(Unreachable, match=r"its answer is one of HTTP/2, which is spoken over TLS alone"),
    ):
        client.send(request_to("GET", f"{server.base}/{kind}", {}, None), PATIENCE_S)
    assert parsed([SETTINGS], ends=False) == "none of HTTP"


def test_several_cookies_stay_several(server: RawServer) -> None:
    """Each as it was sent."""
    target = odd(server.base)
    _, response = by_control_plane(target, compile_target(target, {})["read.cookies"], {}, {})
    assert response is not None
    assert response.headers.every("set-cookie") == ["a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT", "b=2"]  # type: ignore[attr-defined]  # they came


def parsed(pieces: list[bytes], *, ends: bool) -> object:
    """What a parser makes of bytes that come so."""
    parser = AnswerParser()
    try:
        done = False
        for piece in pieces:
            done = done or parser.feed(piece)
        if not done and not (ends and parser.end()):
            return "no answer"
        keeps = parser.keeps
        head, body, _ = parser.take()
    except NotHttpError:
        return "none of HTTP"
    return head.status, dict(head.headers), body, keeps


ONE_PIECE = {kind: case[0] for kind, case in CASES.items() if sum(map(len, case[0])) < 2000}


@given(some.sampled_from(sorted(ONE_PIECE)), some.lists(some.integers(1, 400), max_size=8))
def test_it_does_not_matter_how_an_answer_is_cut_into_pieces(kind: str, cuts: list[int]) -> None:
    """The same answer, or the same word that there is none."""
    whole, ends = b"".join(ONE_PIECE[kind]), ONE_PIECE[kind][-1] == b""
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[start:end] for start, end in pairwise(places)]
    at_once, in_pieces = parsed([whole] if whole else [], ends=ends), parsed(pieces, ends=ends)
    if kind == "empty-with-length":  # what follows it may come when it is over already
        at_once, in_pieces = at_once[:3], in_pieces[:3]  # type: ignore[index]  # both are answers
    assert at_once == in_pieces


FILE = {
    "name": "spelled",
    "describe": "headers in every case, values of every kind",
    "services": {"all": {"base": "{base}/pre%20fix"}},
    "headers": {"hOST": "named.example", "user-agent": "Bank/1", "ACCEPT": "text/json", "X-Name": "{name}"},
    "secrets": ["SIGNING"],
    "signature": {"algorithm": "hmac-sha256", "secret": "SIGNING", "headers": {"X-Sign": "{signature}", "x-name": "signed"}},
    "operations": {
        "read": {"service": "all", "path": "/a b/中/{name}/{name|raw}?q={name}&done=100%&w={word}", "headers": {"authorization": "mine"}},
        "effect": {
            "service": "all",
            "method": "POST",
            "path": "/{name}",
            "headers": {"content-type": "application/vnd.bank+json", "idempotency-key": "never"},
            "body": {"name": "{name}", "number": "{number}"},
            "effect": {"business": "b"},
        },
        "empty": {"service": "all", "method": "POST", "path": "/empty"},
    },
}
NAME = "a%b+c&d=e f/g?h#i 中"
IN_URL = b"a%25b%2Bc%26d%3De%20f%2Fg%3Fh%23i%20%E4%B8%AD"


def test_every_way_in_sends_the_same_bytes_with_one_header_of_each_name() -> None:
    """Whatever case the file writes them in; each value is quoted for its place, and what the file spells itself stays as it is."""
    with answering_in(lambda _path, _asked: (answer(OK),)) as server:
        target = Target.model_validate(FILE)
        statics = {"base": server.base, "word": "50% off", "secret.SIGNING": "k"}
        codecs = compile_target(target, statics)
        known = {"name": NAME, "number": str(LONG), "token": "t"}
        for op, args in (("read", {}), ("effect", {"key": "k-1"}), ("effect", {}), ("empty", {})):
            by_crowd(codecs[op], (args, known))
            by_control_plane(target, codecs[op], {**known, **args}, statics)
            crowd, control = (unsigned(asked) for asked in server.asked[-2:])
            assert crowd == control
            names = [line.partition(b":")[0].lower() for line in crowd.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
            assert len(names) == len(set(names)), names
            assert {b"host", b"user-agent", b"accept", b"authorization"} <= set(names)
            if op == "read":
                raw = b"a%25b+c&d=e%20f/g?h%23i%20%E4%B8%AD"
                path = b"/pre%20fix/a%20b/%E4%B8%AD/" + IN_URL + b"/" + raw + b"?q=" + IN_URL + b"&done=100%25&w=50%25%20off"
                assert crowd.startswith(b"GET " + path + b" HTTP/1.1\r\n"), crowd
                assert b"\r\nhOST: named.example\r\n" in crowd
                assert b"\r\nauthorization: mine\r\n" in crowd
            if op == "effect":
                assert crowd.startswith(b"POST /pre%20fix/" + IN_URL + b" HTTP/1.1\r\n")
                assert (b"k-1" in crowd, b"never" in crowd) == (("key" in args), ("key" not in args))
                assert b"application/vnd.bank+json" in crowd
                assert orjson.loads(crowd.partition(b"\r\n\r\n")[2]) == {"name": NAME, "number": str(LONG)}
            if op == "empty":
                assert b"\r\nContent-Length: 0\r\n\r\n" in crowd


def unsigned(asked: bytes) -> bytes:
    """A request without its signature, which is another each time."""
    assert asked.count(b"\r\nX-Sign: ") == 1
    head, end, body = asked.partition(b"\r\n\r\n")
    return b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"X-Sign: ")) + end + body
