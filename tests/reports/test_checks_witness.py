"""The read-back is cross-examined: what it hides, makes up or tells otherwise than customers see is named, with whose it is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_plan import T0_MS
from handmade_stories import said

from reports.finding import merge
from scenarios.run.event_kinds import CustomersAsked
from scenarios.run.statements import Statement, ToldEffect
from scenarios.target.view_reading import Standing

BALANCE_FEN = 5_000


def witnessed(folder: Path) -> Story:
    """Customers 1 to 3 have claimed, 1 has redeemed, 4 has paid 3; each was asked afterwards, and tells what the read-back tells."""
    story = Story(folder)
    story.scenario["pulse"] = None
    story.scenario["population"] = {"customers": 10}
    _map(story.target)
    story.probes()
    claims = {customer: story.ask("claim.submit", 10 + customer, customer=customer) for customer in (1, 2, 3)}
    story.ask("redpacket.open", 20, customer=1)
    paid = story.ask("transfer.submit", 21, customer=4)
    story.tables["accounts"] = [
        {"account": "house", "balance_fen": -(10**9), "may_be_negative": True},
        {"account": "people", "balance_fen": 10**9 - 4 * BALANCE_FEN, "may_be_negative": False},
        *({"account": f"AC-{customer}", "balance_fen": BALANCE_FEN, "may_be_negative": False} for customer in (1, 2, 3, 4)),
    ]
    people = story.tables["ledger"][1]
    people["credit_fen"] = 10**9 - 4 * BALANCE_FEN
    story.tables["ledger"] += [
        {"txn": "open", "account": f"AC-{customer}", "debit_fen": 0, "credit_fen": BALANCE_FEN} for customer in (1, 2, 3, 4)
    ]
    story.statements = [
        *(told for customer, key in claims.items() for told in _lists(customer, key)),
        *(Statement(customer, "account.balance", 0, f"AC-{customer}", answered=True, value=BALANCE_FEN) for customer in (1, 2, 3, 4)),
        Statement(4, "campaign.get", 2, f"E-{paid}", answered=True, value=Standing.DONE, fen=100),
    ]
    story.tell("door", story.lasts_s + 2, CustomersAsked())
    return story


def _lists(customer: int, key: UUID) -> list[Statement]:
    """A customer's coupons by name, and how many packets were opened."""
    coupon = ToldEffect(f"E-{key}", 100, T0_MS + 10_000)
    packets = (ToldEffect(None, None, None),) if customer == 1 else ()
    return [
        Statement(customer, "campaign.get", 0, answered=True, rows=(coupon,)),
        Statement(customer, "campaign.get", 1, answered=True, rows=packets),
    ]


def _map(target: dict[str, object]) -> None:
    operations: dict[str, dict[str, object]] = target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["account.balance"]["shows"] = {"balance": {"account": "{account}", "fen": "$.fen"}}
    operations["account.balance"]["extract"] = {"account": "$.account"}
    operations["campaign.get"]["shows"] = {
        "rows": [
            {"of": "claim.submit", "rows": "$.coupons", "effect": "$.id", "fen": "$.fen", "at_ms": "$.at"},
            {"of": "redpacket.open", "rows": "$.packets"},
        ],
    }
    operations["payment.status"] = {
        "service": "bank",
        "path": "/payment",
        "shows": {"state": {"of": "transfer.submit", "effect": "id", "state": "$.st", "done": ["OK"]}},
    }
    target["world"] = {"module": "handmade"}


def tell(story: Story, place: int, **otherwise: object) -> None:
    """A customer was shown something else."""
    assert story.statements
    story.statements[place] = replace(story.statements[place], **otherwise)  # type: ignore[arg-type]  # by name


def row_hidden(story: Story) -> None:
    """The read-back leaves out a grant that its customer sees."""
    story.tables["grants"].pop(0)


def amount_otherwise(story: Story) -> None:
    """The read-back tells another amount than the customer sees."""
    story.tables["grants"][0]["amount_fen"] = 90


