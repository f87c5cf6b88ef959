"""The engine against real servers, good and bad: every attempt is one clear outcome, and nothing hangs."""

import dataclasses
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from locustfiles_kit import FEW, drive, planned, scenario, serving, stop_when_they_have_gone, target
from own.locustfiles.journeys.every_answer import KINDS

from locustfiles.engine.engine import Engine
from scenarios.plan.scenario import Scenario
from scenarios.run.event_kinds import LoadFinished, LoadHealth, LoadReady, PluginFailed
from scenarios.run.events import of_kind
from scenarios.run.folder import Plan, Run
from scenarios.run.outcomes import Outcome, Promise
from scenarios.run.records import (
    FLAG_CENSORED,
    FLAG_FINAL,
    FLAG_NEW_CONNECTION,
    FLAG_NOT_SENT,
    FLAG_PULSE,
    FLAG_RESET,
    FLAG_TIMEOUT,
    MARK_DONE,
    MARK_INTENT,
    Records,
)
from scenarios.target.model import Target

ALONE = {"phases": [{"name": "one", "lasts": 0.1, "arrivals": 100}, {"name": "rest", "lasts": 1.4, "arrivals": 0}]}
"""About ten customers at once, and time for them."""

S, F, U, D = Outcome.SUCCESS, Outcome.FAILURE, Outcome.UNKNOWN, Outcome.SHED
EXPECTED = {  # kind of answer: outcome of a read, of an effect, HTTP status, flag
    "length": (S, S, 200, 0), "close": (S, S, 200, 0), "chunked": (S, S, 200, 0), "interim": (S, S, 200, 0), "nocontent": (S, S, 204, 0),
    "invalidjson": (F, U, 200, 0), "endless": (S, S, 200, 0), "toolong": (S, S, 200, 0), "twice": (S, S, 200, 0),
    "garbage": (F, U, 0, 0), "halfhead": (F, U, 0, FLAG_RESET), "tooshort": (F, U, 0, FLAG_RESET), "nothing": (F, U, 0, FLAG_RESET),
    "reset": (F, U, 0, FLAG_RESET), "silent": (U, U, 0, FLAG_TIMEOUT), "halfsilent": (U, U, 0, FLAG_TIMEOUT), "huge": (F, U, 0, 0),
    "shed": (D, D, 503, 0), "error": (F, U, 500, 0),
}  # fmt: skip


def every_kind(base: str) -> Target:
    """A target with a read and an effect for each kind of answer."""
    operations: dict[str, object] = {}
    for kind in KINDS:
        rule = {"outcome": {"success": "exists $.code"}} if kind == "invalidjson" else {}
        operations[f"read.{kind}"] = {"service": "all", "path": f"/{kind}", "authorised": False, "timeout_s": 0.4} | rule
        effect = {"business": "{customer}", "id": "$.data.claim_id"}
        sent = {"method": "POST", "body": {"a": 1}, "effect": effect}
        operations[f"effect.{kind}"] = {"service": "all", "path": f"/{kind}", "authorised": False, "timeout_s": 0.4} | sent | rule
    plain = {
        "name": "bad",
        "describe": "every kind",
        "services": {"all": {"base": base}},
        "operations": operations,
        "site": "header.X-Site",
    }
    return Target.model_validate(plain)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Plan]]:
    """One customer after the other meets every kind of answer."""
    with pytest.MonkeyPatch.context() as patch, serving() as base:
        patch.setenv("STORMDRILL_PATH", str(Path(__file__).parent / "own"))
        phases = [{"name": "one", "lasts": 0.1, "arrivals": 50}, {"name": "rest", "lasts": 6, "arrivals": 0}]
        run, plan = planned(tmp_path_factory.mktemp("runs"), every_kind(base), scenario({"every-answer": 1}, phases=phases))
        engine = drive(run, plan)
        assert not engine.broken_journeys
        yield run, plan


