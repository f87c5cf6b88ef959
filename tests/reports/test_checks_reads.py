"""What reads show is held against what customers were told, and were shown before: staler, emptier or other than that is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from handmade import Story
from handmade_plan import OPERATIONS, SUCCESS, UNKNOWN
from handmade_stories import said

from reports.finding import merge
from scenarios.run.fault_event_kinds import FaultInjecting
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT, answer_digest
from scenarios.run.system_event_kinds import SystemPromoted
from scenarios.target.effects import granted_terms
from scenarios.target.view_reading import Standing

OPENING_FEN = 10_000
STOCK = 100
BALANCE, COUPONS, LEFT, STATE, FUNDS = range(5)
"""The kinds of looks: a balance; and, in one operation, coupons, what is left of sku-1, how a transfer stands, whether so much is there."""

_STALE_S = 0.5


def read(folder: Path, *, opening: bool = True) -> Story:
    """Customer 1 pays customer 2 at 10 s, customer 3 opens a packet at 11 s and claims at 12 s; and there are looks at all of it."""
    story = Story(folder, stock=STOCK)
    story.scenario |= {"pulse": None, "population": {"customers": 10, "opening_balance_fen": OPENING_FEN}}
    _map(story.target, opening=opening)
    story.probes()
    story.tables["transfers"][-1] |= {"payer": "AC-8", "payee": "AC-9"}
    pay(story, 10)
    story.ask("redpacket.open", 11, customer=3, amount_fen=60)
    claim(story, 12)
    return story


def _map(target: dict[str, object], *, opening: bool) -> None:
    operations: dict[str, dict[str, dict[str, object]]] = target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["transfer.submit"]["effect"]["moves"] = {"from": "AC-{customer}", "to": "AC-{customer}"}
    operations["claim.submit"]["effect"]["grants"] = {"item": "sku-1", "batch": "b"}
    operations["redpacket.open"]["effect"]["pays"] = {"from": "house", "within_s": 5}
    operations["account.balance"]["shows"] = {"balance": {"account": "AC-{customer}", "fen": "$.fen"}}
    operations["campaign.get"]["shows"] = {
        "state": {"of": "transfer.submit", "effect": "no", "state": "$.st", "done": ["OK"], "stale_s": _STALE_S},
        "rows": [{"of": "claim.submit", "rows": "$.coupons", "most": 2}],  # type: ignore[dict-item]  # several lists
        "stock": {"rows": "$.stock", "item": "$.sku", "left": "$.left", "stale_s": _STALE_S},
        "funds": {"account": "AC-{customer}", "asked": "{amount_fen}", "enough": "$.allowed == true"},
    }
    target["books"] = {"account": "AC-{customer}"} | ({} if opening else {"opening": None})
    tables: dict[str, dict[str, object]] = target["readback"]["tables"]  # type: ignore[index]  # as handmade_plan has it
    tables["transfers"] |= {"parties": {"from": "{payer}", "to": "{payee}"}}
    tables["transfers"]["fields"] |= {"payer": "$.payer", "payee": "$.payee"}  # type: ignore[operator]  # a mapping


def pay(story: Story, at_s: float, fen: int = 500, *, payer: int = 1, payee: int = 2, outcome: Outcome = SUCCESS) -> str:
    """A transfer that takes a tenth of a second; gives the effect's name."""
    key = story.ask("transfer.submit", at_s, outcome, 100, customer=payer, amount_fen=fen, effect=True)
    story.tables["transfers"][-1] |= {"payer": f"AC-{payer}", "payee": f"AC-{payee}"}
    return f"E-{key}"


