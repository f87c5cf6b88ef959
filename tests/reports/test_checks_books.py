"""The books are kept from what customers asked: whatever was done otherwise, twice, to somebody else or not at all is named."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_books import CUSTOMERS, OPENING_FEN, PACKETS, TRANSFERS, account, balance, booked, packet, post, transfer
from handmade_plan import REFUSAL, SUCCESS, T0_MS, UNKNOWN
from handmade_stories import said

from reports.finding import merge
from scenarios.run.event_kinds import PaymentsAwaited
from scenarios.run.records import ACK, answer_digest
from scenarios.target.effects import granted_terms, moved_terms


def cut_amount(story: Story) -> None:
    """12.34 asked, 12.00 moved and shown: the tables agree with each other."""
    story.tables["transfers"][0]["amount_fen"] = 90
    story.tables["ledger"][2 * CUSTOMERS]["debit_fen"] = story.tables["ledger"][2 * CUSTOMERS + 1]["credit_fen"] = 90
    _set(story, 0, "shown_fen", 90)


def wrong_payee_recorded(story: Story) -> None:
    """Pay 1: 7 is credited, and the row says so."""
    story.tables["transfers"][0]["payee"] = account(7)
    story.tables["ledger"][2 * CUSTOMERS + 1]["account"] = account(7)


def wrong_payee_posted(story: Story) -> None:
    """Pay 1: the row says 1, 7 is credited, the ledger balances."""
    story.tables["ledger"][2 * CUSTOMERS + 1]["account"] = account(7)


def said_not_done(story: Story) -> None:
    """The transfer's row is there, its posting is not."""
    del story.tables["ledger"][2 * CUSTOMERS : 2 * CUSTOMERS + 2]


def posted_twice(story: Story) -> None:
    """One transfer, two postings."""
    post(story, "t-0-again", account(0), account(1), 100)


def key_of_its_own(story: Story) -> None:
    """The same transfer once more under a key that nobody sent."""
    story.effect("transfer.submit", UUID(int=77 << 64 | 1), 0, 3, 100, "t:again")
    story.tables["transfers"][-1] |= {"payer": account(0), "payee": account(1)}
    post(story, "t-again", account(0), account(1), 100)


def for_somebody_else(story: Story) -> None:
    """The claim of 5 is recorded for 6."""
    story.tables["grants"][0]["customer"] = 6


def another_prize(story: Story) -> None:
    """sku-9 was asked for, sku-1 granted."""
    _set(story, TRANSFERS + PACKETS, "terms", answer_digest(granted_terms("sku-9", "b")))


def under_another_name(story: Story) -> None:
    """Asked under one business key, recorded under another: another period, another thing."""
    story.tables["transfers"][0]["business"] = "t:another"


def payout_dropped(story: Story) -> None:
    """A packet was opened, and is never paid."""
    story.tables["payouts"].pop(0)
    at = 2 * (CUSTOMERS + TRANSFERS)
    del story.tables["ledger"][at : at + 2]


def payout_doubled(story: Story) -> None:
    """Paid again on redelivery."""
    story.tables["payouts"].append(dict(story.tables["payouts"][0]))
    post(story, "p-again", "GL-CAMPAIGN", account(10), 50)


def payout_of_nothing(story: Story) -> None:
    """Somebody is paid for a packet that was never opened."""
    story.tables["payouts"].append({"ref": "E-nothing", "customer": 10, "amount_fen": 50})


def payout_short(story: Story) -> None:
    """A fen less is paid than was opened."""
    story.tables["payouts"][0]["amount_fen"] = 49


def balance_alone(story: Story) -> None:
    """A balance that its entries do not explain: and who is not owed it."""
    story.tables["accounts"][3]["balance_fen"] = OPENING_FEN


def _set(story: Story, place: int, name: str, value: int) -> None:
    fields = list(story.acks[place])
    fields[(ACK.names or ()).index(name)] = value
    story.acks[place] = tuple(fields)


DEFECTS: list[tuple[Callable[[Story], None], str, int]] = [
    (cut_amount, "amounts", 1),
    (wrong_payee_recorded, "parties", 1),
    (wrong_payee_posted, "postings", 2),
    (said_not_done, "postings", 2),
    (posted_twice, "postings", 2),
    (key_of_its_own, "orphans", 1),
    (for_somebody_else, "parties", 1),
    (another_prize, "parties", 1),
    (under_another_name, "parties", 1),
    (payout_dropped, "payouts", 1),
    (payout_dropped, "postings", 2),
    (payout_doubled, "payouts", 1),
    (payout_short, "payouts", 1),
    (payout_of_nothing, "payouts", 1),
    (balance_alone, "customers-balances", 1),
]


def test_a_run_that_did_what_was_asked_passes(tmp_path: Path) -> None:
    """Every check of the books has something to say, and finds nothing."""
    found = said(booked(tmp_path / "run"))
    for name in ("amounts", "parties", "orphans", "postings", "customers-balances", "payouts"):
        assert found[name].status == "PASS", found[name].detail
        assert found[name].measured == 0


@pytest.mark.parametrize(("defect", "finding", "measured"), DEFECTS, ids=[f"{defect.__name__}-{name}" for defect, name, _ in DEFECTS])
def test_what_was_done_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], finding: str, measured: int) -> None:
    """Each defect fails by the check that knows what was asked."""
    story = booked(tmp_path / "run")
    defect(story)
    if defect is not balance_alone:
        balance(story)
    found = said(story)
    assert found[finding].status == "FAIL", found[finding].detail
    assert found[finding].measured == measured
    assert found[finding].evidence
    assert merge(found.values()) == "FAIL"