def worth_otherwise(story: Story) -> None:
    """The read-back tells no amounts, and the customer sees another one than was asked for."""
    for row in story.tables["grants"]:
        del row["amount_fen"]
    tell(story, 0, rows=tuple(replace(row, fen=90) for row in story.statements[0].rows))  # type: ignore[index]  # there are some


def anothers(story: Story) -> None:
    """The read-back says whose it is, and it is in another's list."""
    story.tables["grants"][0]["customer"] = 7


def made_up(story: Story) -> None:
    """The read-back shows a grant that its customer does not see."""
    tell(story, 0, rows=())


def too_few_packets(story: Story) -> None:
    """A customer sees a packet opened of which the read-back knows nothing."""
    story.tables["redpackets"].pop(0)


def balance_otherwise(story: Story) -> None:
    """A fee is taken that ledger and accounts do not show."""
    tell(story, 6, value=BALANCE_FEN - 100)


def not_done(story: Story) -> None:
    """The payer is told that the payment failed."""
    tell(story, 10, value=Standing.OTHERWISE)


def not_there(story: Story) -> None:
    """The payer is told that there is no such payment."""
    tell(story, 10, value=Standing.ABSENT)


def paid_otherwise(story: Story) -> None:
    """The payer is shown another amount."""
    tell(story, 10, fen=99)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (row_hidden, "customer 1, campaign.get: E-{0} of 100 fen is listed, the read-back does not have it"),
    (amount_otherwise, "customer 1, campaign.get: E-{0} is of 100 fen, in the read-back of 90"),
    (worth_otherwise, "customer 1, campaign.get: E-{0} is of 90 fen, and 100 were asked for"),
    (anothers, "customer 1, campaign.get: E-{0} is listed, in the read-back it is customer 7's"),
    (made_up, "customer 1, campaign.get: E-{0} is not listed, in the read-back it is theirs"),
    (too_few_packets, "customer 1, campaign.get: 1 of redpacket.open listed, 0 in the read-back"),
    (balance_otherwise, "customer 1, account.balance: AC-1 holds 4900 fen, in the read-back 5000"),
    (not_done, "customer 4, payment.status: E-{1} is not done, in the read-back it is done"),
    (not_there, "customer 4, payment.status: E-{1} is not there, in the read-back it is done"),
    (paid_otherwise, "customer 4, payment.status: E-{1} is of 99 fen, in the read-back of 100"),
]


def asked_of_payments(story: Story) -> Story:
    """The last statement is of the operation that is mapped for it."""
    tell(story, 10, operation="payment.status", view=0)
    return story


def test_a_read_back_that_tells_what_customers_see_passes(tmp_path: Path) -> None:
    """It says how many were asked, and how much was compared."""
    found = said(asked_of_payments(witnessed(tmp_path / "run")))
    assert found["witness"].status == "PASS", found["witness"].evidence
    assert "4 customers asked; 9 rows and balances compared" in found["witness"].detail
    assert merge(found.values()) == "PASS"


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_what_the_read_back_tells_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """FAIL, with the customer and the row."""
    story = asked_of_payments(witnessed(tmp_path / "run"))
    grant, paid = story.tables["grants"][0]["id"], story.tables["transfers"][-1]["id"]
    defect(story)
    found = said(story)["witness"]
    assert found.status == "FAIL", found.detail
    assert sentence.format(str(grant)[2:], str(paid)[2:]) in found.evidence


def test_what_was_there_before_the_run_is_not_held_against_it(tmp_path: Path) -> None:
    """Older by its own time; or, where the world is older than the run and rows tell no time, unknown to this run's customers."""
    story = asked_of_payments(witnessed(tmp_path / "run"))
    old = ToldEffect("E-of-last-year", 100, T0_MS - 10_000_000)
    assert story.statements
    tell(story, 0, rows=(*story.statements[0].rows, old))
    assert said(story)["witness"].status == "PASS"
    story.folder = tmp_path / "older"
    del story.target["world"]
    tell(story, 0, rows=(*story.statements[0].rows, replace(old, at_ms=None)))
    tell(story, 1, rows=(ToldEffect(None, None, None), ToldEffect(None, None, None)))
    assert said(story)["witness"].status == "PASS"
    story.folder = tmp_path / "hidden"
    story.tables["grants"].pop(0)
    assert said(story)["witness"].status == "FAIL"


