"""Each invariant says what a small story shows: what was lost, doubled, oversold, shown wrongly, or never proven."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, REFUSAL, SHED, SUCCESS, T0_MS, UNKNOWN
from handmade_stories import healthy, rendered, said

import reports
from reports.evidence import read_evidence
from reports.judge.check_runner import findings
from scenarios.run.outcomes import Probe, Promise
from scenarios.run.records import operation_id


@dataclass(frozen=True)
class Case:
    """A healthy minute, and what is changed in it."""

    name: str
    change: Callable[[Story], object]
    finding: str
    status: str
    measured: float | None
    word: str = ""

    @property
    def verdict(self) -> str:
        """The word that it must come to."""
        return self.word or self.status


def three_lost(story: Story) -> None:
    """Three grants vanish, and the stock with them."""
    del story.tables["grants"][5:8]
    story.tables["stock"][0] |= {"granted": len(story.tables["grants"]), "remaining": 1000 - len(story.tables["grants"])}


def oversold(story: Story) -> None:
    """The last claim finds no prize, and gets one."""
    granted = len(story.tables["grants"])
    story.tables["stock"][0] |= {"initial": granted - 1, "granted": granted, "remaining": -1}


def quietly_oversold(story: Story) -> None:
    """One more row than the counter knows of."""
    granted = len(story.tables["grants"])
    story.tables["stock"][0] |= {"initial": granted - 1, "granted": granted - 1, "remaining": 0}


def unbalanced_stock(story: Story) -> None:
    """Two prizes are nowhere."""
    story.tables["stock"][0]["remaining"] = 398


def twice_the_key(story: Story) -> None:
    """One key, two transfers."""
    story.tables["transfers"].append(story.tables["transfers"][3] | {"id": "again", "business": "transfer:again"})


def twice_the_customer(story: Story) -> None:
    """One customer, two keys, two prizes."""
    story.ask("claim.submit", 30.5, customer=2, business="claim:3")


def over_cap_other_business(story: Story) -> None:
    """One customer, two prizes of one activity under two business keys."""
    first = story.tables["grants"][0]["customer"]
    story.ask("claim.submit", 30.5, customer=int(str(first)), business="claim:other")


def crooked_txn(story: Story) -> None:
    """A transaction debits 5 fen more than it credits."""
    story.tables["ledger"] += [
        {"txn": "t1", "account": "house", "debit_fen": 105, "credit_fen": 0},
        {"txn": "t1", "account": "people", "debit_fen": 0, "credit_fen": 100},
    ]
    story.tables["accounts"][0]["balance_fen"] = -(10**9) - 105
    story.tables["accounts"][1]["balance_fen"] = 10**9 + 100


def crooked_balance(story: Story) -> None:
    """A balance is one fen off."""
    story.tables["accounts"][1]["balance_fen"] = 10**9 + 1


def in_the_red(story: Story) -> None:
    """A person's account is overdrawn."""
    story.tables["accounts"].append({"account": "poor", "balance_fen": -100, "may_be_negative": False})
    story.tables["ledger"] += [
        {"txn": "t1", "account": "poor", "debit_fen": 100, "credit_fen": 0},
        {"txn": "t1", "account": "people", "debit_fen": 0, "credit_fen": 100},
    ]
    story.tables["accounts"][1]["balance_fen"] = 10**9 + 100


def priced_a_hundredfold(story: Story) -> None:
    """300 becomes 30,000, as in Lanzhou."""
    story.tables["grants"][9]["amount_fen"] = 10_000


def refused_and_granted(story: Story) -> None:
    """The customer was told no, and the prize is gone."""
    story.ask("transfer.submit", 31, REFUSAL, effect=True)


def failed_and_done(story: Story) -> None:
    """The customer was told it failed, and it did not."""
    story.ask("transfer.submit", 31, FAILURE, effect=True)


def too_early(story: Story) -> None:
    """A prize goes a millisecond before the bell."""
    story.tables["windows"][0]["opens_ms"] = min(int(str(row["at_ms"])) for row in story.tables["grants"]) + 1