def _of(records: Records, plan: Plan, op: str) -> Records:
    found: Records = records[records["operation_index"] == plan.operations.index(op)]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_each_way_to_answer_is_one_clear_outcome(answers: tuple[Run, Plan], kind: str) -> None:
    """The same for every customer, with the status or the break that it was, and no later than its deadline."""
    run, plan = answers
    read, effect, status, flag = EXPECTED[kind]
    for op, outcome in ((f"read.{kind}", read), (f"effect.{kind}", effect)):
        samples = _of(run.samples(), plan, op)
        assert len(samples) > 0
        assert set(samples["outcome"].tolist()) == {outcome}
        assert set(samples["status"].tolist()) == {status}
        assert set((samples["flags"] & (FLAG_RESET | FLAG_TIMEOUT | FLAG_NOT_SENT)).tolist()) == {flag}
        assert samples["service_us"].max() < 5_400_000, "its deadline is 0.4 s, and 5 s are a busy machine's"
    acks = _of(run.acks(), plan, f"effect.{kind}")
    assert set(acks["mark"].tolist()) == {MARK_DONE}
    assert set(acks["outcome"].tolist()) == {effect}


def test_the_site_is_the_answers_own(answers: tuple[Run, Plan]) -> None:
    """Not that of an interim answer before it."""
    run, plan = answers
    assert set(_of(run.acks(), plan, "effect.interim")["site"].tolist()) == {b"B"}


def test_what_an_answer_promised_is_in_its_ack(answers: tuple[Run, Plan]) -> None:
    """A success has an effect id; a success without a readable body has none."""
    run, plan = answers
    good = _of(run.acks(), plan, "effect.length")
    assert set(good["promise"].tolist()) == {Promise.EFFECTED}
    assert 0 not in good["answer"].tolist()
    assert set(_of(run.acks(), plan, "effect.nocontent")["answer"].tolist()) == {0}


def test_a_refused_connection_is_not_sent_and_a_definite_no(tmp_path: Path) -> None:
    """It counts against the target, with a reason."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        run, plan = planned(tmp_path, target(base), scenario({"one-claim": 1}, **ALONE))
        engine = drive(run, plan)
    samples = run.samples()
    assert len(samples) > 0
    assert set(samples["outcome"].tolist()) == {Outcome.FAILURE}
    assert ((samples["flags"] & FLAG_NOT_SENT) > 0).all()
    assert len(run.acks()) == 0, "nothing was sent, so nothing was intended"
    assert engine.totals.not_sent == engine.totals.offered == len(samples)
    assert engine.totals.unsent == 0
    assert any("Refused" in reason for reason in engine.troubles)


def test_an_unanswered_attempt_is_censored_at_the_end(tmp_path: Path) -> None:
    """Its latency is a lower bound, its ack stays an intent, and the run ends with the drain."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base, "silent"), scenario({"one-claim": 1}, **ALONE))
        drive(run, plan)
    samples, acks = run.samples(), run.acks()
    assert set(samples["outcome"].tolist()) == {Outcome.UNKNOWN}
    assert ((samples["flags"] & FLAG_CENSORED) > 0).all()
    drained_ns = int((plan.scenario.lasts_s + plan.scenario.drain) * 1e9)
    reached_ns = samples["intended_ns"] + (samples["dispatch_us"].astype(np.int64) + samples["service_us"]) * 1000
    assert (reached_ns >= drained_ns - 1_000_000).all()
    assert set(acks["mark"].tolist()) == {MARK_INTENT}
    assert set(acks["outcome"].tolist()) == {0}