def test_what_is_promised_may_be_paid_between_the_read_back_and_the_question(tmp_path: Path) -> None:
    """Its own sum more, and not a fen beyond."""
    story = asked_of_payments(witnessed(tmp_path / "run"))
    operations: dict[str, dict[str, dict[str, object]]] = story.target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["redpacket.open"]["effect"]["pays"] = {"from": "house", "within_s": 60}
    tell(story, 6, value=BALANCE_FEN + 100)
    assert said(story)["witness"].status == "PASS"
    story.folder = tmp_path / "beyond"
    tell(story, 6, value=BALANCE_FEN + 101)
    assert said(story)["witness"].status == "FAIL"


def test_a_full_list_says_nothing_of_what_is_not_in_it(tmp_path: Path) -> None:
    """A page that is cut cannot show everything."""
    story = asked_of_payments(witnessed(tmp_path / "run"))
    operations: dict[str, dict[str, dict[str, list[dict[str, object]]]]] = story.target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["campaign.get"]["shows"]["rows"][0]["most"] = 1
    story.ask("claim.submit", 30, customer=1, business="claim:again")
    assert said(story)["witness"].status == "PASS"


def test_without_witnesses_the_read_back_is_not_taken_for_true(tmp_path: Path) -> None:
    """Nobody could be asked, or nobody got an answer: INVALID with the reason. Not mapped: skipped, with the reason."""
    story = asked_of_payments(witnessed(tmp_path / "run"))
    story.statements = None
    story.events = [("door", story.lasts_s + 2, CustomersAsked(reason="it took longer than 45 s"))]
    found = said(story)["witness"]
    assert (found.status, "it took longer than 45 s" in found.detail) == ("INVALID", True)
    story.folder, story.statements = tmp_path / "mute", [Statement(1, "account.balance", 0, "AC-1", reason="account.balance answers 503")]
    found = said(story)["witness"]
    assert (found.status, "account.balance answers 503" in found.detail) == ("INVALID", True)
    story = witnessed(tmp_path / "unmapped")
    for operation in story.target["operations"].values():  # type: ignore[attr-defined]  # as handmade_plan has it
        operation.pop("shows", None)
    found = said(story)["witness"]
    assert (found.status, "`shows`" in found.detail) == ("SKIPPED", True)


def _trespass(value: int | None, *, answered: bool = True) -> Statement:
    return Statement(3, "account.balance", 0, "AC-4", answered=answered, value=value, owner=4, reason="" if answered else "it is busy")


def test_another_customers_account_is_refused(tmp_path: Path) -> None:
    """Who tries it is refused; what they are shown of it is a finding, and no customer's word against the read-back."""
    story = witnessed(tmp_path / "run")
    assert story.statements
    assert said(story)["foreign-account"].status == "SKIPPED"
    for name, (trespass, status) in {
        "refused": (_trespass(None), "PASS"),
        "shown": (_trespass(77), "FAIL"),
        "unanswered": (_trespass(None, answered=False), "SKIPPED"),
    }.items():
        story.folder = tmp_path / name
        story.statements.append(trespass)
        found = said(story)
        assert (found["foreign-account"].status, found["witness"].status) == (status, "PASS"), name
        if status == "FAIL":
            assert "customer 3, account.balance of customer 4's AC-4: is shown 77 fen" in found["foreign-account"].detail
        story.statements.pop()


def _borrowed(value: int, *, answered: bool = True) -> Statement:
    return Statement(
        3, "claim.submit", 0, answered=answered, value=value, fen=500 if value else None, owner=4, under_key=True, reason="busy"
    )