@pytest.mark.parametrize("there", [False, True])
def test_a_payment_still_in_its_time_is_named_with_its_age(tmp_path: Path, *, there: bool) -> None:
    """Opened two seconds before the last record: that is on its way, no breach; its money may be there or not."""
    story = booked(tmp_path / "run")
    packet(story, 9, 15, 60)
    story.tables["payouts"].pop()
    if not there:
        del story.tables["ledger"][-2:]
    story.tables["redpackets"][-1]["at_ms"] = T0_MS + round((story.lasts_s + 2) * 1000)
    balance(story)
    found = said(story)
    assert found["payouts"].status == "PASS"
    assert "1 on their way, the oldest redpacket.open" in found["payouts"].detail
    assert found["postings"].status == found["customers-balances"].status == "PASS"


def test_what_is_unpaid_when_it_has_been_waited_for_is_never_paid(tmp_path: Path) -> None:
    """The same packet: the read-back was taken when its time was over."""
    story = booked(tmp_path / "run")
    packet(story, 9, 15, 60)
    story.tables["payouts"].pop()
    del story.tables["ledger"][-2:]
    story.tables["redpackets"][-1]["at_ms"] = T0_MS + round((story.lasts_s + 2) * 1000)
    balance(story)
    story.tell("door", story.lasts_s + 2.9, PaymentsAwaited())
    assert said(story)["payouts"].status == "PASS"
    story.folder = tmp_path / "later"
    story.events = [("door", story.lasts_s + 12.1, PaymentsAwaited())]
    found = said(story)
    assert (found["payouts"].status, found["payouts"].measured) == ("FAIL", 1), found["payouts"].detail
    assert found["postings"].status == "FAIL"


MIDNIGHT_S = 14 * 3600  # after T0, which is at ten in the morning by the bank's calendar


@pytest.mark.parametrize(
    ("at_s", "day", "status"),
    [
        (20, "2026-11-22", "PASS"),
        (20, "2026-11-21", "FAIL"),
        (20, "2026-11-23", "FAIL"),
        (MIDNIGHT_S + 2, "2026-11-23", "PASS"),
        (MIDNIGHT_S + 2, "2026-11-22", "PASS"),  # as the customer said it
        (MIDNIGHT_S - 0.5, "2026-11-23", "PASS"),  # clocks may differ
        (MIDNIGHT_S - 2, "2026-11-23", "FAIL"),
    ],
)
def test_a_day_is_that_of_the_banks_calendar(tmp_path: Path, at_s: float, day: str, status: str) -> None:
    """Customers say the day on which the run began; an effect behind midnight has the next one, and no other."""
    story = booked(tmp_path / "run")
    operations: dict[str, dict[str, dict[str, object]]] = story.target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["redpacket.open"]["effect"]["business"] = "{customer}:{date}"
    key = UUID(int=4000 << 64 | 5)
    asked = "15:2026-11-22"
    story.attempt("redpacket.open", 4000 << 16, 20, SUCCESS, 20, 1, 0, 0, 0.1)
    story.ack("redpacket.open", 4000 << 16, key, 20, SUCCESS, 20, 1, 0, business=asked, customer=15)
    story.effect("redpacket.open", key, 15, at_s, 0, f"15:{day}")
    found = said(story)["parties"]
    assert (found.status, found.measured) == (status, int(status == "FAIL")), found.detail


def test_what_is_unknown_to_the_customer_is_resolved_by_the_read_back(tmp_path: Path) -> None:
    """A transfer without an answer is owed where its effect is there, and is not where it is not."""
    story = booked(tmp_path / "run")
    for number, there in ((20, True), (21, False)):
        transfer(story, number, 2, 3, 10)
        story.acks.pop()
        key = UUID(int=(1000 + number) << 64 | 5)
        story.ack("transfer.submit", number << 16, key, 1 + number, UNKNOWN, 20, 1, 10, customer=2, terms=moved_terms("AC-2", "AC-3"))
        if not there:
            story.tables["transfers"].pop()
            del story.tables["ledger"][-2:]
    balance(story)
    found = said(story)
    assert found["postings"].status == found["customers-balances"].status == found["orphans"].status == "PASS"


def test_a_target_without_books_is_judged_by_what_it_maps(tmp_path: Path) -> None:
    """What is missing is said; where the scenario requires it, the run proves nothing without it."""
    story = booked(tmp_path / "run")
    del story.target["books"]
    found = said(story)
    assert found["postings"].status == "SKIPPED"
    assert "has no `books`" in found["postings"].detail
    assert merge(found.values()) == "PASS"
    story.folder = tmp_path / "required"
    story.scenario["require"] = ["postings"]
    assert merge(said(story).values()) == "INVALID"


def test_a_refused_transfer_owes_nothing(tmp_path: Path) -> None:
    """A definite no leaves no entry; one that it left all the same is found."""
    story = booked(tmp_path / "run")
    story.ask("transfer.submit", 40, REFUSAL, customer=4, business="t:no")
    assert said(story)["postings"].status == "PASS"
    story.folder = tmp_path / "posted"
    post(story, "t-no", account(4), account(5), 100)
    balance(story)
    assert said(story)["postings"].status == "FAIL"