def claim(story: Story, at_s: float, *, customer: int = 3, outcome: Outcome = SUCCESS, there: bool = True) -> None:
    """A claim that takes a tenth of a second."""
    number = story._arrivals
    story._arrivals += 1
    key, operation, business = UUID(int=(number + 1) << 64 | 9), number << 16, f"claim:{number}"
    story.attempt("claim.submit", operation, at_s, outcome, 100, 1, 0, 0, 0.1)
    story.ack("claim.submit", operation, key, at_s, outcome, 100, business=business, customer=customer, terms=granted_terms("sku-1", "b"))
    if there:
        story.effect("claim.submit", key, customer, at_s, NO_AMOUNT, business)
        story.tables["grants"][-1].pop("amount_fen")


def look(story: Story, kind: int, at_s: float, value: int, *, customer: int = 1, of: str = "", fen: int = NO_AMOUNT) -> None:
    """What a customer was shown; the answer takes 20 ms."""
    op = "account.balance" if kind == BALANCE else "campaign.get"
    view = {BALANCE: 0, STATE: 0, COUPONS: 1, LEFT: 2, FUNDS: 3}[kind]
    own = of or f"AC-{customer}"
    subject = {BALANCE: own, FUNDS: own, STATE: of, COUPONS: "", LEFT: granted_terms("sku-1", "b")}[kind]
    number = story._arrivals
    story._arrivals += 1
    story.attempt(op, number << 16, at_s, SUCCESS, 20, 1, 0, 0, 0.1)
    sent_ns = round(at_s * 1e9)
    digest = answer_digest(subject) if subject else 0
    story.shown.append(
        (number << 16, digest, sent_ns, sent_ns + 20_000_000, value, fen, customer, OPERATIONS.index(op), view, story.site, b"", 1)
    )


def transfer_of(story: Story) -> str:
    """The effect's name of the payment at 10 s."""
    return str(story.tables["transfers"][1]["id"])


def all_well(story: Story) -> None:
    """Looks before, while and after, each of which may be so."""
    look(story, BALANCE, 9, OPENING_FEN)
    look(story, BALANCE, 10.05, OPENING_FEN - 500)  # while it is under way: either
    look(story, BALANCE, 10.2, OPENING_FEN - 500)
    look(story, BALANCE, 9.99, OPENING_FEN, customer=2)
    look(story, BALANCE, 10.11, OPENING_FEN, customer=2)  # another's clock
    look(story, BALANCE, 10.3, OPENING_FEN + 500, customer=2)
    look(story, BALANCE, 11.5, OPENING_FEN, customer=3)  # promised, and still in its time
    look(story, BALANCE, 17, OPENING_FEN + 60, customer=3)
    look(story, COUPONS, 11.9, 0, customer=3)
    look(story, COUPONS, 12.2, 1, customer=3)
    look(story, STATE, 10.3, Standing.ABSENT, of=transfer_of(story))  # half a second is allowed it
    look(story, STATE, 10.7, Standing.DONE, of=transfer_of(story), fen=500)
    look(story, LEFT, 11, STOCK)
    look(story, LEFT, 12.05, STOCK - 1)
    look(story, LEFT, 12.5, STOCK)
    look(story, LEFT, 13, STOCK - 1)
    look(story, FUNDS, 9, 1, fen=OPENING_FEN)
    look(story, FUNDS, 10.05, 1, fen=OPENING_FEN)  # while it is under way: either
    look(story, FUNDS, 10.06, 0, fen=OPENING_FEN)
    look(story, FUNDS, 10.2, 0, fen=OPENING_FEN - 499)
    look(story, FUNDS, 10.2, 1, fen=OPENING_FEN - 500)
    look(story, FUNDS, 10.2, 0, fen=1, of="AC-of-another")  # of whose it is nothing is known


def old_balance(story: Story) -> None:
    """Who has paid reads the balance of before."""
    look(story, BALANCE, 10.2, OPENING_FEN)


def payee_waits(story: Story) -> None:
    """The payee reads the balance of before, long after the payer was told."""
    look(story, BALANCE, 10.3, OPENING_FEN, customer=2)


