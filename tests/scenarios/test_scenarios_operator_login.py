"""The operator logs in where control requests need it, and is never found with a token that has run out."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from answering import JsonAnswers, answering

from chaos.errors import OutOfReach
from chaos.handles.switch import SwitchState
from chaos.target_handles import Handles
from scenarios.client.http import HttpClient
from scenarios.client.paging import ReadBackFailed
from scenarios.client.readback_capture import Patience, Reading, capture, read_table
from scenarios.errors import BadInput
from scenarios.target.model import Target
from scenarios.target.operation_codec import render_request
from scenarios.target.request_template import RequestTemplate

CANARY = "canary-operator-51b7"
SECRETS = {"secret.OPS_SECRET": CANARY}
ROWS = 7


class BackOffice(JsonAnswers):
    """Books behind a token that lives for some requests."""

    lives: ClassVar[dict[str, int]] = {}
    log: ClassVar[Counter[str]] = Counter()
    uses: ClassVar[int] = 2
    told_s: ClassVar[float] = 60.0
    closed: ClassVar[int] = 0

    def get(self) -> None:
        """A page of the books, or the switch."""
        token = self.headers["Authorization"].removeprefix("Bearer ")
        self.lives[token] = self.lives.get(token, 0) - 1
        if self.lives[token] < 0:
            self.log["401"] += 1
            self.say(401, {})
        elif self.path == "/switch":
            self.say(200, {"core": "IN"})
        else:
            page = int(parse_qs(urlsplit(self.path).query)["page"][0])
            self.say(200, {"rows": [{"id": number} for number in range(page, min(page + 1, ROWS))], "total": ROWS})

    def post(self) -> None:
        """The login, and its end."""
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        self.log[form.get("grant_type", "logout")] += 1
        if self.closed:
            type(self).closed -= 1
            self.say(503, {})
        elif form.get("client_secret", CANARY) != CANARY:
            self.say(401, {"error": "invalid_client"})
        else:
            token = f'{uuid4().hex}="'
            self.lives[token] = self.uses
            self.say(200, {"access_token": token, "refresh_token": uuid4().hex, "expires_in": self.told_s})


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of one where nobody is logged in, the secret known."""
    monkeypatch.setenv("OPS_SECRET", CANARY)
    BackOffice.lives.clear()
    BackOffice.log.clear()
    BackOffice.uses, BackOffice.told_s, BackOffice.closed = 2, 60.0, 0
    with answering(BackOffice) as address:
        yield address


def target(base: str, *, header: str = "Bearer {operator.token}", more: dict[str, object] | None = None, **operator: object) -> Target:
    """A target whose operator logs in."""
    asked = {"service": "s", "headers": {"Authorization": header}}
    login = {"service": "s", "path": "/token", "form": {"grant_type": "client_credentials", "client_secret": "{secret.OPS_SECRET}"}}
    switch = {"path": "/switch", "headers": {"Authorization": header}}
    return Target.model_validate(
        {
            "name": "books",
            "describe": "d",
            "services": {"s": {"base": base}},
            "secrets": ["OPS_SECRET"],
            "operator": {"login": login, **operator},
            "operations": {"zone.get": {"service": "s", "path": "/zone", "authorised": False}},
            "handles": {"http_admin": base},
            "admin": {
                "outage": {
                    "state": switch, "inject": switch, "undo": switch, "whole": "$.core == 'IN'", "broken": "$.core == 'OUT'",
                }
            },
            "readback": {
                "tables": {
                    "claims": {
                        "role": "effects", **asked, "path": "/rows?page={offset}", "rows": "$.rows", "total": "$.total",
                        "fields": {"id": "$.id"},
                    }
                }
            },
        }
        | (more or {})
    )  # fmt: skip


REFRESH = {
    "extract": {"token": "$.access_token", "again": "$.refresh_token"},
    "renew": {"service": "s", "path": "/token", "form": {"grant_type": "refresh_token", "refresh_token": "{operator.again}"}},
    "logout": {"service": "s", "path": "/logout", "form": {"token": "{operator.token}"}},
}


def read_back(to: Target, folder: Path) -> tuple[int, str]:
    """How many rows come, and why not all."""
    table = capture(to, SECRETS, folder)["claims"]
    assert table.complete is not bool(table.reason)
    return table.rows, table.reason


def test_a_read_back_outlives_its_tokens(tmp_path: Path, base: str) -> None:
    """Each answer that one has run out is followed by another and the same page once more; all rows come, once."""
    assert read_back(target(base), tmp_path) == (ROWS, "")
    assert BackOffice.log["401"] > 0
    assert BackOffice.log["client_credentials"] == BackOffice.log["401"] + 1


