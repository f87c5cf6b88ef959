"""Tokens that run out in mid-run are renewed in time, or when an answer says so; nobody storms, and nothing is done twice."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs
from uuid import uuid4

import numpy as np
import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import drive, planned, scenario

from locustfiles.engine.engine import Engine
from reports.evidence import read_evidence
from scenarios.run.folder import Plan, Run
from scenarios.run.outcomes import Outcome
from scenarios.run.records import STREAM_CROWD, STREAM_SESSIONS
from scenarios.target.model import Target
from scenarios.target.sessions import kept_session

LIFE_S = 2.0  # half of it is what a busy machine may be late by
STAYS_S = 4.4
CUSTOMERS = 12


class Tokens(JsonAnswers):
    """OAuth2 by a form: a refresh gives a new pair and ends the old one. Claims and balances want a token that lives."""

    lives: ClassVar[dict[str, float]] = {}
    whose: ClassVar[dict[str, str]] = {}
    refreshable: ClassVar[set[str]] = set()
    granted: ClassVar[list[tuple[str, str, float]]] = []
    under_way: ClassVar[Counter[str]] = Counter()
    log: ClassVar[Counter[str]] = Counter()
    keys: ClassVar[dict[str, list[int]]] = defaultdict(list)
    births: ClassVar[dict[str, float]] = {}
    """When each token was given."""
    born: ClassVar[dict[str, float]] = {}
    """The same, by the key of what was claimed with it last."""
    ended: ClassVar[set[str]] = set()
    refuses: ClassVar[frozenset[str]] = frozenset()
    """Kinds of grants that nobody gets who has had a token."""
    revokes: ClassVar[bool] = True
    forgets_after: ClassVar[int] = 0
    life_s: ClassVar[float] = LIFE_S
    lock: ClassVar[threading.Lock] = threading.Lock()

    def known(self) -> bool:
        """Whether the token that was sent lives."""
        with self.lock:
            return self.lives.get(self.headers["Authorization"].removeprefix("Bearer "), 0) > time.monotonic()

    def get(self) -> None:
        """A balance."""
        self.guarded({"balance": 1})

    def guarded(self, said: object) -> int:
        """For who is known; else 401, and written down."""
        known = self.known()
        self.log["balance" if known else "401"] += 1
        self.say(200 if known else 401, said if known else {})
        return 200 if known else 401

    def post(self) -> None:
        """The token's own address, the end of a session, or a claim."""
        said = self.rfile.read(int(self.headers["Content-Length"]))
        match self.path:
            case "/token":
                self.token({name: values[0] for name, values in parse_qs(said.decode()).items()})
            case "/logout":
                self.log["logout"] += 1
                with self.lock:
                    self.ended.add(self.whose[self.headers["Authorization"].removeprefix("Bearer ")])
                self.say(200, {})
            case _:
                status = self.guarded({"id": uuid4().hex})
                with self.lock:
                    self.keys[self.headers["Idempotency-Key"]].append(status)
                    self.born[self.headers["Idempotency-Key"]] = self.births[self.headers["Authorization"].removeprefix("Bearer ")]
                    if len(self.keys) == self.forgets_after:
                        self.lives.clear()  # as a service that is started again without its sessions

    def token(self, form: dict[str, str]) -> None:
        """By a password, or by what the last answer gave for that."""
        kind, presented = form["grant_type"], form.get("refresh_token", "")
        with self.lock:
            who = form.get("user") or self.whose[presented]
            self.under_way[who] += 1
            self.log["storm"] += self.under_way[who] > 1
        time.sleep(0.01)
        with self.lock:
            self.under_way[who] -= 1
            good = (kind == "password" or presented in self.refreshable) and not (kind in self.refuses and who in self.whose.values())
            self.granted.append((who, kind, time.monotonic()))
            token, refresh = uuid4().hex, uuid4().hex
            if good:
                self.refreshable.discard(presented)
                for old in [each for each, owner in self.whose.items() if owner == who and each in self.lives and self.revokes]:
                    del self.lives[old]
                self.births[token] = time.monotonic()
                self.lives[token] = self.births[token] + self.life_s
                self.whose |= {token: who, refresh: who}
                self.refreshable.add(refresh)
        self.say(200 if good else 400, {"access_token": token, "refresh_token": refresh, "expires_in": LIFE_S} if good else {})


