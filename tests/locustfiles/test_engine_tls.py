"""The engine over TLS: it verifies, resumes its sessions, and tells handshakes apart."""

import shutil
import ssl
import subprocess
from pathlib import Path

import numpy as np
import pytest
import requests
from locustfiles_kit import drive, planned, scenario, serving, target

from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_NEW_CONNECTION, FLAG_NOT_SENT


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody else trusts, with its key."""
    if not shutil.which("openssl"):
        pytest.skip("this machine has no openssl command to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    whole = folder / "whole.pem"
    whole.write_bytes((folder / "certificate.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return whole


def test_answers_over_tls_are_understood_and_sessions_resumed(tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer closes its connection, so each attempt shakes hands; all but the first ones with a session that is known."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving("--certificate", str(certificate)) as base:
        secure = base.replace("http:", "https:")
        # Who comes late comes at once with others, before any session is known: the load is longer than a slow machine's engine comes late.
        run, plan = planned(tmp_path, target(secure, "close"), scenario({"one-read": 1}, lasts=5, rate=12), lead_s=1)
        drive(run, plan)
        resumed = int(requests.get(f"{secure}/resumed", timeout=10, verify=str(certificate)).text)
    samples = run.samples()
    assert set(samples["outcome"].tolist()) == {Outcome.SUCCESS}
    assert ((samples["flags"] & FLAG_NEW_CONNECTION) > 0).all()
    assert (samples["handshake_us"] > 0).all()
    assert (samples["handshake_us"] <= samples["pool_us"]).all()
    assert resumed > len(samples) / 2


def test_kept_connections_shake_hands_once(tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Far fewer handshakes than answers; and a session, which is dear to copy, is taken from a connection's first ones only."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    taken, whole = [], ssl.SSLObject.session
    counted = property(lambda one: taken.append(one) or whole.__get__(one), whole.__set__)  # type: ignore[func-returns-value]  # None
    monkeypatch.setattr(ssl.SSLObject, "session", counted)
    with serving("--certificate", str(certificate)) as base:
        what = scenario({"one-claim": 1}, lasts=3, rate=30)  # who are late by a second, all at once, are far fewer than half
        run, plan = planned(tmp_path, target(base.replace("http:", "https:")), what, lead_s=2)
        drive(run, plan)
    samples = run.samples()
    assert set(samples["outcome"].tolist()) == {Outcome.SUCCESS}
    connections = ((samples["flags"] & FLAG_NEW_CONNECTION) > 0).sum()
    assert connections < len(samples) / 2
    assert 0 < len(taken) <= 3 * connections
    assert len(run.acks()) == len(samples)


def test_each_customer_resumes_his_own_session_when_he_reconnects_at_the_bell(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full handshake when he comes, a short one when he comes back; connect and handshake are told apart."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    phases = [{"name": "before", "lasts": 1.0, "arrivals": 20}, {"name": "after", "lasts": 2.0, "arrivals": 0}]
    own = {"per": "customer", "reconnect_at_bell": 1.0}
    sale = scenario({"at-the-bell": 1}, phases=phases, campaign={"bell": "after"}, connections=own)
    with serving("--certificate", str(certificate)) as base:
        run, plan = planned(tmp_path, target(base.replace("http:", "https:")), sale)
        found = drive(run, plan).connections
    samples = run.samples()
    visits = len(set((samples["operation_id"] >> 16).tolist()))
    assert set(samples["outcome"].tolist()) == {Outcome.SUCCESS}
    assert (found.made, found.resumed) == (2 * visits, visits)
    assert 0 < (found.connect_p50_ms or 0) <= (found.connect_p99_ms or 0)
    assert 0 < (found.handshake_p50_ms or 0) <= (found.handshake_p99_ms or 0)


def test_a_certificate_that_is_not_trusted_is_a_refusal_with_its_reason(tmp_path: Path, certificate: Path) -> None:
    """Nothing is sent to whom one does not know."""
    with serving("--certificate", str(certificate)) as base:
        run, plan = planned(tmp_path, target(base.replace("http:", "https:")), scenario({"one-claim": 1}, lasts=0.5, rate=40, drain=10.0))
        engine = drive(run, plan)
    samples = run.samples()
    assert len(samples) > 0
    assert set(np.unique(samples["outcome"]).tolist()) == {Outcome.FAILURE}
    assert ((samples["flags"] & FLAG_NOT_SENT) > 0).all()
    assert len(run.acks()) == 0
    assert any("certificate verify failed" in reason for reason in engine.troubles)