def test_a_token_is_renewed_before_it_runs_out_and_given_back(base: str) -> None:
    """By the refresh that the file gives; its life as the answer tells it."""
    BackOffice.uses, BackOffice.told_s = 1_000_000, 0.2
    to = target(base, expires_in="$.expires_in", **REFRESH)
    with HttpClient(to, SECRETS, {}) as client:
        request = render_request(RequestTemplate(service="s", path="/switch", headers={"Authorization": "Bearer {operator.token}"}), to, {})
        until = time.monotonic() + 10
        while BackOffice.log["refresh_token"] < 2 and time.monotonic() < until:
            assert client.send(request, 5).status == 200
    assert BackOffice.log["401"] == 0
    assert BackOffice.log["client_credentials"] == BackOffice.log["logout"] == 1
    assert BackOffice.log["refresh_token"] >= 2


def test_a_token_that_is_taken_back_is_renewed_once_for_each_request(base: str) -> None:
    """By the refresh that the file gives; where the new one is refused too, that is the answer."""
    BackOffice.uses = 1_000_000
    to = target(base, **REFRESH)
    with HttpClient(to, SECRETS, {}) as client:
        request = render_request(RequestTemplate(service="s", path="/switch", headers={"Authorization": "Bearer {operator.token}"}), to, {})
        assert client.send(request, 5).status == 200
        BackOffice.lives.clear()
        assert client.send(request, 5).status == 200
        assert BackOffice.log == {"client_credentials": 1, "401": 1, "refresh_token": 1}
        BackOffice.uses = 0
        BackOffice.lives.clear()
        assert client.send(request, 5).status == 401
        assert BackOffice.log == {"client_credentials": 1, "401": 3, "refresh_token": 2}


def test_a_login_that_is_busy_is_tried_again_and_a_refused_one_is_said(tmp_path: Path, base: str) -> None:
    """As any page that is not told just now; what is refused stays refused, without the secret and without what was answered."""
    BackOffice.closed = 2
    assert read_back(target(base), tmp_path) == (ROWS, "")
    assert BackOffice.log["client_credentials"] > 2
    refused = target(base, login={"service": "s", "path": "/token", "form": {"client_secret": "wrong"}})
    assert refused.readback is not None
    rows, reason = read_back(refused, tmp_path)
    assert rows == 0
    assert reason == f"POST {base}/token: the operator's login answers 401, but 'http in [200, 201, 202, 204]' is expected"
    with HttpClient(refused, SECRETS, {}) as client, pytest.raises(ReadBackFailed, match="the operator's login answers 401"):
        list(read_table(Reading(client, refused, refused.readback.tables["claims"], SECRETS, time.monotonic() + 9, Patience(0))))
    with pytest.raises(BadInput, match=r"there is nothing at \$\.token"):
        HttpClient(odd := target(base, extract={"token": "$.token"}), SECRETS, {}).send(
            render_request(odd.readback.tables["claims"].model_copy(update={"path": "/rows?page=0"}), odd, {}), 5
        )


def test_faults_log_in_once_for_all_that_they_turn(base: str) -> None:
    """In one session, whose token is in no lease; renewed as all others."""
    BackOffice.uses = 3
    handles = Handles.of(target(base), {})
    assert CANARY not in handles.model_dump_json()
    for _ in range(5):
        assert handles.http_admin().state("outage") is SwitchState.WHOLE
    assert BackOffice.log["client_credentials"] == 2
    BackOffice.closed = 1
    BackOffice.lives.clear()
    with pytest.raises(OutOfReach, match="the operator's login answers 503"):
        handles.http_admin().state("outage")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"header": "Bearer {operator.tokn}"}, r"\{operator\.tokn\} is told by no login; there are: token"),
        ({"expires_in": "$.e", "lifetime_s": 5}, "allowed: one of them"),
        ({"login": {"service": "s", "path": "/t", "form": {"a": "{operator.token}"}}}, "the login cannot send it"),
        ({"login": {"service": "nowhere", "path": "/t"}}, "login names the service 'nowhere'; there are: s"),
        ({"login": {"service": "s", "path": "/t?s={secret.OPS_SECRET}"}}, "a secret never enters a URL"),
        ({"more": {"operator": None}}, r"\{operator\.token\} needs operator: \{login: …\}"),
        ({"more": {"headers": {"X-Ops": "{operator.token}"}}}, "is the operator's, and no customer sends it"),
        ({"extract": {}}, "at least 1"),
    ],
)
def test_a_login_that_cannot_be_is_refused(changes: dict[str, object], says: str) -> None:
    """With what is allowed."""
    with pytest.raises(ValueError, match=says):
        target("http://127.0.0.1:1", **changes)