@pytest.fixture
def base() -> Iterator[str]:
    """The address of a service that knows nobody yet."""
    for kept in (
        Tokens.lives,
        Tokens.whose,
        Tokens.refreshable,
        Tokens.granted,
        Tokens.under_way,
        Tokens.log,
        Tokens.keys,
        Tokens.born,
        Tokens.births,
    ):
        kept.clear()
    Tokens.ended.clear()
    Tokens.refuses, Tokens.revokes, Tokens.forgets_after, Tokens.life_s = frozenset(), True, 0, LIFE_S
    with answering(Tokens) as address:
        yield address


TELLS = {"token": "$.access_token", "refresh_token": "$.refresh_token", "life": "$.expires_in"}


def target(base: str, **session: object) -> Target:
    """A target that keeps sessions so."""
    form = {"service": "s", "method": "POST", "path": "/token", "authorised": False, "extract": TELLS}
    return Target.model_validate(
        {
            "name": "tokens",
            "describe": "d",
            "services": {"s": {"base": base}},
            "session": {"renew": "session.renew", **session},
            "operations": {
                "session.create": form | {"form": {"grant_type": "password", "user": "{customer}"}},
                "session.renew": form | {"form": {"grant_type": "refresh_token", "refresh_token": "{refresh_token}"}},
                "session.end": {"service": "s", "method": "POST", "path": "/logout", "body": {}},
                "account.balance": {"service": "s", "path": "/balance"},
                "claim.submit": {
                    "service": "s", "method": "POST", "path": "/claim", "body": {},
                    "effect": {"business": "{customer}", "id": "$.id"},
                },
            },
        }
    )  # fmt: skip


def driven(folder: Path, to: Target, **more: object) -> tuple[Run, Plan]:
    """The crowd comes within half a second and stays. What is under way then is awaited for as long as a slow machine may take."""
    run, plan = planned(folder, to, scenario({"staying": 1}, phases=PHASES, rate=0, drain=10.0, **more), lead_s=1.5)
    assert not drive(run, plan).broken_journeys
    return run, plan


PHASES = [
    {"name": "come", "lasts": 0.5, "arrivals": 2.0 * CUSTOMERS},
    {"name": "stay", "lasts": STAYS_S - 0.5, "arrivals": 0},
]


def test_a_token_is_renewed_before_it_runs_out(tmp_path: Path, base: str) -> None:
    """No answer says that one has; one renewal each at a time, at moments of their own; counted apart, and at the end all log out."""
    to = target(base, expires_in="life", logout="session.end")
    run, plan = driven(tmp_path, to)
    assert Tokens.log["401"] == Tokens.log["storm"] == 0
    renewed = [at for _, kind, at in Tokens.granted if kind == "refresh_token"]
    people = {who for who, _, _ in Tokens.granted}
    assert len(renewed) >= len(people) >= CUSTOMERS // 2
    began = {who: at for who, kind, at in Tokens.granted if kind == "password"}
    lived = [at - began.pop(who) for who, kind, at in Tokens.granted if kind == "refresh_token" and who in began]
    assert min(lived) >= 0.45 * LIFE_S
    assert max(lived) - min(lived) >= 0.1 * LIFE_S, lived  # also where a busy machine has some of them come late, and together
    samples, evidence = run.samples(), read_evidence(run.folder)
    apart = samples[samples["operation_id"] >> 60 == STREAM_SESSIONS]
    names = Counter(plan.operations[index] for index in apart["operation_index"].tolist())
    assert names == {"session.renew": len(renewed), "session.end": len(people)}
    assert Tokens.ended == people
    assert len(evidence.sessions) == len(apart)
    assert len(np.unique(apart["operation_id"])) == len(apart)
    assert set(samples["outcome"].tolist()) == {Outcome.SUCCESS}
    asked = samples[samples["operation_id"] >> 60 == STREAM_CROWD]
    assert len(evidence.traffic) == len(np.unique(asked["operation_id"])) == len(asked)
    assert Tokens.log["balance"] == len(asked) - len(people)