def never_paid_out(story: Story) -> None:
    """A packet that was opened is not in the balance when its time is over."""
    look(story, BALANCE, 17, OPENING_FEN, customer=3)


def fee(story: Story) -> None:
    """A fen less than there must be."""
    look(story, BALANCE, 20, OPENING_FEN - 501)


def before_it_was_asked(story: Story) -> None:
    """A payment that nobody has asked for yet is in the balance."""
    look(story, BALANCE, 9, OPENING_FEN - 500)


def no_coupon(story: Story) -> None:
    """Who was granted a coupon reads an empty list."""
    look(story, COUPONS, 12.2, 0, customer=3)


def still_unknown(story: Story) -> None:
    """More than half a second later there is no such transfer."""
    look(story, STATE, 10.7, Standing.ABSENT, of=transfer_of(story))


def said_failed(story: Story) -> None:
    """The transfer is said to have failed."""
    look(story, STATE, 10.65, Standing.OTHERWISE, of=transfer_of(story))


def another_sum(story: Story) -> None:
    """The transfer is shown with another amount."""
    look(story, STATE, 20, Standing.DONE, of=transfer_of(story), fen=499)


def balance_goes_back(story: Story) -> None:
    """A payment whose payer was never answered is read, and then it is not."""
    pay(story, 20, outcome=UNKNOWN)
    look(story, BALANCE, 21, OPENING_FEN - 1000)
    look(story, BALANCE, 22, OPENING_FEN - 500)


def coupon_goes(story: Story) -> None:
    """A grant whose customer was never answered is read, and then it is not."""
    claim(story, 20, customer=4, outcome=UNKNOWN)
    look(story, COUPONS, 21, 1, customer=4)
    look(story, COUPONS, 22, 0, customer=4)


def state_goes_back(story: Story) -> None:
    """A payment whose payer was never answered is read to be done, and then not."""
    name = pay(story, 20, outcome=UNKNOWN)
    look(story, STATE, 21, Standing.DONE, of=name)
    look(story, STATE, 22, Standing.OTHERWISE, of=name)


def full_stock(story: Story) -> None:
    """The stock is shown as on the first day."""
    look(story, LEFT, 13, STOCK)


def empty_stock(story: Story) -> None:
    """The stock is shown to be less than it can be."""
    look(story, LEFT, 13, STOCK - 2)


def refused_beforehand(story: Story) -> None:
    """Who has enough is told beforehand that they have not."""
    look(story, FUNDS, 10.2, 0, fen=OPENING_FEN - 500)


def allowed_beforehand(story: Story) -> None:
    """Who has not enough is told beforehand that they have."""
    look(story, FUNDS, 10.2, 1, fen=OPENING_FEN - 499)


DEFECTS: list[tuple[Callable[[Story], None], str, str]] = [
    (old_balance, "read-your-writes", "customer 1, account.balance at 10.200 s: reads 10000 fen, it must be 9500 by then"),
    (payee_waits, "read-your-writes", "customer 2, account.balance at 10.300 s: reads 10000 fen, it must be 10500 by then"),
    (never_paid_out, "read-your-writes", "customer 3, account.balance at 17.000 s: reads 10000 fen, it must be 10060 by then"),
    (fee, "read-your-writes", "reads 9499 fen, it must be 9500 by then"),
    (before_it_was_asked, "read-your-writes", "reads 9500 fen, it must be 10000 by then"),
    (no_coupon, "read-your-writes", "customer 3, campaign.get at 12.200 s: was told of 1 claim.submit before, and reads 0"),
    (still_unknown, "read-your-writes", "is done, and reads that it is not there"),
    (said_failed, "read-your-writes", "is done, and reads that it is not done"),
    (another_sum, "read-your-writes", "is done, of 500 fen, and reads 499 fen"),
    (refused_beforehand, "read-your-writes", "is told that there is not enough for 9500 fen, there must be 9500 at least"),
    (allowed_beforehand, "read-your-writes", "is told that there is enough for 9501 fen, there can be 9500 at most"),
    (balance_goes_back, "monotonic-reads", "customer 1, account.balance at 22.000 s: reads 9500 fen, and had read 9000 at 21.000 s"),
    (coupon_goes, "monotonic-reads", "customer 4, campaign.get at 22.000 s: had read 1 of claim.submit, and reads 0"),
    (state_goes_back, "monotonic-reads", "customer 1, campaign.get at 22.000 s: had read that it is done, and reads that it is not done"),
    (full_stock, "stock-shown", "reads that 100 of sku-1/b are left, it must be 99 by then"),
    (empty_stock, "stock-shown", "reads that 98 of sku-1/b are left, it must be 99 by then"),
]
FINDINGS = ("read-your-writes", "monotonic-reads", "stock-shown")


