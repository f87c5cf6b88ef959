"""A journey tried alone reads like a story; what goes wrong in it has its place and its cause, and ends in bounded time."""

import socket
import time
from pathlib import Path

import pytest
from locustfiles_kit import planned, scenario, serving, target
from one_codec_lab import answering_in
from test_engine_bad_answers import expired_certificate
from test_engine_load import every_kind

from locustfiles.tryout import target_check
from locustfiles.tryout.journey_trace import main
from scenarios.target.model import Target

CAUSES = {  # kind of answer: outcome of a read and of an effect, cause
    "garbage": ("failure", "unknown", "its answer is one that is not HTTP: it begins with 'SSH-2.0-OpenSSH_9"),
    "tooshort": ("failure", "unknown", "connection lost before the answer"),
    "nothing": ("failure", "unknown", "connection lost before the answer"),
    "silent": ("unknown", "unknown", "no answer within 0.4 s"),
    "halfsilent": ("unknown", "unknown", "its answer goes on for more than 0.4 s"),
    "huge": ("failure", "unknown", "its answer is one of more than 8 MB"),
    "invalidjson": ("failure", "unknown", "HTTP 200"),
    "error": ("failure", "unknown", "HTTP 500"),
    "reset": ("failure", "unknown", ""),
}


def told(folder: Path, to: Target, journey: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and story of a journey."""
    run, _ = planned(folder, to, scenario())
    code = main([str(run.folder), journey])
    return code, capsys.readouterr().out


def test_a_story_tells_each_request_and_answer_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In order, with pauses; headers that stay the same are not told again, a new key is."""
    with serving() as base:
        code, story = told(tmp_path, target(base), "read-twice", capsys)
    assert code == 0, story
    places = [
        story.index(word)
        for word in ("read-twice: The same question twice", " 1  account.balance", "thinks", " 2  account.balance", " 3  claim.submit")
    ]
    assert places == sorted(places)
    assert story.count("X-Device-Id:") == 1
    assert story.count("Idempotency-Key:") == 1
    assert story.count("< HTTP 200") == 3
    assert "nothing is wrong: 3 requests, each understood" in story


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate whose time is over."""
    return expired_certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize(
    ("journey", "says"),
    [
        ("stumbling", "stumbling at stumbling.py:10: ZeroDivisionError: "),
        ("asking-too-much", "asking-too-much at asking_too_much.py:10: nothing is known as {nothing_such}"),
    ],
)
def test_a_journey_that_breaks_is_named_with_its_line(tmp_path: Path, journey: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And the exit code is 1."""
    with serving() as base:
        code, story = told(tmp_path, target(base, coupon_list={"path": "/length/{nothing_such}"}), journey, capsys)
    assert code == 1
    assert says in story
    assert "1 thing to mend" in story


def test_each_bad_answer_is_told_with_its_cause(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One thing to mend for each read and each effect, and no more; nothing hangs."""
    began_s = time.monotonic()
    with serving() as base:
        code, story = told(tmp_path, every_kind(base), "every-answer", capsys)
    assert time.monotonic() - began_s < 60
    assert code == 1
    summary = story[story.rindex("\n\n") :]
    for kind, (read, effect, cause) in CAUSES.items():
        for op, outcome in ((f"read.{kind}", read), (f"effect.{kind}", effect)):
            told_of = next((line for line in summary.splitlines() if line.startswith(f"✗ {op}: {outcome} (")), "")
            assert cause in told_of, summary
            assert told_of, summary
    assert "ConnectionError" not in summary


def test_who_cannot_be_reached_is_told_why(
    tmp_path: Path, expired: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused, of no such name, or with a certificate whose time is over."""
    monkeypatch.setenv("SSL_CERT_FILE", str(expired))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert "is not reached: Connection refused" in told(tmp_path / "a", target(closed), "one-read", capsys)[1]
    story = told(tmp_path / "b", target("http://no-such-host.invalid"), "one-read", capsys)[1]
    assert "is not reached: Name or service not known" in story or "is not reached: Temporary failure in name resolution" in story
    with serving("--certificate", str(expired)) as base:
        story = told(tmp_path / "c", target(base.replace("http:", "https:")), "one-read", capsys)[1]
    assert "is not reached: its certificate is not accepted: " in story


def test_a_number_that_does_not_fit_is_told_before_the_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what to write instead; without `|int` all its digits are there."""
    digits = b"12345678901234567890123456789012"
    body = b'{"code":"OK","data":{"claim_id":%b,"amount_fen":%b,"state":"GRANTED"}}' % (digits, digits)
    with answering_in(lambda _path, _asked: (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),)) as server:
        read = {"extract": {"state": "$.data.state", "number": "$.data.claim_id|int", "whole": "$.data.claim_id"}}
        run, _ = planned(tmp_path, target(server.base, transfer_status=read), scenario())
        assert target_check.main([str(run.folder)]) == 1
    told = capsys.readouterr().out
    assert f"whole = {digits.decode()}" in told
    assert f"extract number: at $.data.claim_id there is {digits.decode()}, of which |int makes nothing; a number beyond 64 bits" in told
