"""A login of several steps: what an operation needs is read first, where the target's file names the read that tells it."""

import re
import threading
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs
from uuid import uuid4

import numpy as np
import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import FEW, drive, planned, scenario, stop_when_they_have_gone

from locustfiles.tryout.journey_trace import main
from scenarios.run.outcomes import Outcome
from scenarios.target.model import Target


class Door(JsonAnswers):
    """A page with a hidden field and a cookie, a form that wants both back, once, and a claim that wants what the form gave."""

    pages: ClassVar[dict[str, str]] = {}
    tokens: ClassVar[set[str]] = set()
    lock: ClassVar[threading.Lock] = threading.Lock()
    closed: ClassVar[bool] = False

    def get(self) -> None:
        """The page."""
        csrf, session = uuid4().hex, uuid4().hex
        self.pages[session] = csrf
        body = f'<form action="/login"><input type="hidden" name="_csrf" value="{csrf}"></form>'.encode()
        self.send_response(503 if self.closed else 200)
        self.send_header("Set-Cookie", f"JSESSIONID={session}; Path=/; HttpOnly")
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def post(self) -> None:
        """The form, or a claim."""
        said = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/claim":
            known = self.headers["Authorization"] in self.tokens
            self.say(200 if known else 401, {"id": uuid4().hex} if known else {})
            return
        cookie = SimpleCookie(self.headers["Cookie"])["JSESSIONID"].value
        with self.lock:
            right = self.pages.pop(cookie, None) == parse_qs(said.decode())["_csrf"][0]
        token = f"Bearer {uuid4().hex}"
        if right:
            self.tokens.add(token)
        self.say(200 if right else 403, {"token": token.removeprefix("Bearer ")} if right else {})


@pytest.fixture
def door() -> Iterator[str]:
    """Its address."""
    Door.closed = False
    with answering(Door) as base:
        yield base


def target(base: str, **login: object) -> Target:
    """A target whose login is a form behind a page."""
    return Target.model_validate(
        {
            "name": "door",
            "describe": "d",
            "services": {"d": {"base": base}},
            "operations": {
                "session.page": {
                    "service": "d",
                    "path": "/login",
                    "authorised": False,
                    "extract": {"csrf": "field._csrf"},
                },
                "session.create": {
                    "service": "d",
                    "method": "POST",
                    "path": "/login",
                    "authorised": False,
                    "before": ["session.page"],
                    "form": {"user": "{phone}", "_csrf": "{csrf}"},
                    "extract": {"token": "$.token"},
                    **login,
                },
                "claim.submit": {
                    "service": "d",
                    "method": "POST",
                    "path": "/claim",
                    "body": {},
                    "effect": {"business": "{customer}", "id": "$.id"},
                },
            },
        }
    )


def test_each_customer_reads_the_page_before_the_form(tmp_path: Path, door: str) -> None:
    """Each step is an operation of its own in the records, with its own time; everybody gets in."""
    run, plan = planned(tmp_path, target(door), scenario({"log-in-and-claim": 1}, **FEW))
    engine = drive(run, plan, meanwhile=stop_when_they_have_gone)
    assert not engine.broken_journeys
    samples = run.samples()
    assert set(samples["outcome"].tolist()) == {Outcome.SUCCESS}
    names = [plan.operations[index] for index in samples["operation_index"].tolist()]
    visits = len(set((samples["operation_id"] >> 16).tolist()))
    assert visits > 1
    assert [names.count(name) for name in ("session.page", "session.create", "claim.submit")] == [visits] * 3
    assert len(set(samples["operation_id"].tolist())) == 3 * visits
    assert len(run.acks()) == visits


def test_who_is_not_told_gives_up(tmp_path: Path, door: str) -> None:
    """As at a login that fails: the page's failure is on record, the form is never sent, and no journey is broken."""
    Door.closed = True
    run, plan = planned(tmp_path, target(door), scenario({"log-in-and-claim": 1}, **FEW))
    engine = drive(run, plan, meanwhile=stop_when_they_have_gone)
    assert not engine.broken_journeys
    samples = run.samples()
    assert set(np.unique(samples["operation_index"]).tolist()) == {plan.operations.index("session.page")}
    assert Outcome.SUCCESS not in samples["outcome"]


def test_what_nothing_is_named_for_breaks_the_journey_as_before(tmp_path: Path, door: str) -> None:
    """Said with the name that nobody told."""
    run, plan = planned(tmp_path, target(door, before=[]), scenario({"log-in-and-claim": 1}, **FEW))
    engine = drive(run, plan, meanwhile=stop_when_they_have_gone)
    assert engine.broken_journeys
    assert re.search(r"session.create needs \{\w+\}, which nobody has told this customer", str(engine.journey_failures))


def test_a_journey_that_is_tried_by_hand_reads_it_too(tmp_path: Path, door: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And says what for."""
    run, _ = planned(tmp_path, target(door), scenario())
    assert main([str(run.folder), "log-in-and-claim"]) == 0
    story = capsys.readouterr().out
    assert story.index("session.page, before session.create") < story.index(" 2  session.create") < story.index(" 3  claim.submit")


@pytest.mark.parametrize("before", [["session.nothing"], ["claim.submit"], ["session.create"]])
def test_only_a_read_that_tells_something_comes_first(before: list[str]) -> None:
    """Nothing that has an effect, not itself, and none that is not there."""
    with pytest.raises(ValueError, match=r"is no read that tells something; there are: session\.page"):
        target("http://127.0.0.1:1", before=before)
