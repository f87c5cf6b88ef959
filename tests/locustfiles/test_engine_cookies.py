"""Cookies are one customer's: kept and sent back by host, path and time, in the crowd as where somebody tries a journey."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from locustfiles_kit import EVERYTHING_SAID, FEW, drive, planned, scenario, stop_when_they_have_gone, target
from one_codec_lab import RawServer, answering_in

from locustfiles.tryout.journey_trace import main
from scenarios.wire.cookies import MOST_COOKIES, CookieJar

ASKED = b"GET /shop/list?x=1 HTTP/1.1\r\nHost: a.bank.example\r\n\r\n"
HOST, NOW_S = "a.bank.example", 1_800_000_000.0


def sent(jar: CookieJar, path: str = "/shop/list", host: str = HOST, *, now_s: float = NOW_S, secure: bool = False) -> str:
    """The cookies that go to a place."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    said = re.search(rb"\r\nCookie: ([^\r]*)\r\n", jar.added_to(request, host, now_s, secure=secure))
    return said[1].decode() if said else ""


def holding(*lines: str, secure: bool = False) -> CookieJar:
    """A jar that was given these."""
    jar = CookieJar()
    jar.take(lines, HOST, ASKED, NOW_S, secure=secure)
    return jar


@pytest.mark.parametrize(
    ("line", "path", "host", "goes"),
    [
        ("a=1", "/shop/other", HOST, True),  # the folder of the path that was asked for
        ("a=1", "/shop", HOST, True),
        ("a=1", "/shopping", HOST, False),
        ("a=1; Path=/", "/else", HOST, True),
        ("a=1; Path=/shop/list", "/shop", HOST, False),
        ("a=1; Path=/", "/", "b.bank.example", False),
        ("a=1; Path=/; Domain=.bank.example", "/", "b.bank.example", True),
        ("a=1; Path=/; Domain=other.example", "/", "other.example", False),
        ("a=1; Path=/; Domain=example", "/", "b.example", False),
        ("a=1; Path=/; Max-Age=0", "/", HOST, False),
        ("a=1; Path=/; Expires=Wed, 09 Jun 2021 10:18:14 GMT", "/", HOST, False),
        ("a=1; Path=/; Expires=Wed, 09-Jun-2021 10:18:14 GMT", "/", HOST, False),
        ("a=1; Path=/; Expires=never", "/", HOST, True),
        ("a=1; Path=/; Max-Age=60; Expires=Wed, 09 Jun 2021 10:18:14 GMT", "/", HOST, True),
        ("a=1; Secure; Path=/", "/", HOST, False),
        ("=1; Path=/", "/", HOST, False),
        ("a", "/shop/list", HOST, False),
    ],
)
def test_a_cookie_goes_where_and_as_long_as_it_was_meant_to(line: str, path: str, host: str, goes: bool) -> None:  # noqa: FBT001 - a table
    """By path, host, time, and what carries it."""
    assert sent(holding(line), path, host) == ("a=1" if goes else "")


def test_a_cookie_ends_in_its_time_is_replaced_and_is_taken_back() -> None:
    """The same name at another path is another one; the longest path comes first."""
    jar = holding("a=1; Path=/; Max-Age=60", "a=2; Path=/shop", "b=3; Path=/; Secure", secure=True)
    assert sent(jar, secure=True) == "a=2; a=1; b=3"
    assert sent(jar) == "a=2; a=1"
    assert sent(jar, now_s=NOW_S + 61) == "a=2"
    jar.take(["a=9; Path=/shop"], HOST, ASKED, NOW_S, secure=False)
    assert sent(jar) == "a=9"
    jar.take(["a=; Path=/shop; Max-Age=-1"], HOST, ASKED, NOW_S, secure=False)
    assert sent(jar) == ""


def test_a_request_that_brings_its_own_cookies_keeps_them_and_a_jar_has_its_limit() -> None:
    """One Cookie header, and a bounded memory."""
    jar = holding(*(f"c{number}=1; Path=/" for number in range(MOST_COOKIES + 5)))
    assert sent(jar).count("=1") == MOST_COOKIES
    own = b"GET / HTTP/1.1\r\nHost: a\r\ncookie: mine=1\r\n\r\n"
    assert jar.added_to(own, HOST, NOW_S, secure=False) == own


@pytest.fixture
def giving() -> Iterator[RawServer]:
    """A service that gives each device a session of its own at its first question."""

    def answer(_path: str, asked: bytes) -> tuple[bytes, ...]:
        given = (
            b"" if b"\r\nCookie: " in asked else b"Set-Cookie: sid=%b; Path=/; HttpOnly\r\nSet-Cookie: way=B; Path=/\r\n" % device(asked)
        )
        return (b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (given, len(EVERYTHING_SAID), EVERYTHING_SAID),)

    with answering_in(answer) as server:
        yield server


def device(asked: bytes) -> bytes:
    """Whose request it is."""
    found = re.search(rb"\r\nX-Device-Id: ([^\r]+)", asked)
    assert found
    return found[1]


def test_each_customer_of_the_crowd_has_their_own(tmp_path: Path, giving: RawServer) -> None:
    """The first question of each goes without; whatever follows carries what this one was given, and nobody else's."""
    run, plan = planned(tmp_path, target(giving.base), scenario({"read-twice": 1}, **FEW))
    drive(run, plan, meanwhile=stop_when_they_have_gone)
    asked_before: set[bytes] = set()
    for asked in giving.asked:
        who = device(asked)
        assert (b"\r\nCookie: sid=%b" % who in asked) == (who in asked_before)
        asked_before.add(who)
    assert 1 < len(asked_before) < len(giving.asked)


def test_a_journey_that_is_tried_keeps_its_cookies_too(tmp_path: Path, giving: RawServer, capsys: pytest.CaptureFixture[str]) -> None:
    """And shows them."""
    run, _ = planned(tmp_path, target(giving.base), scenario())
    assert main([str(run.folder), "read-twice"]) == 0
    assert [b"\r\nCookie: sid=" in asked for asked in giving.asked] == [False, True, True]
    assert "Cookie: sid=" in capsys.readouterr().out