def test_an_answer_that_a_token_has_run_out_is_followed_by_one_renewal_and_the_same_once_more(tmp_path: Path, base: str) -> None:
    """Under the same key, as its second try, so that it is done once; two at once share the renewal."""
    Tokens.life_s, Tokens.forgets_after = 60.0, 2 * CUSTOMERS
    run, plan = driven(tmp_path, target(base))
    again = {key: answers for key, answers in Tokens.keys.items() if 401 in answers}
    assert again
    assert all(answers == [401, 200] for answers in again.values()), again
    assert Tokens.log["storm"] == 0
    people = {who for who, _, _ in Tokens.granted}
    assert Counter(who for who, kind, _ in Tokens.granted if kind == "refresh_token") == dict.fromkeys(people, 1)
    acks = run.acks()
    by_key = {key: acks[acks["key_lo"] == key] for key in np.unique(acks["key_lo"]).tolist()}
    twice = [tries[np.argsort(tries["attempt"])] for tries in by_key.values() if len(tries) > 1]
    assert len(twice) == len(again)
    for tries in twice:
        assert tries["attempt"].tolist() == [1, 2]
        assert tries["outcome"].tolist() == [Outcome.FAILURE, Outcome.SUCCESS]
        assert tries["status"].tolist() == [401, 200]
        assert len(set(tries["operation_id"].tolist())) == 1
    evidence = read_evidence(run.folder)
    assert set(evidence.traffic.operations.outcome.tolist()) == {Outcome.SUCCESS}
    assert int(evidence.traffic.operations.attempts.max()) == 2
    reads = run.samples()["operation_index"] == plan.operations.index("account.balance")
    assert len(run.samples()[reads]) == Tokens.log["balance"] + Tokens.log["401"] - len(acks)


def test_where_no_new_token_is_given_the_answer_stands(tmp_path: Path, base: str) -> None:
    """As a failure of what was asked; the customer goes on, and each question costs one renewal and one login, never more."""
    Tokens.refuses = frozenset({"refresh_token", "password"})
    Tokens.forgets_after = CUSTOMERS
    run, _ = driven(tmp_path, target(base))
    samples = run.samples()
    failed = samples[samples["outcome"] == Outcome.FAILURE]
    asked = failed[failed["operation_id"] >> 60 == STREAM_CROWD]
    assert len(asked) > 0
    assert set(asked["status"].tolist()) == {401}
    assert len(np.unique(asked["operation_id"])) == len(asked)
    people = {who for who, _, _ in Tokens.granted}
    kinds = Counter(kind for _, kind, _ in Tokens.granted)
    assert kinds["refresh_token"] == kinds["password"] - len(people) <= len(asked)
    assert len(failed) - len(asked) == 2 * kinds["refresh_token"]
    assert all(len(answers) == 1 for answers in Tokens.keys.values())
    assert len(run.acks()) == len(Tokens.keys)
    assert set(run.acks()["outcome"].tolist()) <= {Outcome.SUCCESS, Outcome.FAILURE}


def test_who_is_refused_a_refresh_logs_in_anew(tmp_path: Path, base: str) -> None:
    """What was asked is then granted; the login is counted among what keeps sessions, by its own name, apart from customers' own."""
    Tokens.life_s, Tokens.forgets_after, Tokens.refuses = 60.0, CUSTOMERS, frozenset({"refresh_token"})
    run, plan = driven(tmp_path, target(base))
    samples = run.samples()
    people = {who for who, _, _ in Tokens.granted}
    apart = samples[samples["operation_id"] >> 60 == STREAM_SESSIONS]
    outcomes = Counter((plan.operations[each["operation_index"]], int(each["outcome"])) for each in apart)
    assert outcomes == {("session.renew", Outcome.FAILURE): len(people), ("session.create", Outcome.SUCCESS): len(people)}
    assert Tokens.log["storm"] == 0
    assert set(read_evidence(run.folder).traffic.operations.outcome.tolist()) == {Outcome.SUCCESS}