def at_the_end(story: Story) -> None:
    """A prize goes in the very millisecond in which the window ends: that is outside."""
    story.tables["windows"][0]["closes_ms"] = max(int(str(row["at_ms"])) for row in story.tables["grants"])


def pool_overdrawn(story: Story) -> None:
    """Three red packets of 2,000 from a pool of 5,000."""
    for at_s in (31, 32, 33):
        story.ask("redpacket.open", at_s, amount_fen=2000)


def packet_too_big(story: Story) -> None:
    """A red packet above the largest."""
    story.ask("redpacket.open", 31, amount_fen=2001)


def never_settled(story: Story) -> None:
    """An accepted transfer hangs."""
    key = story.ask("transfer.submit", 31, promise=Promise.ACCEPTED, effect=False)
    story.effect("transfer.submit", key, 1, 31, 100, "transfer:hanging", state="PENDING")


def other_answer(story: Story) -> None:
    """The same key gives another answer."""
    key = story.ask("transfer.submit", 31, probe=Probe.FIRST, effect=True)
    story.ack("transfer.submit", operation_id(0, 50_000, 0), key, 31.2, SUCCESS, 10, 2, 100, probe=Probe.REPLAY, answer="another")


def twins_told_otherwise(story: Story) -> None:
    """Sent twice at once, and each is told of an effect of its own."""
    key = story.ask("transfer.submit", 31, probe=Probe.TWIN)
    story.ack("transfer.submit", operation_id(0, 50_000, 0), key, 31, SUCCESS, 10, 1, 100, probe=Probe.TWIN, answer="another")


def misuse_accepted(story: Story) -> None:
    """The same key with another body is taken as if it were new."""
    key = story.ask("transfer.submit", 31, probe=Probe.FIRST)
    story.ack("transfer.submit", operation_id(0, 50_000, 0), key, 31.2, SUCCESS, 10, 2, 100, probe=Probe.MISMATCH)


def missing_key_accepted(story: Story) -> None:
    """No key, and nobody minds."""
    story.ack("transfer.submit", operation_id(0, 50_000, 0), UUID(int=0), 31.2, SUCCESS, 10, 1, 100, probe=Probe.MISSING)


INVARIANTS = [
    Case("three grants lost", three_lost, "acknowledged-survives", "FAIL", 3),
    Case("oversold by one", oversold, "no-oversell", "FAIL", 1),
    Case("oversold by one that the counter does not show", quietly_oversold, "no-oversell", "FAIL", 1),
    Case("two prizes nowhere", unbalanced_stock, "stock-conservation", "FAIL", 2),
    Case("one key, two effects", twice_the_key, "idempotency", "FAIL", 1),
    Case("one business key, two effects", twice_the_customer, "once-per-business-key", "FAIL", 1),
    Case("one customer over the cap", over_cap_other_business, "caps", "FAIL", 1),
    Case("an uneven transaction", crooked_txn, "double-entry", "FAIL", 1),
    Case("a balance one fen off", crooked_balance, "balances", "FAIL", 1),
    Case("an overdrawn account", in_the_red, "no-negative-balance", "FAIL", 1),
    Case("a price converted twice", priced_a_hundredfold, "amounts", "FAIL", 1),
    Case("refused, and yet there", refused_and_granted, "refused-stays-refused", "FAIL", 1),
    Case("failed, and yet there", failed_and_done, "refused-stays-refused", "FAIL", 1),
    Case("a prize before the bell", too_early, "windows", "FAIL", 1),
    Case("a prize in the window's last instant", at_the_end, "windows", "FAIL", 1),
    Case("a pool overdrawn by 1,000 fen", pool_overdrawn, "red-packet-pool", "FAIL", 1000),
    Case("a red packet above the largest", packet_too_big, "red-packet-pool", "FAIL", 1),
    Case("accepted, and left hanging", never_settled, "accepted-settles", "FAIL", 1),
    Case("another answer for the same key", other_answer, "idempotency-answers", "FAIL", 1),
    Case("another answer for a twin", twins_told_otherwise, "idempotency-answers", "FAIL", 1),
    Case("a misused key taken", misuse_accepted, "idempotency-answers", "FAIL", 1),
    Case("a missing key taken", missing_key_accepted, "idempotency-answers", "FAIL", 1),
]


