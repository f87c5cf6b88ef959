"""A statement that is not what was paid is named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads_back

from reports.checks.invariants.statements import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.target.effects import moved_terms


def collected(folder: Path, orders: int = 3) -> Story:
    """So many orders of 1, 2 and 3 yuan each for merchants 1 and 2, in statements of two days."""
    story = brief(folder)
    effect: dict[str, object] = {"business": "{key}", "moves": {"from": "{customer}", "to": "M-{customer}"}, "collects": True}
    maps(story, "shop.pay", "orders", effect, payer="", payee="")
    reads_back(story, "statements", "statements", "account", "orders", "total_fen")
    for merchant in (1, 2) if orders else ():
        account = f"M-{merchant}"
        for number in range(orders):
            order = 10 * merchant + number
            happens(
                story, "shop.pay", order, 100 + order, 5, fen=100 * (number + 1), terms=moved_terms("P", account), payer="P", payee=account
            )
        story.tables["statements"] += [
            {"account": account, "orders": 1, "total_fen": 100},
            {"account": account, "orders": orders - 1, "total_fen": 500},
        ]
    return story


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def order_left_out(story: Story) -> None:
    """The second day has forgotten one."""
    story.tables["statements"][1] |= {"orders": 1, "total_fen": 300}


def another_sum(story: Story) -> None:
    """As many orders, a fen short."""
    story.tables["statements"][2]["total_fen"] = 99


def of_nobody(story: Story) -> None:
    """Told to a merchant whom nobody paid."""
    story.tables["statements"].append({"account": "M-9", "orders": 1, "total_fen": 5})


def no_statement(story: Story) -> None:
    """None at all for the first."""
    del story.tables["statements"][:2]


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (order_left_out, "M-1: 2 orders of 400 fen in the statement, 3 orders of 600 fen were paid"),
    (another_sum, "M-2: 3 orders of 599 fen in the statement, 3 orders of 600 fen were paid"),
    (of_nobody, "M-9: 1 order of 5 fen in the statement, no order of 0 fen were paid"),
    (no_statement, "M-1: no order of 0 fen in the statement, 3 orders of 600 fen were paid"),
]


def test_statements_of_what_was_paid_pass(tmp_path: Path) -> None:
    """Of several days together."""
    found = judged(collected(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "2 merchants, 6 orders of ¥12.00; none with another statement")


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_statement_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The merchant, and both figures."""
    story = collected(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert (found.status, found.evidence) == ("FAIL", (sentence,))


def test_statements_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody was paid."""
    with pytest.raises(NotMapped, match="no effect in the target's file stands in a statement"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no merchant of this run was paid anything"):
        judged(collected(tmp_path / "nobody", 0))