def test_a_read_met_by_a_closed_connection_is_sent_once_more_an_effect_never(tmp_path: Path) -> None:
    """The second read on a kept connection that the server then drops succeeds; a claim in that place is unknown."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base, "stale"), scenario({"read-twice": 1}, **FEW))
        drive(run, plan, meanwhile=stop_when_they_have_gone)
    reads = _of(run.samples(), plan, "account.balance")
    claims = _of(run.samples(), plan, "claim.submit")
    assert set(reads["outcome"].tolist()) == {Outcome.SUCCESS}
    assert Outcome.UNKNOWN in claims["outcome"].tolist()
    assert len(_of(run.acks(), plan, "claim.submit")) == len(claims), "each claim was sent once"


def test_the_pulse_is_never_sent_again(tmp_path: Path) -> None:
    """What it measures is the first try, on a connection that the server drops too."""
    with serving() as base:
        # Beats that come late come at once, each with a new connection: the load is longer than a slow machine's engine comes late.
        what = scenario({"one-read": 1}, lasts=4, rate=0, pulse={"operations": ["account.balance"], "rate": 10})
        run, plan = planned(tmp_path, target(base, "stale"), what, lead_s=1)
        drive(run, plan)
    pulse = run.samples()
    assert len(pulse) == 40
    assert ((pulse["flags"] & FLAG_PULSE) > 0).all()
    assert (pulse["attempt"] == 1).all()
    kept = (pulse["flags"] & FLAG_NEW_CONNECTION) == 0
    assert kept.any()
    assert set(pulse["outcome"][kept].tolist()) == {Outcome.FAILURE}


def test_a_pulse_beats_evenly_and_by_its_own_customers(tmp_path: Path) -> None:
    """Each operation at the rate, from T0 to the load's end, whatever the journeys do."""
    with serving() as base:
        what = scenario({"one-read": 1}, lasts=2, rate=5, pulse={"operations": ["account.balance", "transfer.submit"], "rate": 25})
        run, plan = planned(tmp_path, target(base), what)
        drive(run, plan)
    pulse = run.samples()[(run.samples()["flags"] & FLAG_PULSE) > 0]
    for op in ("account.balance", "transfer.submit"):
        mine = np.sort(_of(pulse, plan, op)["intended_ns"])
        assert len(mine) == 50
        assert np.allclose(np.diff(mine), 40_000_000, atol=2)
    transfers = _of(run.acks(), plan, "transfer.submit")
    assert transfers["customer"].min() >= plan.scenario.population.customers - 32


BREAKING = {
    "stumbling": (10, "ZeroDivisionError: "),
    "asking-too-much": (10, "coupon.list needs {nothing_such}, which nobody has told this customer"),
    "insisting": (10, "coupon.list needs {nothing_such}, which nobody has told this customer"),
    "ending-everything": (12, "SystemExit: 3"),
    "mumbling": (14, "a journey yielded 3; allowed: customer.ask(…), think(…), bell(…), moment(…), parallel(…)"),
    "not-letting-go": (13, "ZeroDivisionError: "),
    "overspending": (10, "transfer.submit cannot be said: the key 1180591620717411303424 is beyond what a record holds"),
}


def test_a_journey_that_raises_is_one_failure_and_the_others_go_on(tmp_path: Path) -> None:
    """Whatever it raises, and when; with its file and line as an event, and counted. So is one that asks for what cannot be said."""
    with serving() as base:
        to = target(base, coupon_list={"path": "/length/{nothing_such}"})
        mix = dict.fromkeys([*BREAKING, "one-read"], 1.0)
        # Whoever began later than the load's end would not be asked a second time.
        run, plan = planned(tmp_path, to, scenario(mix, lasts=0.5, rate=200, drain=20), lead_s=2)
        engine = drive(run, plan)
    told = {event.facts.plugin: event.facts for event in of_kind(run.events(), PluginFailed)}
    assert set(told) == {f"journey {name}" for name in BREAKING}
    for name, (line, says) in BREAKING.items():
        failure, file = told[f"journey {name}"], f"{name.replace('-', '_')}.py"
        assert (Path(failure.file), failure.line) == (Path(__file__).parent / "own" / "locustfiles" / "journeys" / file, line)
        assert failure.what.startswith(says)
        assert engine.broken_journeys[f"{name}: {file}:{line}: {failure.what}"] > 1
    assert len(run.samples()) == engine.totals.planned, "each of them had its first answer"
    assert engine.customers == 0