def test_another_customers_key_is_not_answered_with_their_effect(tmp_path: Path) -> None:
    """Who tries it gets no answer of its owner's; it says nothing of accounts, nor against the read-back."""
    story = witnessed(tmp_path / "run")
    assert story.statements
    for name, (borrowed, status) in {
        "kept": (_borrowed(0), "PASS"),
        "told": (_borrowed(1), "FAIL"),
        "unanswered": (_borrowed(0, answered=False), "SKIPPED"),
    }.items():
        story.folder = tmp_path / name
        story.statements.append(borrowed)
        found = said(story)
        assert (found["foreign-key"].status, found["foreign-account"].status, found["witness"].status) == (status, "SKIPPED", "PASS"), name
        if status == "FAIL":
            assert "customer 3, claim.submit under customer 4's key: is told their effect of 500 fen" in found["foreign-key"].detail
        story.statements.pop()


def _named(value: int, *, answered: bool = True) -> Statement:
    return Statement(3, "transfer.status", 0, "TR-1", answered=answered, value=value, owner=4, of_effect=True, reason="busy")


def test_another_customers_effect_is_neither_shown_nor_done(tmp_path: Path) -> None:
    """Who names it by its id is refused; it says nothing of accounts or keys, nor against the read-back."""
    story = witnessed(tmp_path / "run")
    assert story.statements
    for name, (tried, status) in {
        "refused": (_named(0), "PASS"),
        "shown": (_named(1), "FAIL"),
        "unanswered": (_named(0, answered=False), "SKIPPED"),
    }.items():
        story.folder = tmp_path / name
        story.statements.append(tried)
        found = said(story)
        others = [found[each].status for each in ("foreign-key", "foreign-account", "witness")]
        assert (found["foreign-effect"].status, *others) == (status, "SKIPPED", "SKIPPED", "PASS"), name
        if status == "FAIL":
            assert "customer 3: transfer.status of customer 4's TR-1 succeeds" in found["foreign-effect"].detail
        story.statements.pop()


def _again(*values: int | None, own: bool = True, reason: str = "claim.submit answers 500") -> list[Statement]:
    """Who sends an old request again under a key, each with what came of it: 1 the first answer, 0 another one, None no answer."""
    return [
        Statement(3, "claim.submit", 0, answered=value is not None, value=value, owner=3 if own else 4, under_key=True, reason=reason)
        for value in values
    ]


ALL_MUTE = _again(None, None, None)
OTHERS = _again(0, 0, 0, own=False)
OLD_KEYS = {
    "remembered": (_again(1, 1, 1), "PASS", "3 old requests answered"),
    "forgotten": (_again(1, 0, 1), "FAIL", "customer 3, claim.submit again under its own key: is not told the same"),
    "one unanswered": (_again(None), "SKIPPED", "answers 500"),
    "some unanswered": (_again(1, None, None), "PASS", "1 old request answered"),
    "all turned away": (_again(None, None, None, reason="claim.submit answers 503"), "SKIPPED", "answers 503"),
    "all unanswered": (
        ALL_MUTE,
        "FAIL",
        "claim.submit again under its own key: none of 3 customers is answered (claim.submit answers 500)",
    ),
    "all unanswered after a drill": (ALL_MUTE, "SKIPPED", "answers 500"),
    "all unanswered after a drill, and others too": ([*ALL_MUTE, *_again(0, 0, None, own=False)], "SKIPPED", "answers 500"),
    "all unanswered after a drill, and others not": ([*ALL_MUTE, *OTHERS], "FAIL", "none of 3 customers is answered"),
}


@pytest.mark.parametrize("name", OLD_KEYS)
def test_an_old_request_sent_again_is_told_the_same(tmp_path: Path, name: str) -> None:
    """Long after, and after a failover; it says nothing of others' keys, nor against the read-back."""
    statements, status, words = OLD_KEYS[name]
    story = witnessed(tmp_path / "run")
    assert story.statements
    story.statements += statements
    if "drill" in name:
        story.scenario["pulse"] = {"operations": ["campaign.get"], "rate": 10}
        story.drill(30)
    found = said(story)
    assert (found["own-key"].status, words in found["own-key"].detail, found["witness"].status) == (status, True, "PASS"), found["own-key"]
