"""Web sessions, of which a cookie is all there is: renewed before the cookie ends, and when an answer leads back to the login."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs
from uuid import uuid4

import numpy as np
import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import drive, planned, scenario

from reports.evidence import read_evidence
from scenarios.run.folder import Plan, Run
from scenarios.run.outcomes import Outcome
from scenarios.run.records import STREAM_SESSIONS
from scenarios.target.model import Target
from scenarios.target.operation_codec import compile_target
from scenarios.target.responses import Response
from scenarios.target.sessions import kept_session

CUSTOMERS = 12
LOGIN_PAGE = "/shop/login"


class Shop(JsonAnswers):
    """Logs in by a page with a hidden field and a form, as web sites do; who has no session is led back to that page."""

    lives: ClassVar[dict[str, float]] = {}
    pages: ClassVar[set[str]] = set()
    log: ClassVar[Counter[str]] = Counter()
    answers: ClassVar[dict[str, list[int]]] = {}
    life_s: ClassVar[float] = 60.0
    says_age: ClassVar[bool] = True
    forgets_after: ClassVar[int] = 0
    lock: ClassVar[threading.Lock] = threading.Lock()

    def _cookie(self) -> str:
        return next((part.partition("=")[2] for part in self.headers.get("Cookie", "").split("; ") if part.startswith("SID=")), "")

    def _page(self, text: str, **headers: str) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Type": "text/html", "Content-Length": str(len(text))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text.encode())

    def _known(self) -> bool:
        with self.lock:
            known = self.lives.get(self._cookie(), 0) > time.monotonic()
        self.log["known" if known else "sent away"] += 1
        if not known:
            self.say(302, {}, Location=f"http://{self.headers['Host']}{LOGIN_PAGE};v=1?next={self.path}")
        return known

    def get(self) -> None:
        """The page, which begins a session of nobody's; or a balance."""
        if self.path.startswith(LOGIN_PAGE):
            csrf = uuid4().hex
            with self.lock:
                self.pages.add(csrf)
            begins = {} if self._cookie() else {"Set_Cookie": f"SID={uuid4().hex}; Path=/"}
            self._page(f'<form><input type="hidden" name="csrf" value="{csrf}"></form>', **begins)
        elif self._known():
            self.say(200, {"balance": 1})

    def post(self) -> None:
        """The form, which is answered by a redirect, or a claim."""
        said = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path != LOGIN_PAGE:
            known = self._known()
            if known:
                self.say(200, {"id": uuid4().hex})
            with self.lock:
                self.answers.setdefault(self.headers["Idempotency-Key"], []).append(200 if known else 302)
                if len(self.answers) == self.forgets_after:
                    self.lives.clear()
            return
        with self.lock:
            good = parse_qs(said)["csrf"][0] in self.pages
            sid = uuid4().hex
            self.lives |= {sid: time.monotonic() + self.life_s} if good else {}
        age = f"; Max-Age={self.life_s:.0f}" if self.says_age else ""
        self.say(302, {}, Location="/shop/home" if good else LOGIN_PAGE, **({"Set-Cookie": f"SID={sid}; Path=/{age}"} if good else {}))


@pytest.fixture
def base() -> Iterator[str]:
    """The address of a shop that knows nobody yet."""
    for kept in (Shop.lives, Shop.pages, Shop.log, Shop.answers):
        kept.clear()
    Shop.life_s, Shop.says_age, Shop.forgets_after = 60.0, True, 0
    with answering(Shop) as address:
        yield address


def target(base: str, **session: object) -> Target:
    """A target whose session is a cookie."""
    return Target.model_validate(
        {
            "name": "shop",
            "describe": "d",
            "services": {"s": {"base": base}},
            "session": {"cookie": "SID", "renew": "session.create", **session},
            "operations": {
                "session.page": {"service": "s", "path": LOGIN_PAGE, "authorised": False, "extract": {"csrf": "field.csrf"}},
                "session.create": {
                    "service": "s", "method": "POST", "path": LOGIN_PAGE, "authorised": False, "before": ["session.page"],
                    "form": {"user": "{customer}", "csrf": "{csrf}"},
                    "outcome": {"success": "http == 302 and header.Location contains '/home'"},
                },
                "account.balance": {"service": "s", "path": "/shop/balance"},
                "claim.submit": {
                    "service": "s", "method": "POST", "path": "/shop/claim", "body": {},
                    "effect": {"business": "{customer}", "id": "$.id"},
                },
            },
        }
    )  # fmt: skip