def test_an_unknown_journey_is_named(tmp_path: Path) -> None:
    """Before any load."""
    run, plan = planned(tmp_path, target("http://127.0.0.1:1"), scenario({"no-such-journey": 1}))
    with pytest.raises(Exception, match="the mix names the journey 'no-such-journey'; there are: "):
        drive(run, plan)


def test_a_host_that_does_not_resolve_is_named(tmp_path: Path) -> None:
    """Before any load."""
    run, plan = planned(tmp_path, target("http://no-such-host.invalid:80"), scenario({"one-read": 1}))
    with pytest.raises(Exception, match=r"the host 'no-such-host.invalid' does not resolve"):
        drive(run, plan)


def test_attempts_of_one_tap_share_operation_and_key_and_the_last_is_final(tmp_path: Path) -> None:
    """Automatic retries count up under one id; a new tap is a new operation with a new key."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base, "shed"), scenario({"patient-claim": 1}, lasts=4, rate=15))
        drive(run, plan)
    samples, acks = run.samples(), run.acks()
    assert samples["attempt"].max() > 1
    keys: dict[int, set[int]] = {}
    for ack in acks:
        keys.setdefault(int(ack["operation_id"]), set()).add(int(ack["key_lo"]))
    assert all(len(found) == 1 for found in keys.values())
    assert len(set().union(*keys.values())) == len(keys)
    for operation in keys:
        tries = np.sort(samples[samples["operation_id"] == operation], order="attempt")
        assert tries["attempt"].tolist() == list(range(1, len(tries) + 1))
        assert [bool(flags & FLAG_FINAL) for flags in tries["flags"]] == [False] * (len(tries) - 1) + [True]


def test_who_must_wait_for_a_connection_is_seen_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With four connections and slow answers the wait is pool time, not dispatch lag, and the new connections' handshakes are told."""
    monkeypatch.setattr("locustfiles.engine.engine._MOST_CONNECTIONS", 4)
    with serving() as base:
        to = target(base, account_balance={"path": "/slow/0.05"})
        run, plan = planned(
            tmp_path,
            to,
            scenario({"one-read": 1}, phases=[{"name": "a", "lasts": 0.2, "arrivals": 200}, {"name": "b", "lasts": 2, "arrivals": 0}]),
        )
        drive(run, plan)
    samples = run.samples()
    assert set(samples["outcome"].tolist()) == {Outcome.SUCCESS}
    assert ((samples["flags"] & FLAG_NEW_CONNECTION) > 0).sum() == 4
    waited = samples["pool_us"].astype(np.int64)
    assert waited.max() > 100_000
    assert (samples["dispatch_us"] >= waited).all()
    assert (samples["handshake_us"] <= samples["pool_us"]).all()
    assert (samples["handshake_us"][(samples["flags"] & FLAG_NEW_CONNECTION) == 0] == 0).all()


def _bell(base: str, folder: Path, **timing: object) -> tuple[Run, Plan]:
    phases = [{"name": "before", "lasts": 1, "arrivals": 40}, {"name": "sale", "lasts": 2.5, "arrivals": 0}]
    # Whoever comes late finds the sale open already, so the engine must be there at T0, also where it is long in coming.
    return planned(folder, target(base, **timing), scenario({"flash-sale": 1}, phases=phases, campaign={"bell": "sale"}), lead_s=4)


def test_at_the_bell_all_hands_follow_within_a_humans_reaction(tmp_path: Path) -> None:
    """Claims of those who were there in time are intended 150 to 600 ms after it, whenever they were sent."""
    with serving() as base:
        run, plan = _bell(base, tmp_path)
        drive(run, plan)
    claims = _of(run.samples(), plan, "claim.submit")
    early = claims[claims["intended_ns"] < 1_600_000_000]
    assert len(early) > 5
    assert early["intended_ns"].min() >= 1_150_000_000