def test_the_pulse_lives_longer_than_its_tokens(tmp_path: Path, base: str) -> None:
    """Its customers renew theirs as others do; a beat itself is never sent again."""
    Tokens.revokes = False  # a beat waits for nothing, so it may be under way when a token is renewed
    pulse = {"rate": 10, "operations": ["claim.submit"]}
    driven(tmp_path, target(base, expires_in="life", logout="session.end"), pulse=pulse, population={"customers": 40})
    assert Tokens.log["401"] == 0
    assert Tokens.ended == {who for who, _, _ in Tokens.granted}


def test_after_a_stall_of_the_engines_own_nobody_asks_by_a_token_whose_time_is_over(tmp_path: Path, base: str) -> None:
    """A beat that was due before its customer's renewal, and can leave only after, is sent by another, also if it was said before."""
    Tokens.revokes = False
    pulse = {"rate": 60, "operations": ["claim.submit"]}
    run, plan = planned(
        tmp_path, target(base, expires_in="life"), scenario({"staying": 1}, lasts=6, rate=5, pulse=pulse, population={"customers": 60})
    )

    t0_s = 0.0

    def stall(engine: Engine) -> None:
        nonlocal t0_s
        t0_s = engine.t0_ns / 1e9
        for at_s in (1.0, 2.1, 3.2, 4.3):
            time.sleep(max(0.0, (engine.t0_ns - time.monotonic_ns()) / 1e9 + at_s))
            engine._loop.call_soon_threadsafe(time.sleep, 0.6)

    drive(run, plan, meanwhile=stall)
    samples = {each["operation_id"]: each for each in run.samples()}
    left_s = {ack["key_lo"]: t0_s + _left_s(samples[ack["operation_id"]]) for ack in run.acks()}
    sent = [(left_s[int(key.replace("-", "")[-16:], 16)], born_s) for key, born_s in Tokens.born.items()]
    aged = [at_s - born_s for at_s, born_s in sent if at_s < t0_s + plan.scenario.lasts_s]  # what is late beyond it finds nobody who renews
    assert max(aged) <= 0.85 * LIFE_S + 0.001, "the latest moment at which a token is renewed, and the rounding of a record"
    assert len(aged) > 100


def _left_s(sample: np.void) -> float:
    """When it was sent, since T0."""
    return int(sample["intended_ns"]) / 1e9 + (int(sample["ready_us"]) + int(sample["dispatch_us"])) / 1e6


@pytest.mark.parametrize(
    ("session", "says"),
    [
        (
            {"renew": "session.nothing"},
            r"renew is 'session.nothing', which tells no \{token\}; those that do: session.create, session.renew",
        ),
        ({"expires_in": "life", "lifetime_s": 5}, "allowed: one of them"),
        ({"expires_in": "lives"}, "session.create tells a token and extracts no 'lives'"),
        ({"logout": "claim.submit"}, "logout is 'claim.submit', which ends no session; allowed: session.end, account.balance"),
        ({"logout": "session.gone"}, "which ends no session"),
        ({"lifetime_s": 0}, "greater than 0"),
        ({"expired": "status == 401"}, "is not understood at 'status'"),
    ],
)
def test_a_session_that_cannot_be_kept_so_is_refused(session: dict[str, object], says: str) -> None:
    """With what is allowed."""
    with pytest.raises(ValueError, match=says):
        target("http://127.0.0.1:1", **session)


@pytest.mark.parametrize(("told", "lifetime_s"), [(7200, 7200), ("3600", 3600), (0, None), (-1, None), ("soon", None), (None, None)])
def test_a_lifetime_is_what_the_answer_tells_in_seconds(told: object, lifetime_s: float | None) -> None:
    """What is none is none: then an answer tells when the token has run out."""
    assert kept_session(target("http://127.0.0.1:1", expires_in="life")).lifetime_of({"life": told}) == lifetime_s
