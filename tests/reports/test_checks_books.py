"""The books are kept from what customers asked: whatever was done otherwise, twice, to somebody else or not at all is named."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_plan import REFUSAL, SUCCESS, T0_MS, UNKNOWN
from handmade_stories import said

from reports.finding import merge
from scenarios.run.event_kinds import PaymentsAwaited
from scenarios.run.records import ACK, REASONS, answer_digest
from scenarios.target.model import granted_terms, moved_terms

CUSTOMERS, OPENING_FEN = 20, 10_000
TRANSFERS, PACKETS = 8, 4
ITEM = granted_terms("sku-1", "b")


def account(customer: int) -> str:
    """A customer's account."""
    return f"AC-{customer}"


def booked(folder: Path) -> Story:
    """A short run whose target keeps books: everybody's opening balance, eight transfers, four packets opened and paid, one claim."""
    story = Story(folder)
    story.scenario["population"] = {"customers": CUSTOMERS, "opening_balance_fen": OPENING_FEN}
    story.scenario["pulse"] = None
    _map(story.target)
    story.tables |= {"ledger": [], "accounts": [], "payouts": []}
    for customer in range(CUSTOMERS):
        post(story, "opening", "GL-OPENING", account(customer), OPENING_FEN)
    for number in range(TRANSFERS):
        transfer(story, number, number, number + 1, 100 + number)
    for number in range(PACKETS):
        packet(story, number, 10 + number, 50 + number)
    claim(story, 5, "sku-1")
    story.probes()
    for row in story.tables["transfers"][TRANSFERS:]:
        row |= {"payer": account(0), "payee": account(1)}
        post(story, "probe", account(0), account(1), int(str(row["amount_fen"])))
    balance(story)
    return story


def _map(target: dict[str, object]) -> None:
    operations: dict[str, dict[str, dict[str, object]]] = target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["account.balance"] |= {"extract": {"account": "$.a", "payee": "$.p", "sku": "$.s"}}
    operations["transfer.submit"]["effect"] |= {"moves": {"from": "{account}", "to": "AC-{payee}"}}
    operations["claim.submit"]["effect"] |= {"grants": {"item": "{sku}", "batch": "b"}}
    operations["redpacket.open"]["effect"] |= {"pays": {"from": "GL-CAMPAIGN", "within_s": 10}}
    target["books"] = {"account": "AC-{customer}", "opened_from": "GL-OPENING"}
    tables: dict[str, dict[str, object]] = target["readback"]["tables"]  # type: ignore[index]  # as handmade_plan has it
    tables["transfers"] |= {"parties": {"from": "{payer}", "to": "{payee}"}}
    tables["payouts"] = {"role": "payouts", "service": "bank", "path": "/payouts", "fields": {"ref": "$.ref"}}


def transfer(
    story: Story, number: int, payer: int, payee: int, fen: int, *, asked_of: int | None = None, shown_fen: int | None = None
) -> UUID:
    """A transfer that was asked, shown, recorded and posted."""
    key = UUID(int=(1000 + number) << 64 | 5)
    terms = moved_terms(account(payer), account(payee if asked_of is None else asked_of))
    story.attempt("transfer.submit", number << 16, 1 + number, SUCCESS, 20, 1, 0, 0, 0.1)
    story.ack(
        "transfer.submit",
        number << 16,
        key,
        1 + number,
        SUCCESS,
        20,
        1,
        fen,
        business=f"t:{number}",
        customer=payer,
        terms=terms,
        shown_fen=shown_fen,
    )
    story.effect("transfer.submit", key, payer, 1 + number, fen, f"t:{number}")
    story.tables["transfers"][-1] |= {"payer": account(payer), "payee": account(payee)}
    post(story, f"t-{number}", account(payer), account(payee), fen)
    return key


def packet(story: Story, number: int, customer: int, fen: int) -> None:
    """A red packet that was opened and paid."""
    key = UUID(int=(2000 + number) << 64 | 5)
    operation = (2000 + number) << 16
    story.attempt("redpacket.open", operation, 20 + number, SUCCESS, 20, 1, 0, 0, 0.1)
    story.ack("redpacket.open", operation, key, 20 + number, SUCCESS, 20, 1, business=f"p:{number}", customer=customer, shown_fen=fen)
    story.effect("redpacket.open", key, customer, 20 + number, fen, f"p:{number}")
    story.tables["payouts"].append({"ref": f"E-{key}", "customer": customer, "amount_fen": fen})
    post(story, f"p-{number}", "GL-CAMPAIGN", account(customer), fen)


