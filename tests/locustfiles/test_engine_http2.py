"""Over HTTP/2 an answer means what it means over HTTP/1.1, and what only HTTP/2 has ends in the same few outcomes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from authorities import NAME, a_banks_own
from hpack import Encoder
from http2_lab import Fields, Http2Server, Script, Talk, speaking_http2
from loopback import free_port
from one_codec_lab import by_control_plane, by_crowd, by_fault
from test_engine_one_codec import CASES as RAW
from test_engine_one_codec import EXTRACTED, GARBLED, OK, RESET, F, S, U, timeout_s

from scenarios.client.http import Connections, Unreachable
from scenarios.run.outcomes import Outcome
from scenarios.target.addresses import parse_address
from scenarios.target.model import Target
from scenarios.target.operation_codec import TransportError, compile_target
from scenarios.target.services import Tls
from scenarios.wire.request_bytes import Request, request_to

REFUSED, LATE = TransportError.REFUSED.value, TransportError.TIMEOUT.value
HEAD: Fields = [(":status", "200"), ("content-type", "application/json")]
DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9


def of_http1(pieces: tuple[bytes, ...]) -> Script:
    """The script that gives the same answer as these bytes of HTTP/1.1 do, its body in pieces as they are; an empty one hangs up."""
    whole = b"".join(pieces)
    interim = whole.startswith(b"HTTP/1.1 103")
    raw, _, body = whole.partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n") if interim else whole.partition(b"\r\n\r\n")
    first, *lines = raw.decode("latin-1").split("\r\n")
    fields = [(":status", first.split()[1])]
    fields += [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    ends, tiny = b"" not in pieces, len(pieces) > 100

    def answered(talk: Talk, stream: int, _path: str, _body: bytes) -> None:
        if interim:
            talk.head(stream, [(":status", "103"), ("link", "</a>")])
        talk.head(stream, fields, ends=ends and not body)
        for at in range(0, len(body), 1 if tiny else len(body)):
            piece = body[at : at + 1] if tiny else body
            talk.data(stream, piece, ends=ends and at + len(piece) == len(body))
        if not ends:
            talk.hang_up()

    return answered


OF_HTTP1 = {"http2", "http2-pieces", "length-and-chunks", "chunks-and-length", "chunk-pieces", "bare-lines", "bad-header", "not-http"} | {
    "nothing", "cut-head", "never", "switching", "until-the-end"
}  # fmt: skip
"""Cases that are of bytes which HTTP/2 has no other way to write, or has below, in its own."""


def plain(talk: Talk, stream: int, _path: str, _body: bytes) -> None:
    """An answer as it should be."""
    talk.head(stream, HEAD)
    talk.data(stream, OK)


def left_with_answer(talk: Talk, stream: int) -> None:
    """An answer and the farewell in one piece: where it comes later, the next question may have met it."""
    talk.h2.send_headers(stream, HEAD)
    talk.h2.send_data(stream, OK, end_stream=True)
    talk.h2.close_connection()
    talk.flush()


def then_plain(before: Callable[[Talk, int], object]) -> Script:
    """Something before a good answer."""

    def answered(talk: Talk, stream: int, path: str, body: bytes) -> None:
        before(talk, stream)
        plain(talk, stream, path, body)

    return answered


def alone(what: Callable[[Talk, int], object]) -> Script:
    """Something in place of an answer."""

    def answered(talk: Talk, stream: int, _path: str, _body: bytes) -> None:
        what(talk, stream)

    return answered


def framed(*frames: tuple[int, int, bytes], head: Fields | None = HEAD) -> Script:
    """Frames that no library would send, in the request's stream, behind a head where there is one."""

    def answered(talk: Talk, stream: int, _path: str, _body: bytes) -> None:
        if head:
            talk.head(stream, head)
        for kind, flags, payload in frames:
            talk.frame(kind, flags, 0 if kind in (SETTINGS, PING, GOAWAY) else stream, payload)

    return answered