def driven(folder: Path, to: Target, stays_s: float, **more: object) -> tuple[Run, Plan]:
    """The crowd comes within half a second and stays."""
    phases = [{"name": "come", "lasts": 0.5, "arrivals": 2.0 * CUSTOMERS}, {"name": "stay", "lasts": stays_s - 0.5, "arrivals": 0}]
    run, plan = planned(folder, to, scenario({"staying": 1}, phases=phases, rate=0, drain=10.0, **more), lead_s=1.5)
    assert not drive(run, plan).broken_journeys
    return run, plan


def test_a_cookie_is_renewed_before_it_ends(tmp_path: Path, base: str) -> None:
    """By its own age, each at a moment of their own: nobody is ever led to the login, and renewals are counted apart."""
    Shop.life_s = 3.0  # none ends while the crowd is there, however slow the machine; their renewals are due from half of it on
    run, plan = driven(tmp_path, target(base), 3.0)
    samples = run.samples()
    kept = samples["operation_id"] >> 60 == STREAM_SESSIONS
    names = Counter(plan.operations[index] for index in samples[kept]["operation_index"].tolist())
    people = np.sum(samples[~kept]["operation_index"] == plan.operations.index("session.create"))
    assert names["session.page"] == names["session.create"] >= people // 2 > 0
    assert Shop.log["sent away"] == 0
    assert set(samples["outcome"].tolist()) == {Outcome.SUCCESS}


def test_who_is_led_to_the_login_logs_in_and_asks_the_same_once_more(tmp_path: Path, base: str) -> None:
    """Once, under the same key; what the crowd asked is a success in the end."""
    Shop.says_age, Shop.forgets_after = False, CUSTOMERS
    run, _ = driven(tmp_path, target(base), 1.6)
    again = [answers for answers in Shop.answers.values() if 302 in answers]
    assert again
    assert all(answers == [302, 200] for answers in again), again
    evidence = read_evidence(run.folder)
    assert set(evidence.traffic.operations.outcome.tolist()) == {Outcome.SUCCESS}
    assert int(evidence.traffic.operations.attempts.max()) == 2
    assert len(evidence.sessions) > 0


def answer(status: int, **headers: str) -> Response:
    """An answer that is its head."""
    return Response(status, headers, b"{}")


@pytest.mark.parametrize(
    ("location", "expired"),
    [
        ("/shop/login", True), ("https://a.example/shop/login/?next=/", True), ("/app/shop/login;jsessionid=1#x", True),
        ("/shop/home?next=/shop/login", False), ("/shop/relogin", False), ("/xshop/login", False), ("", False),
    ],
)  # fmt: skip
def test_a_redirect_to_the_login_is_the_end_of_a_session(location: str, *, expired: bool) -> None:
    """By its path, whatever stands about that; another redirect is none, and neither is one that answers the login itself."""
    codecs = compile_target(target("http://127.0.0.1:1"), {})
    assert (codecs["account.balance"].code(answer(302, location=location)) > 0) == expired
    assert codecs["session.create"].code(answer(302, location=location)) == 0
    assert codecs["account.balance"].code(answer(401)) > 0
    assert codecs["account.balance"].code(answer(200, location=location)) == 0


def test_no_token_is_sent_where_the_session_is_a_cookie() -> None:
    """Unless the file says what is sent; what needs the cookie is asked after what gives it."""
    codecs = compile_target(target("http://127.0.0.1:1"), {})
    assert b"Authorization" not in codecs["account.balance"].request({}).data
    assert codecs["account.balance"].placeholders == {"cookie.SID"} <= codecs["session.create"].outputs
    said = target("http://127.0.0.1:1", lifetime_s=9).model_dump() | {"authorisation": {"header": "X-Csrf", "value": "{csrf}"}}
    said["operations"]["session.create"]["extract"] = {"csrf": "cookie.CSRF"}
    told = Target.model_validate(said)
    assert b"X-Csrf: c-1" in compile_target(told, {})["account.balance"].request({"csrf": "c-1"}).data
    assert kept_session(told).lifetime_of({}) == 9


@pytest.mark.parametrize(
    ("session", "says"),
    [
        ({"renew": "account.balanc"}, "renew is 'account.balanc', which tells no cookie SID; those that do: session.create"),
        ({"cookie": "S ID"}, "String should match pattern"),
        ({"cookie": 7}, "valid string"),
        ({"cooky": "SID"}, "cooky"),
        ({"expires_in": "life"}, "session.create tells a token and extracts no 'life'"),
    ],
)
def test_a_cookie_that_cannot_be_kept_so_is_refused(session: dict[str, object], says: str) -> None:
    """With what is allowed."""
    with pytest.raises(ValueError, match=says):
        target("http://127.0.0.1:1", **session)