def claim(story: Story, customer: int, asked: str) -> None:
    """A claim that was granted: the item recorded is sku-1, whatever was asked."""
    key, operation = UUID(int=3000 << 64 | 5), 3000 << 16
    story.attempt("claim.submit", operation, 30, SUCCESS, 20, 1, 0, 0, 0.1)
    story.ack(
        "claim.submit",
        operation,
        key,
        30,
        SUCCESS,
        20,
        1,
        100,
        business=f"c:{customer}",
        customer=customer,
        terms=granted_terms(asked, "b"),
    )
    story.effect("claim.submit", key, customer, 30, 100, f"c:{customer}")


def post(story: Story, txn: str, payer: str, payee: str, fen: int) -> None:
    """Both legs of a posting."""
    story.tables["ledger"].append({"txn": txn, "account": payer, "debit_fen": fen, "credit_fen": 0})
    story.tables["ledger"].append({"txn": txn, "account": payee, "debit_fen": 0, "credit_fen": fen})


def balance(story: Story) -> None:
    """Balances as the ledger has them."""
    sums: dict[str, int] = {account(customer): 0 for customer in range(CUSTOMERS)}
    for leg in story.tables["ledger"]:
        sums[str(leg["account"])] = sums.get(str(leg["account"]), 0) + int(str(leg["credit_fen"])) - int(str(leg["debit_fen"]))
    story.tables["accounts"] = [
        {"account": name, "balance_fen": fen, "may_be_negative": not name.startswith("AC-")} for name, fen in sums.items()
    ]


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


def test_a_payment_still_in_its_time_is_named_with_its_age(tmp_path: Path) -> None:
    """Opened two seconds before the last record: that is on its way, no breach; its money may be there or not."""
    story = booked(tmp_path / "run")
    packet(story, 9, 15, 60)
    story.tables["payouts"].pop()
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


def refusal(story: Story, op: str, reason: str, at_s: float = 40, customer: int = 15, **asked: object) -> None:
    """A refusal that says why."""
    operation = 5000 << 16
    story.attempt(op, operation, at_s, REFUSAL, 20, 1, 0, 0, 0.1)
    story.ack(op, operation, UUID(int=5000 << 64 | 5), at_s, REFUSAL, 20, customer=customer, code=REASONS[reason], **asked)  # type: ignore[arg-type]  # by name


def told_wrong_amount(story: Story) -> None:
    """A refusal of an amount that an earlier answer had told."""
    operations: dict[str, dict[str, dict[str, object]]] = story.target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["account.balance"]["extract"]["face_fen"] = "$.f"
    operations["redpacket.open"]["effect"]["amount"] = "{face_fen}"
    refusal(story, "redpacket.open", "amount", amount_fen=50, business="p:15")


REFUSALS: list[tuple[str, str, Callable[[Story], None], str]] = [
    (
        "stock was left",
        "sold out",
        lambda story: refusal(story, "claim.submit", "sold_out", terms=granted_terms("sku-1", "b")),
        "throughout",
    ),
    (
        "funds suffice",
        "no funds",
        lambda story: refusal(story, "transfer.submit", "insufficient", amount_fen=OPENING_FEN),
        f"with {OPENING_FEN} fen at least",
    ),
    ("nothing was claimed", "claimed already", lambda story: refusal(story, "claim.submit", "already", business="c:15"), "it was not"),
    ("the bell has rung", "too early", lambda story: refusal(story, "claim.submit", "too_early", at_s=50), "after the bell"),
    ("the system said how much", "the amount is wrong", told_wrong_amount, "that the system itself had told"),
    ("the campaign is on", "it is over", lambda story: refusal(story, "claim.submit", "ended"), "while it was on"),
]


@pytest.mark.parametrize(("change", "words"), [case[2:] for case in REFUSALS], ids=[f"{case[1]}, but {case[0]}" for case in REFUSALS])
def test_a_reason_that_the_books_contradict_is_named(tmp_path: Path, change: Callable[[Story], None], words: str) -> None:
    """One refusal among many is enough."""
    story = booked(tmp_path / "run")
    change(story)
    found = said(story)["honest-refusals"]
    assert (found.status, found.measured) == ("FAIL", 1)
    assert words in found.evidence[0]


def test_reasons_that_the_books_bear_out_are_correct_answers(tmp_path: Path) -> None:
    """Claimed already by whoever has it, no funds for more than there is, sold out once the last one is gone."""
    story = booked(tmp_path / "run")
    story.tables["stock"][0] |= {"initial": 1, "remaining": 0}
    refusal(story, "claim.submit", "already", business="c:5", customer=5)
    refusal(story, "transfer.submit", "insufficient", amount_fen=OPENING_FEN + 1)
    refusal(story, "claim.submit", "sold_out", terms=granted_terms("sku-1", "b"))
    refusal(story, "transfer.submit", "amount", amount_fen=OPENING_FEN)  # of an amount that is the customer's own idea
    found = said(story)["honest-refusals"]
    assert found.status == "PASS", found.evidence