def test_who_is_late_for_the_bell_because_of_slow_answers_was_still_meant_to_be_there(tmp_path: Path) -> None:
    """The wait for the answer before counts: the claim is ready later than intended."""
    with serving() as base:
        run, plan = _bell(base, tmp_path, activity_token={"path": "/slow/1.2"})
        drive(run, plan)
    claims = _of(run.samples(), plan, "claim.submit")
    late = claims[(claims["intended_ns"] < 1_600_000_000) & (claims["ready_us"] > 0)]
    assert len(late) > 0
    assert (late["intended_ns"] >= 1_150_000_000).all()


def test_an_engine_that_is_told_to_stop_stops_and_says_what_it_cancelled(tmp_path: Path) -> None:
    """In bounded time, with its files closed."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base, "silent"), scenario({"one-read": 1}, lasts=600, rate=50, drain=600))
        engine = drive(run, plan, meanwhile=_stop_after_some)
    assert engine.totals.cancelled > 20_000
    assert engine.totals.offered + engine.totals.cancelled == engine.totals.planned
    assert run.samples_folder.joinpath("load-0.bin").stat().st_size == len(run.samples()) * 48


def _stop_after_some(engine: Engine) -> None:
    for _ in range(2000):
        if engine.ready and engine.in_flight > 10:
            break
        time.sleep(0.01)
    engine.stop()


def test_two_processes_share_out_what_one_would_do(tmp_path: Path) -> None:
    """The same operations by the same customers, each once, in two files."""

    def what() -> Scenario:
        pulse = {"operations": ["account.balance"], "rate": 10}
        # Of two the second begins when the first has ended: its time to drain must be long.
        return scenario({"one-claim": 1, "zone-page": 1}, lasts=1, rate=80, pulse=pulse, drain=20)

    with serving() as base:
        alone, plan = planned(tmp_path / "a", target(base), what())
        drive(alone, plan)
        shared, plan_2 = planned(tmp_path / "b", target(base), what(), workers=2)
        for worker in range(2):
            drive(shared, plan_2, worker=worker, workers=2)
    one, two = alone.samples(), shared.samples()
    started = lambda samples: {(int(op), int(index)) for op, index in zip(samples["operation_id"], samples["operation_index"], strict=True)}  # noqa: E731
    firsts = lambda found: {pair for pair in found if pair[0] & 0xFFFF == 1}  # noqa: E731 - thoughts after the first step may cross the end
    assert firsts(started(one)) == firsts(started(two))
    assert {int(ack["customer"]) for ack in alone.acks()} == {int(ack["customer"]) for ack in shared.acks()}


def test_a_late_engine_says_how_late_and_keeps_the_intended_times(tmp_path: Path) -> None:
    """ArrivalSchedule before it was ready are sent at once, and their wait counts."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base), scenario({"one-read": 1}, lasts=1.5, rate=40, drain=20))
        late = plan.model_copy(update={"t0_monotonic_ns": plan.t0_monotonic_ns - 2_000_000_000})
        run.write_plan(late)
        drive(run, late)
    (ready,) = of_kind(run.events(), LoadReady)
    assert ready.facts.late_s > 0.5
    samples = run.samples()
    assert len(samples) > 20
    early = samples[samples["intended_ns"] < 400_000_000]
    assert (early["dispatch_us"] > 100_000).all()


def test_health_and_sum_are_told_as_events(tmp_path: Path) -> None:
    """Ready, once a second health, and at the end what was offered, sent and not."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base), scenario({"one-read": 1}, lasts=4, rate=40))
        engine = drive(run, plan)
    events = run.events()
    kinds = [event.kind for event in events]
    assert kinds[0] == "load.ready"
    assert kinds[-3:] == ["load.finished", "load.sealed", "writer.ended"]
    assert kinds.count("load.health") >= 2
    assert of_kind(events, LoadHealth)[0].facts.cpu_share > 0
    finished = of_kind(events, LoadFinished)[-1].facts
    assert finished.offered == finished.sent == len(run.samples()) == engine.totals.planned
    assert finished.unsent == 0
    assert dataclasses.asdict(engine.totals)["not_sent"] == 0