@pytest.mark.parametrize("case", INVARIANTS, ids=lambda case: case.name)
def test_a_breach_is_found_counted_and_fatal(tmp_path: Path, case: Case) -> None:
    """Each broken invariant is named with its number, and the word is FAIL."""
    story = healthy(tmp_path / "run")
    case.change(story)
    found = said(story)[case.finding]
    assert (found.status, found.measured) == (case.status, case.measured), found.detail
    assert reports.judge_run(story.folder).word == case.verdict


def test_a_cap_above_one_holds_beside_a_window_that_has_none(tmp_path: Path) -> None:
    """Two prizes under one business key are right where the cap is two, though a pool's window in the same table tells no cap."""
    story = healthy(tmp_path / "run")
    flash = story.tables["windows"][0]
    pool = {name: flash.pop(name) for name in ("pool_fen", "least_fen", "most_fen")}
    story.tables["windows"].append({"window": "pool", "opens_ms": flash["opens_ms"], "closes_ms": flash["closes_ms"]} | pool)
    flash["cap"] = 2
    twice_the_customer(story)
    found = said(story)
    assert [found[check].status for check in ("once-per-business-key", "caps", "windows", "red-packet-pool")] == ["PASS"] * 4


def test_a_service_that_answers_sold_out_to_everyone_fails(tmp_path: Path) -> None:
    """Refusals are correct answers only where the read-back does not contradict them."""
    story = Story(tmp_path / "run")
    story.probes()
    for at_s in ticks(0, 60, 10):
        story.ask("campaign.get", at_s)
        story.ask("claim.submit", at_s, REFUSAL)
    found = said(story)
    assert (found["honest-refusals"].status, found["honest-refusals"].measured) == ("FAIL", 600)
    assert reports.judge_run(story.folder).word == "FAIL"


def test_sold_out_is_a_correct_answer_once_it_is_true(tmp_path: Path) -> None:
    """After the last prize has gone, and to customers who have theirs already, a refusal is the right answer."""
    story = Story(tmp_path / "run", stock=100)
    story.probes()
    for number, at_s in enumerate(ticks(0, 60, 10)):
        story.ask("claim.submit", at_s, SUCCESS if number < 100 else REFUSAL, customer=number + 10)
    story.ask("claim.submit", 3.5, REFUSAL, customer=12)
    evidence = read_evidence(story.write())
    assert reports.judge_run(story.folder).word == "PASS"
    assert evidence.traffic.good_ratio == 1.0


def test_sold_out_a_minute_too_early_is_a_lie(tmp_path: Path) -> None:
    """Only what was refused before the last prize went counts against the service."""
    story = Story(tmp_path / "run", stock=100)
    story.probes()
    for number, at_s in enumerate(ticks(0, 50, 2)):
        story.ask("claim.submit", at_s, SUCCESS, customer=number + 10)
        story.ask("claim.submit", at_s + 0.1, REFUSAL, customer=number + 1000)
    found = said(story)["honest-refusals"]
    assert found.status == "FAIL"
    assert found.measured == 97, found.detail  # the last three fall into the second by which clocks may differ


def test_customers_do_not_suffer_for_a_refusal_before_the_bell(tmp_path: Path) -> None:
    """NOT_STARTED is a correct answer."""
    story = healthy(tmp_path / "run")
    story.scenario["campaign"] = {"bell": "peak"}
    story.tables["windows"][0]["opens_ms"] = T0_MS + 10_000
    story.tables["grants"] = [row for row in story.tables["grants"] if int(str(row["at_ms"])) >= T0_MS + 10_000]
    story.ask("claim.submit", 5, REFUSAL, customer=9000)
    assert said(story)["honest-refusals"].status == "PASS"


