"""A supplier's ledger beside ours: each way in which they can differ is named, and what nobody can know is no difference."""

from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_features import happens, maps
from handmade_plan import FAILURE, SUCCESS, UNKNOWN
from handmade_stories import said

from reports.finding import Status
from scenarios.run.outcomes import Outcome

OP, FEN = "redpacket.open", 500


def traded(folder: Path) -> Story:
    """Three packets that a supplier paid out for us, once each."""
    story = Story(folder)
    story.scenario["pulse"] = None
    fields = {name: f"$.{name}" for name in ("dependency", "did", "ref", "amount_fen", "business")}
    tables = story.target["readback"]["tables"]  # type: ignore[index]  # as handmade_plan has it
    tables["calls"] = {"role": "calls", "service": "bank", "path": "/calls", "fields": fields | {"op": f"'{OP}'"}}
    story.tables["calls"] = []
    story.probes()
    for number in range(3):
        story.effect(OP, opened(story, number, SUCCESS), 1, 20, FEN, f"p:{number}")
        call(story, number)
    call(story, 0, did=0)  # asked again, and not done again
    story.tables["calls"].append({"dependency": "risk", "did": 1})  # for no effect
    return story


def opened(story: Story, number: int, outcome: Outcome) -> UUID:
    """What a customer asked for, and heard."""
    key, operation = UUID(int=(2000 + number) << 64 | 5), (2000 + number) << 16
    story.attempt(OP, operation, 20, outcome, 20, 1, 0, 0, 0.1)
    story.ack(OP, operation, key, 20, outcome, 20, 1, FEN, business=f"p:{number}")
    return key


def call(story: Story, number: int, *, did: int = 1, fen: int = FEN) -> None:
    """A call of ours that reached the supplier."""
    ref = f"E-{UUID(int=(2000 + number) << 64 | 5)}"
    told = {"dependency": "voucher", "op": OP, "ref": ref, "did": did, "amount_fen": fen, "business": f"p:{number}"}
    story.tables["calls"].append(told)


def differ(story: Story, how: str) -> None:
    """Make both ledgers differ."""
    match how:
        case "twice":
            story.tables["calls"][1]["did"] = 2
        case "again":
            call(story, 2)
        case "never":
            del story.tables["calls"][1]
        case "only asked":
            story.tables["calls"][1]["did"] = 0
        case "another sum":
            story.tables["calls"][2]["amount_fen"] = FEN - 1
        case "after a no":
            opened(story, 7, FAILURE)
            call(story, 7)
        case "of nobody":
            call(story, 8)
        case "unknown, twice":
            opened(story, 9, UNKNOWN)
            call(story, 9, did=2)


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ("twice", "with us once, 2 times with the supplier"),
        ("again", "with us once, 2 times with the supplier"),
        ("never", "with us, and not with the supplier"),
        ("only asked", "with us, and not with the supplier"),
        ("another sum", "500 fen with us, 499 fen with the supplier"),
        ("after a no", "with the supplier, and not with us"),
        ("of nobody", "with the supplier, and not with us"),
        ("unknown, twice", "not with us, 2 times with the supplier"),
    ],
)
def test_ledgers_that_differ_are_told_with_the_effect(tmp_path: Path, how: str, named: str) -> None:
    """FAIL, one difference, and what each side says."""
    story = traded(tmp_path / "run")
    differ(story, how)
    found = said(story)["both-ledgers"]
    assert (found.status, found.measured) == (Status.FAIL, 1)
    assert found.evidence[0].startswith(f"{OP} E-00000000-")
    assert found.evidence[0].endswith(named)


def test_ledgers_that_agree(tmp_path: Path) -> None:
    """However often a supplier was asked."""
    found = said(traded(tmp_path / "run"))["both-ledgers"]
    assert (found.status, found.measured) == (Status.PASS, 0)


def test_what_the_supplier_did_and_the_customer_does_not_know_is_open(tmp_path: Path) -> None:
    """It may yet be asked for again: no difference, and counted."""
    story = traded(tmp_path / "run")
    opened(story, 9, UNKNOWN)
    call(story, 9)
    found = said(story)["both-ledgers"]
    assert found.status is Status.PASS
    assert found.detail.endswith("; 1 done by the supplier and unknown to the customer")


def test_ledgers_that_are_not_there_are_no_pass(tmp_path: Path) -> None:
    """Not judged where the target maps none; INVALID where it is not whole or not understood."""
    story = traded(tmp_path / "mapped")
    del story.target["readback"]["tables"]["calls"]  # type: ignore[index]  # as handmade_plan has it
    assert said(story)["both-ledgers"].status is Status.SKIPPED
    story = traded(tmp_path / "odd")
    story.tables["calls"][0]["did"] = "often"
    assert said(story)["both-ledgers"].status is Status.INVALID


def test_what_was_done_by_another_way_as_well_is_named(tmp_path: Path) -> None:
    """The customer does not know how the ordinary way ended, and had it done by hand: done twice, unless the supplier did nothing."""
    for did, status in ((1, Status.FAIL), (0, Status.PASS)):
        story = traded(tmp_path / str(did))
        maps(story, "packet.manual", "by-hand", {"business": "{key}", "instead_of": OP})
        opened(story, 9, UNKNOWN)
        call(story, 9, did=did)
        happens(story, "packet.manual", 9, 9, 30, fen=FEN, business="p:9")
        found = said(story)["both-ledgers"]
        assert found.status is status, found.evidence
        assert not did or found.evidence[0].endswith("with the supplier, and with us once more by packet.manual")


def test_two_ways_of_one_thing_are_one_thing(tmp_path: Path) -> None:
    """A packet that was opened the ordinary way is not opened by hand."""
    for business, status, named in (("p:9", Status.PASS, ()), ("p:1", Status.FAIL, (f"p:1: 2 effects of {OP}",))):
        story = traded(tmp_path / business)
        maps(story, "packet.manual", "by-hand", {"business": "{key}", "instead_of": OP})
        happens(story, "packet.manual", 9, 9, 30, fen=FEN, business=business)
        found = said(story)["once-per-business-key"]
        assert (found.status, found.evidence) == (status, named)
