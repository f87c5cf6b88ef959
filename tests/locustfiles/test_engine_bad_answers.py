"""Whatever a server sends, an attempt is one clear outcome with a cause, in its time, and spoils no other."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from locustfiles_kit import FEW, drive, planned, scenario, serving, stop_when_they_have_gone, target
from own.locustfiles.journeys.every_answer import KINDS
from own.locustfiles.journeys.odd_answer import ODD

from scenarios.run.causes import cause
from scenarios.run.event_kinds import LoadFinished
from scenarios.run.events import of_kind
from scenarios.run.folder import Plan, Run
from scenarios.run.outcomes import NO_ERROR, Outcome
from scenarios.run.records import FLAG_NOT_SENT, Records
from scenarios.target.model import Target

_ANSWER_S = 0.4
_SLACK_S = 5.0
"""For a machine that is busy with other things; far below the minutes of a hang."""

S, F, U = Outcome.SUCCESS, Outcome.FAILURE, Outcome.UNKNOWN
LOST, GARBLED = "connection lost before the answer", "an answer that is not HTTP, or is too long"
EXPECTED = {  # kind of answer: outcome of a read, of an effect, cause
    "midreset": (F, U, LOST), "cutchunk": (F, U, LOST),
    "badchunk": (F, U, GARBLED), "badlength": (F, U, GARBLED), "negative": (F, U, GARBLED),
    "continued": (S, S, ""), "bodied204": (S, S, ""), "empty": (S, S, ""),
}  # fmt: skip


def odd(base: str) -> Target:
    """A target with a read and an effect for each kind, and a good read."""
    operations: dict[str, object] = {}
    for kind in (*ODD, "length"):
        plain = {"service": "all", "path": f"/{kind}", "authorised": False, "timeout_s": _ANSWER_S}
        operations[f"read.{kind}"] = plain
        operations[f"effect.{kind}"] = plain | {"method": "POST", "body": {"a": 1}, "effect": {"business": "{customer}"}}
    return Target.model_validate({"name": "odd", "describe": "odd", "services": {"all": {"base": base}}, "operations": operations})


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Plan]]:
    """A few customers meet every kind of answer, and a good one after each."""
    with pytest.MonkeyPatch.context() as patch, serving() as base:
        patch.setenv("STORMDRILL_PATH", str(Path(__file__).parent / "own"))
        phases = [{"name": "one", "lasts": 0.1, "arrivals": 40}, {"name": "rest", "lasts": 8, "arrivals": 0}]
        run, plan = planned(tmp_path_factory.mktemp("runs"), odd(base), scenario({"odd-answer": 1}, phases=phases))
        engine = drive(run, plan)
        assert not engine.broken_journeys
        yield run, plan


def of(answers: tuple[Run, Plan], op: str) -> Records:
    """Samples of an operation."""
    run, plan = answers
    samples = run.samples()
    found: Records = samples[samples["operation_index"] == plan.operations.index(op)]
    assert len(found) > 0, op
    return found


@pytest.mark.parametrize("kind", ODD)
def test_odd_answers_are_one_clear_outcome_with_a_cause(answers: tuple[Run, Plan], kind: str) -> None:
    """The same for every customer, and in bounded time."""
    read, effect, why = EXPECTED[kind]
    for op, outcome in ((f"read.{kind}", read), (f"effect.{kind}", effect)):
        found = of(answers, op)
        assert {Outcome(value) for value in found["outcome"]} == {outcome}
        assert {"" if sample["outcome"] in NO_ERROR else cause(sample["status"], sample["flags"]) for sample in found} == {why}
        assert found["service_us"].max() / 1e6 < _ANSWER_S + _SLACK_S


def test_why_answers_could_not_be_read_is_told(answers: tuple[Run, Plan]) -> None:
    """With where, once for each reason, though a record holds none of it."""
    (finished,) = of_kind(answers[0].events(), LoadFinished)
    told, whys = finished.facts.unread, ("Invalid character in chunk size", "Invalid character in Content-Length")
    assert set(told) == {f"an answer that is not HTTP: {why}" for why in whys}
    bad = [of(answers, f"{kind}.{odd}") for kind in ("read", "effect") for odd in ("badchunk", "badlength", "negative")]
    assert sum(told.values()) == sum(map(len, bad))


def test_no_answer_spoils_the_next(answers: tuple[Run, Plan]) -> None:
    """The good answer after each of them is a good one."""
    run, plan = answers
    good = of(answers, "read.length")
    assert len(good) > len(of(answers, f"read.{ODD[0]}"))
    assert set(good["outcome"].tolist()) == {Outcome.SUCCESS}
    assert set(good["status"].tolist()) == {200}
    assert len(run.samples()) == sum(len(of(answers, op)) for op in plan.operations if op != "effect.length")


@pytest.mark.parametrize("kind", ["switching", "switched"])
def test_a_change_of_protocol_that_nobody_asked_for_is_no_answer(tmp_path: Path, kind: str) -> None:
    """101 is an interim answer to HTTP, and what follows it is not HTTP: a failure of each read, and the engine goes on."""
    with serving() as base:
        to = target(base, account_balance={"path": f"/{kind}", "timeout_s": _ANSWER_S})
        run, plan = planned(tmp_path, to, scenario({"one-read": 1, "one-claim": 1}, lasts=1, rate=40))
        engine = drive(run, plan)
    samples = run.samples()
    assert len(samples) == engine.totals.planned
    reads = samples["operation_index"] == plan.operations.index("account.balance")
    assert set(samples["outcome"][reads].tolist()) <= {Outcome.FAILURE, Outcome.UNKNOWN}
    assert set(samples["outcome"][~reads].tolist()) == {Outcome.SUCCESS}


def expired_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that was good for a day in 2020, with its key."""
    if not shutil.which("openssl"):
        pytest.skip("this machine has no openssl command to make a certificate with")
    (folder / "index").touch()
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca = d\n[d]\ndatabase = index\nnew_certs_dir = .\nserial = serial\ndefault_md = sha256\npolicy = p\n"
        "x509_extensions = e\n[p]\ncommonName = supplied\n[e]\nsubjectAltName = IP:127.0.0.1\nbasicConstraints = CA:TRUE\n"
    )
    asked = "openssl req -new -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout key.pem -out asked.pem"
    signed = "openssl ca -batch -notext -config ca.cnf -selfsign -create_serial -keyfile key.pem -in asked.pem -out certificate.pem"
    for command in (asked, f"{signed} -startdate 20200101000000Z -enddate 20200102000000Z"):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True, timeout=60)
    whole = folder / "whole.pem"
    whole.write_bytes((folder / "certificate.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return whole


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a certificate."""
    return expired_certificate(tmp_path_factory.mktemp("tls"))


def test_an_expired_certificate_is_named(tmp_path: Path, expired: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its issuer is trusted; its time is over. Nothing is sent, and the reason stands in the run folder."""
    monkeypatch.setenv("SSL_CERT_FILE", str(expired))
    with serving("--certificate", str(expired)) as base:
        run, plan = planned(tmp_path, target(base.replace("http:", "https:")), scenario({"one-claim": 1}, **FEW))
        drive(run, plan, meanwhile=stop_when_they_have_gone)
    samples = run.samples()
    assert len(samples) > 0
    assert set(samples["outcome"].tolist()) == {Outcome.FAILURE}
    assert ((samples["flags"] & FLAG_NOT_SENT) > 0).all()
    assert len(run.acks()) == 0
    (finished,) = of_kind(run.events(), LoadFinished)
    assert any("certificate has expired" in reason for reason in finished.facts.troubles)


def test_the_kinds_are_all_of_them_tested() -> None:
    """Here or in the engine's own tests."""
    assert set(EXPECTED) == set(ODD)
    assert not set(ODD) & set(KINDS)