def test_reads_that_show_what_customers_know_pass(tmp_path: Path) -> None:
    """Before, while and after; within a declared staleness; and it says how many were kept of how many."""
    story = read(tmp_path / "run")
    all_well(story)
    found = said(story)
    for name in FINDINGS:
        assert found[name].status == "PASS", found[name].evidence
    assert "22 of 22 reads kept, of 3 customers" in found["read-your-writes"].detail
    assert "4 looks at the stock" in found["stock-shown"].detail


@pytest.mark.parametrize(("defect", "finding", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _, _ in DEFECTS])
def test_what_is_shown_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], finding: str, sentence: str) -> None:
    """FAIL by the finding that knows, and by no other of these."""
    story = read(tmp_path / "run")
    all_well(story)
    defect(story)
    found = said(story)
    assert [name for name in FINDINGS if found[name].status == "FAIL"] == [finding], found[finding].detail
    assert found[finding].measured == 1
    assert sentence in found[finding].evidence[0]
    assert merge(found.values()) == "FAIL"


def test_where_the_opening_balance_is_not_known_reads_are_held_against_each_other(tmp_path: Path) -> None:
    """What stood in it before must be the same for all of them."""
    story = read(tmp_path / "run", opening=False)
    for at_s, fen in ((9, 777), (10.2, 277), (20, 277)):
        look(story, BALANCE, at_s, fen)
    assert said(story)["read-your-writes"].status == "PASS"
    story.folder = tmp_path / "stale"
    look(story, BALANCE, 21, 777)
    found = said(story)["read-your-writes"]
    assert (found.status, found.measured) == ("FAIL", 1), found.detail
    assert "at 21.000 s: reads 777 fen, it must be 277 by then" in found.evidence[0]


def cancelled(story: Story, *, promoted: bool = True, outcome: Outcome = UNKNOWN) -> None:
    """A transfer whose wait for the standby was cancelled at 20.05 s is read, and then lost with the only server that had it."""
    pay(story, 20, outcome=outcome)
    story.tables["transfers"].pop()
    story.tell("watchdog", 20.05, FaultInjecting(fault="commits-cancel", drill="sync-wait-cancel", lease="1"))
    look(story, BALANCE, 20.2, OPENING_FEN - 1000)
    if promoted:
        story.tell("system", 20.5, SystemPromoted(source="target", told="promoted"))
    look(story, BALANCE, 21, OPENING_FEN - 500)


def test_a_cancelled_commit_that_was_seen_before_it_was_lost_is_counted_apart(tmp_path: Path) -> None:
    """A known weakness of the database's: told with its number, and no failure; what else is wrong stays one."""
    story = read(tmp_path / "run")
    all_well(story)
    cancelled(story)
    found = said(story)
    assert [found[name].status for name in (*FINDINGS, "shown-before-lost")] == ["PASS"] * 4
    assert found["shown-before-lost"].measured == 1, found["shown-before-lost"].evidence
    story.folder = tmp_path / "later"
    look(story, BALANCE, 22, OPENING_FEN - 1000)
    found = said(story)
    assert (found["read-your-writes"].status, found["read-your-writes"].measured) == ("FAIL", 1)