def test_shed_unknown_and_replayed_answers_leave_no_doubt_behind(tmp_path: Path) -> None:
    """An unknown that is absent, an unknown that is there, and a success on the second try are all in order."""
    story = healthy(tmp_path / "run")
    story.ask("transfer.submit", 31, UNKNOWN)
    story.ask("transfer.submit", 32, UNKNOWN, effect=True)
    story.ask("transfer.submit", 33, UNKNOWN, 500, retries=[(SUCCESS, 30)])
    story.ask("transfer.submit", 34, SHED, 5)
    found = said(story)
    assert found["acknowledged-survives"].status == "PASS"
    assert "of 2 unknown 1 are there and 1 are not" in found["acknowledged-survives"].detail
    assert reports.judge_run(story.folder).word == "PASS"


def test_effects_are_matched_by_id_or_business_key_where_the_target_tells_no_keys(tmp_path: Path) -> None:
    """A foreign read-back without idempotency keys still shows what was lost."""
    story = healthy(tmp_path / "run")
    for table in ("grants", "redpackets", "transfers"):
        for row in story.tables[table]:
            row["key"] = None
    assert said(story)["acknowledged-survives"].measured == 0
    again = healthy(tmp_path / "again")
    for table in ("grants", "redpackets", "transfers"):
        for row in again.tables[table]:
            row["key"] = None
    three_lost(again)
    assert said(again)["acknowledged-survives"].measured == 3


def test_an_effectful_operation_without_any_read_back_is_invalid(tmp_path: Path) -> None:
    """What cannot be looked up cannot be called safe."""
    story = healthy(tmp_path / "run")
    del story.target["readback"]["tables"]["transfers"]  # type: ignore[index]  # a mapping
    assert said(story)["acknowledged-survives"].status == "INVALID"


def _without(*fields: str) -> Callable[[Story], object]:
    def change(story: Story) -> None:
        for row in story.tables["stock"]:
            for field in fields:
                del row[field]

    return change


@pytest.mark.parametrize("fields", [("remaining",), ("granted",), ("remaining", "granted"), ("remaining", "granted", "replenished")])
def test_a_stock_that_tells_less_is_judged_by_what_it_tells(tmp_path: Path, fields: tuple[str, ...]) -> None:
    """The effects stand in for what it does not tell: a healthy run passes; a prize too many, or a refusal too early, is found."""
    story = healthy(tmp_path / "run")
    _without(*fields)(story)
    found = said(story)
    assert found["stock-conservation"].status == ("SKIPPED" if {"remaining", "granted"} <= set(fields) else "PASS")
    assert reports.judge_run(story.folder).word == "PASS"

    over = healthy(tmp_path / "over")
    quietly_oversold(over)
    _without(*fields)(over)
    oversold = said(over)["no-oversell"]
    assert (oversold.status, oversold.measured) == ("FAIL", 1)

    lying = Story(tmp_path / "lying")
    lying.probes()
    for at_s in ticks(0, 60, 10):
        lying.ask("claim.submit", at_s, REFUSAL)
    _without(*fields)(lying)
    refused = said(lying)["honest-refusals"]
    assert (refused.status, refused.measured) == ("FAIL", 600)


@pytest.mark.parametrize("initial", [None, "many", ...])
def test_a_stock_that_does_not_say_how_many_there_were_makes_no_verdict_of_its_own(tmp_path: Path, initial: object) -> None:
    """INVALID with its sentence, and a report."""
    story = healthy(tmp_path / "run")
    if initial is ...:
        _without("initial")(story)
    else:
        story.tables["stock"][0]["initial"] = initial
    story.tables["stock"][0]["remaining"] = 0
    story.ask("claim.submit", 30.5, REFUSAL, customer=9000)
    judged = reports.judge_run(rendered(story))
    assert judged.word == "INVALID"
    oversold = next(finding for finding in findings(read_evidence(story.folder)) if finding.id == "no-oversell")
    assert oversold.status == "INVALID"
    assert "'initial'" in oversold.detail