def trailed(talk: Talk, stream: int) -> None:
    """A body, and fields behind it."""
    talk.head(stream, HEAD)
    talk.data(stream, OK, ends=False)
    talk.head(stream, [("x-digest", "7"), ("set-cookie", "never=1")], ends=True)


def padded(talk: Talk, stream: int) -> None:
    """A body in padded frames, with empty ones between."""
    talk.head(stream, HEAD)
    for piece in (OK[:9], b"", OK[9:]):
        talk.data(stream, piece, ends=False, padding=200)
    talk.data(stream, b"", padding=3)


def bad(*fields: tuple[str, str]) -> Script:
    """A head with these behind its status, and a good body."""
    return alone(lambda talk, stream: (talk.head(stream, [HEAD[0], *fields]), talk.data(stream, OK)))


def bomb() -> bytes:
    """A few bytes that stand for many: one long field, again and again from the table."""
    encoder = Encoder()
    return encoder.encode([(":status", "200"), ("x-bomb", "a" * 4000)], huffman=False) + b"\xbe" * 1000


NUMBER = b"\0\0\0\1"
ANSWERED_ELSEWHERE = alone(lambda talk, stream: talk.frame(HEADERS, 5, stream + 2, Encoder().encode(HEAD)))
OWN: dict[str, tuple[Script, Outcome, Outcome, str]] = {
    "plain": (plain, S, S, ""),
    "trailers": (alone(trailed), S, S, ""),
    "padding": (alone(padded), S, S, ""),
    "hints": (then_plain(lambda talk, stream: [talk.head(stream, [(":status", "103")]) for _ in range(3)]), S, S, ""),
    "ping": (then_plain(lambda talk, _: talk.h2.ping(b"12345678")), S, S, ""),
    "settings": (then_plain(lambda talk, _: talk.h2.update_settings({1: 100, 4: 100, 5: 20_000})), S, S, ""),
    "unknown-frame": (then_plain(lambda talk, _: talk.frame(0x42, 0xFF, 0, b"what")), S, S, ""),
    "until-the-end": (alone(lambda talk, stream: (talk.head(stream, HEAD), talk.data(stream, OK))), S, S, ""),
    "never": (alone(lambda talk, stream: talk.head(stream, HEAD)), U, U, LATE),
    "nothing": (alone(lambda talk, _: talk.hang_up()), F, U, RESET),
    "cut-head": (alone(lambda talk, stream: (talk.frame(HEADERS, 0, stream, b"\x88"), talk.hang_up())), F, U, RESET),
    "refused": (alone(lambda talk, stream: talk.h2.reset_stream(stream, 7)), F, F, REFUSED),
    "cancelled": (alone(lambda talk, stream: talk.h2.reset_stream(stream, 8)), F, U, RESET),
    "refused-late": (alone(lambda talk, stream: (talk.head(stream, HEAD), talk.h2.reset_stream(stream, 7))), F, U, RESET),
    "not-looked-at": (alone(lambda talk, _: talk.h2.close_connection(0, last_stream_id=0)), F, F, REFUSED),
    "farewell": (then_plain(lambda talk, stream: talk.frame(GOAWAY, 0, 0, stream.to_bytes(4, "big") + bytes(4))), S, S, ""),
    "farewell-behind": (alone(left_with_answer), S, S, ""),
    "reset-behind": (alone(lambda talk, stream: (plain(talk, stream, "", b""), talk.frame(RST_STREAM, 0, stream, bytes(4)))), S, S, ""),
    "not-http2": (alone(lambda talk, _: talk.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")), F, U, GARBLED),
    "switching": (alone(lambda talk, stream: talk.head(stream, [(":status", "101")])), F, U, GARBLED),
    "push": (framed((PUSH_PROMISE, 4, b"\0\0\0\2\x82"), head=None), F, U, GARBLED),
    "bomb": (framed((HEADERS, 4, bomb()), head=None), F, U, GARBLED),
    "long-head": (framed((HEADERS, 0, b"\x88"), *[(CONTINUATION, 0, b"\0" * 16_000)] * 70, head=None), F, U, GARBLED),
    "continued": (framed((HEADERS, 0, b"\x88"), *[(CONTINUATION, 0, b"")] * 2000, head=None), F, U, GARBLED),
    "interrupted": (framed((HEADERS, 0, b"\x88"), (PING, 0, bytes(8)), head=None), F, U, GARBLED),
    "pings": (framed(*[(PING, 0, bytes(8))] * 2000), F, U, GARBLED),
    "all-settings": (framed(*[(SETTINGS, 0, b"")] * 2000), F, U, GARBLED),
    "huge-frame": (framed((DATA, 1, bytes(20_000))), F, U, GARBLED),
    "too-much-padding": (framed((DATA, 9, b"\x09ab")), F, U, GARBLED),
    "no-head": (framed((DATA, 1, OK), head=None), F, U, GARBLED),
    "not-packed": (framed((HEADERS, 5, b"\xff\xff\xff\xff\xff\xff"), head=None), F, U, GARBLED),
    "elsewhere": (ANSWERED_ELSEWHERE, F, U, GARBLED),
    "no-window": (framed((WINDOW_UPDATE, 0, bytes(4))), F, U, GARBLED),
    "two-heads": (framed((HEADERS, 4, b"\x88")), F, U, GARBLED),
    "no-status": (alone(lambda talk, stream: talk.head(stream, [("content-type", "text/plain")], ends=True)), F, U, GARBLED),
    "odd-status": (alone(lambda talk, stream: talk.head(stream, [(":status", "2x0")], ends=True)), F, U, GARBLED),
    "no-name": (bad(("no colon", "")), F, U, GARBLED),
    "capitals": (bad(("X-Site", "A")), F, U, GARBLED),
    "line-in-header": (bad(("x-a", "b\r\nset-cookie: c=1")), F, U, GARBLED),
    "of-the-connection": (bad(("transfer-encoding", "chunked")), F, U, GARBLED),
    "longer-than-said": (bad(("content-length", "5")), F, U, GARBLED),
    "shorter-than-said": (bad(("content-length", "500")), F, U, GARBLED),
}  # fmt: skip
CASES: dict[str, tuple[Script, Outcome, Outcome, str]] = {
    **{kind: (of_http1(case[0]), *case[1:]) for kind, case in RAW.items() if kind not in OF_HTTP1},
    **{f"own-{kind}": case for kind, case in OWN.items()},
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's, with its key; its authority's stands beside it."""
    return a_banks_own(tmp_path_factory.mktemp("authority")).folder / "server-whole.pem"


def tls_of(certificate: Path, *, said: bool = True) -> Tls:
    """How it is trusted, and whether the file says what it speaks."""
    return Tls(ca=str(certificate.with_name("ca.pem")), server_name=NAME, alpn="h2" if said else None)


def odd(base: str, tls: Tls) -> Target:
    """A read and an effect for each."""
    operations: dict[str, object] = {}
    for kind in CASES:
        patience_s = timeout_s(kind.removeprefix("own-"))
        asked = {"service": "all", "path": f"/{kind}", "authorised": False, "timeout_s": patience_s, "extract": {"n": "$.n"}}
        operations[f"read.{kind}"] = asked
        operations[f"effect.{kind}"] = asked | {"method": "POST", "body": {}, "effect": {"business": "b", "id": "$.id"}}
    outcome = {"success": "$.code == 'OK' or http == 204", "failure": "$.code != 'OK'"}
    services = {"all": {"base": base, "tls": tls.model_dump()}}
    return Target.model_validate({"name": "odd", "describe": "d", "services": services, "operations": operations, "outcome": outcome})


@pytest.fixture(scope="module")
def server(certificate: Path) -> Iterator[Http2Server]:
    """One that answers in all these ways."""

    def answered(talk: Talk, stream: int, path: str, body: bytes) -> None:
        CASES[path[1:]][0](talk, stream, path, body)

    with speaking_http2(certificate, answered) as there:
        yield there


@pytest.mark.parametrize("kind", CASES)
def test_it_means_what_it_means_over_http1(server: Http2Server, certificate: Path, kind: str) -> None:
    """To the crowd, twice, to the control plane, and to faults and health: outcome, what was told, and the cause."""
    tls = tls_of(certificate)
    target = odd(server.base, tls)
    codecs = compile_target(target, {})
    _, read, effect, why = CASES[kind]
    for op, outcome in ((f"read.{kind}", read), (f"effect.{kind}", effect)):
        crowd = by_crowd(codecs[op], ({}, {}), ({}, {}))
        control, response = by_control_plane(target, codecs[op], {}, {})
        assert crowd == [control, control], op
        assert control.outcome is outcome, control
        if outcome is S and kind in EXTRACTED:
            assert control.extracted["n"] == EXTRACTED[kind]
        if why and (outcome is U or why == REFUSED):
            assert any(each in control.cause for each in why.split("|")), control.cause
    fault = by_fault(f"{server.base}/{kind}", timeout_s(kind.removeprefix("own-")), tls)
    assert (fault and (fault.status, fault.text, fault.document)) == (response and (response.status, response.text, response.document))


def asked(base: str, tls: Tls, *requests: Request) -> list[bytes]:
    """The bodies of the answers, one after the other, on one connection where it can be."""
    connections = Connections(tls={parse_address(base): tls})
    try:
        return [connections.ask(each, 20).body for each in requests]
    finally:
        connections.close()


def test_what_is_asked_is_what_http1_would_have_asked(certificate: Path) -> None:
    """Path, headers by their values, and a body of any length, as far as the service gives leave: a few bytes at a time, if it must be."""
    long, huge = "a" * 60_000, bytes(range(256)) * 36_864  # 9 MB
    with speaking_http2(certificate, plain) as server:
        odd = {"Authorization": "Bearer t", "X-Long": long, "Content-Type": "text/plain", "Cookie": "a=1; b=2"}
        requests = [request_to("POST", f"{server.base}/a%20b?q=1", odd, huge), request_to("GET", f"{server.base}/", {}, None)]
        requests += [request_to("PATCH", f"{server.base}/", {}, None), request_to("POST", f"{server.base}/", {}, b"x")]
        assert asked(server.base, tls_of(certificate), *requests) == [OK] * 4
        (head, body), *_ = server.asked
        assert body == huge
        assert [said[":method"] for said, _ in server.asked] == ["POST", "GET", "PATCH", "POST"]
        assert server.connections == 1
    cookie = {"cookie": "a=1; b=2", "authorization": "Bearer t", "x-long": long, "content-type": "text/plain"}
    fixed = {":method": "POST", ":scheme": "https", ":authority": server.base[8:], ":path": "/a%20b?q=1", "content-length": str(len(huge))}
    assert head == {**cookie, **fixed, "user-agent": "stormdrill", "accept": "*/*"}


def test_a_service_that_lets_nobody_ask_yet_is_waited_for(certificate: Path) -> None:
    """And its pings are answered meanwhile."""

    def hello(talk: Talk) -> None:
        talk.h2.update_settings({3: 0})
        talk.h2.ping(b"12345678")
        talk.flush()
        talk.h2.update_settings({3: 1})

    with speaking_http2(certificate, plain, hello) as server:
        request = request_to("GET", f"{server.base}/", {}, None)
        assert asked(server.base, tls_of(certificate), request, request) == [OK, OK]


def test_a_farewell_between_two_questions_costs_a_read_nothing(certificate: Path) -> None:
    """It is asked once more, on another connection; what has an effect is not, but the service is known to have done nothing."""

    def answered(talk: Talk, stream: int, path: str, body: bytes) -> None:
        if stream == 1:
            plain(talk, stream, path, body)
        else:
            talk.frame(GOAWAY, 0, 0, b"\0\0\0\1" + bytes(4))
            talk.hang_up()

    with speaking_http2(certificate, answered) as server:
        codecs = compile_target(odd(server.base, tls_of(certificate)), {})
        read = by_crowd(codecs["read.plain"], *[({}, {})] * 2)
        assert [each.outcome for each in read] == [S, S]
        assert server.connections == 2
        effect = by_crowd(codecs["effect.plain"], *[({}, {})] * 2)
        assert [(each.outcome, each.cause) for each in effect] == [(S, ""), (F, REFUSED)]
        assert server.connections == 3
        get = request_to("GET", f"{server.base}/", {}, None)
        assert asked(server.base, tls_of(certificate), get, get) == [OK, OK]
        post = request_to("POST", f"{server.base}/", {}, b"x")
        with pytest.raises(Unreachable, match="refused before anything was done"):
            asked(server.base, tls_of(certificate), post, post)


def listening(port: int) -> bool:
    """Whether anybody does there."""
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True


def test_who_leaves_with_his_answer_may_leave_a_ping_unanswered(certificate: Path) -> None:
    """Both come at once, and the connection is closed before the ping is answered."""

    def answered(talk: Talk, stream: int, _path: str, _body: bytes) -> None:
        talk.h2.ping(b"12345678")
        talk.h2.send_headers(stream, HEAD)
        talk.h2.send_data(stream, OK, end_stream=True)
        talk.flush()

    with speaking_http2(certificate, answered) as server:
        codec = compile_target(odd(server.base, tls_of(certificate)), {})["read.plain"]
        assert [each.outcome for _ in range(3) for each in by_crowd(codec, ({}, {}), leaves=True)] == [S] * 3


def test_it_is_spoken_unasked_where_http1_is_refused(certificate: Path, tmp_path: Path) -> None:
    """By ALPN, as a server of HTTP/2 alone does: by crowd and control plane, without a word in the target's file."""
    (tmp_path / "served.py").write_text(
        "async def app(scope, proto):\n"
        "    body = await proto()\n"
        '    said = \'{"code": "OK", "n": "%s of %d"}\' % (scope.http_version, len(body))\n'
        "    proto.response_str(200, [('content-type', 'application/json')], said)\n"
    )
    port = free_port()
    told = ["--interface", "rsgi", "--http", "2", "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "error"]
    keys = ["--ssl-certificate", str(certificate.with_name("server.pem")), "--ssl-keyfile", str(certificate.with_name("server-key.pem"))]
    command = [sys.executable, "-m", "granian", *told, *keys, "served:app"]
    with subprocess.Popen(command, cwd=tmp_path, start_new_session=True) as process:
        try:
            base, tls = f"https://127.0.0.1:{port}", tls_of(certificate, said=False)
            while not listening(port):
                assert process.poll() is None
                time.sleep(0.02)
            target = odd(base, tls)
            codecs = compile_target(target, {})
            crowd = by_crowd(codecs["read.plain"], ({}, {})) + by_crowd(codecs["effect.plain"], *[({}, {})] * 2)
            assert [(each.outcome, each.extracted.get("n")) for each in crowd] == [(S, "2 of 0"), (S, "2 of 2"), (S, "2 of 2")]
            control, _ = by_control_plane(target, codecs["read.plain"], {}, {})
            assert control == crowd[0]
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_who_does_not_agree_to_it_is_told_so(certificate: Path) -> None:
    """Nothing is sent to a service that says nothing of HTTP/2 where the file says that it speaks it."""
    with speaking_http2(certificate, plain) as server:
        server.agrees_to(["http/1.1"])
        tls = tls_of(certificate)
        with pytest.raises(Unreachable, match="it does not agree to HTTP/2 by ALPN"):
            asked(server.base, tls, request_to("GET", f"{server.base}/", {}, None))
        found = by_crowd(compile_target(odd(server.base, tls), {})["effect.plain"], ({}, {}))
        assert [(each.outcome, each.cause) for each in found] == [(F, REFUSED)]
        assert server.asked == []