@pytest.mark.parametrize("otherwise", [{"promoted": False}, {"outcome": SUCCESS}], ids=["nobody else leads", "it was acknowledged"])
def test_what_no_cancelled_commit_explains_is_no_known_weakness(tmp_path: Path, otherwise: dict[str, Any]) -> None:
    """Where no other server has led since, or its customer was told that it is done."""
    story = read(tmp_path / "run")
    cancelled(story, **otherwise)
    found = said(story)
    assert "shown-before-lost" not in found
    assert found["read-your-writes"].status == "FAIL"


def test_a_list_that_is_cut_owes_no_more_rows_than_it_has(tmp_path: Path) -> None:
    """Two at most are shown of three."""
    story = read(tmp_path / "run")
    claim(story, 13)
    claim(story, 14)
    look(story, COUPONS, 20, 2, customer=3)
    assert said(story)["read-your-writes"].status == "PASS"


def test_claims_under_way_may_hold_stock_until_they_come_to_nothing(tmp_path: Path) -> None:
    """A claim that is turned down may have had a piece in its hand; afterwards it has none."""
    story = read(tmp_path / "run")
    claim(story, 20, customer=5, outcome=Outcome.REFUSAL, there=False)
    look(story, LEFT, 20.05, STOCK - 2)
    assert said(story)["stock-shown"].status == "PASS"
    story.folder = tmp_path / "later"
    look(story, LEFT, 22, STOCK - 2)
    assert said(story)["stock-shown"].status == "FAIL"


def test_what_was_granted_before_the_run_is_no_longer_there(tmp_path: Path) -> None:
    """As by `target check`, to a service that keeps its books; since the run began, no such grant excuses a look."""
    story = read(tmp_path / "run")
    look(story, LEFT, 9, STOCK - 1)
    assert said(story)["stock-shown"].status == "FAIL"
    for at_s, folder, status in ((-60, "earlier", "PASS"), (5, "meanwhile", "FAIL")):
        story.folder = tmp_path / folder
        story.effect("claim.submit", UUID(int=77), 9, at_s, NO_AMOUNT, "claim:of-before")
        assert said(story)["stock-shown"].status == status
        story.tables["grants"].pop()


def test_without_reads_or_their_mapping_nothing_is_judged(tmp_path: Path) -> None:
    """Skipped, with the reason; balances alone where nobody's account is known."""
    story = read(tmp_path / "run")
    assert "nobody" in (detail := said(story)["read-your-writes"].detail) or "no customer has looked" in detail
    story.folder = tmp_path / "no-books"
    look(story, COUPONS, 12.2, 1, customer=3)
    look(story, BALANCE, 12.2, 1, customer=3)
    del story.target["books"]
    found = said(story)["read-your-writes"]
    assert (found.status, "has no `books`" in found.detail) == ("PASS", True)
    story.folder = tmp_path / "unmapped"
    for operation in story.target["operations"].values():  # type: ignore[attr-defined]  # as handmade_plan has it
        operation.pop("shows", None)
    found = said(story)["read-your-writes"]
    assert (found.status, "`shows`" in found.detail) == ("SKIPPED", True)


def test_a_stock_of_another_table_may_tell_less(tmp_path: Path) -> None:
    """Of the one how much was put in again, of the other nothing of it: that is nothing known, and no number."""
    story = read(tmp_path / "run")
    all_well(story)
    tables: dict[str, object] = story.target["readback"]["tables"]  # type: ignore[index]  # as handmade_plan has it
    tables["reserve"] = tables["stock"]
    story.tables["reserve"] = [{"item": "sku-2", "batch": "b", "initial": 5, "granted": 0, "remaining": 5}]
    look(story, LEFT, 14, STOCK - 1)
    found = said(story)
    assert [found[name].status for name in ("stock-shown", "stock-conservation")] == ["PASS", "PASS"]
