"""What is moved without an answered challenge, by another's, an old one or one that was used is named."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.step_up import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from reports.measures.step_up import costs, proofs, rules_of
from scenarios.run.outcomes import Outcome, Probe

LARGE = 50_000
RULE = {"by": "challenge.answer", "within_s": 3, "from_fen": LARGE}


def sent(folder: Path, count: int = 4) -> Story:
    """So many customers from 100 on send a large sum a second after they have answered, and one a small sum without."""
    story = brief(folder)
    maps(story, "challenge.answer", "answers", {"business": "{challenge}", "id": "$.id"}, "/challenges/{challenge}", of_fen="", payee="")
    moves = {"from": "{customer}", "to": "AC-{payee}"}
    effect = {"business": "{key}", "id": "$.id", "amount": "{fen}", "shown": "$.fen", "moves": moves, "stepped_up": RULE}
    maps(story, "send.large", "sent", effect, "/send/{payee}/{fen}", ref="", payee="")
    for number in range(count):
        sends(story, number)
    if count:
        moved(story, 90, 190, 5, fen=LARGE - 1, ref="")
    return story


def answers(story: Story, number: int, customer: int, at_s: float, *, fen: int = LARGE, there: bool = True) -> str:
    """An answered challenge's id."""
    happens(story, "challenge.answer", number, customer, at_s, there=there, of_fen=fen, payee="AC-7")
    return str(story.tables["answers"][-1]["id"]) if there else ""


def moved(story: Story, number: int, customer: int, at_s: float, *, fen: int = LARGE, **row: object) -> None:
    """A transfer that was acknowledged."""
    happens(story, "send.large", 200 + number, customer, at_s, fen=fen, **({"payee": "AC-7"} | row))


def sends(story: Story, number: int, *, after_s: float = 1) -> None:
    """First the answer, so much later the transfer."""
    ref = answers(story, number, 100 + number, 5)
    moved(story, number, 100 + number, 5 + after_s, ref=ref)


def without(story: Story) -> None:
    """Nobody answered."""
    moved(story, 10, 110, 6, ref="")


def before_it(story: Story) -> None:
    """Answered when it was done."""
    moved(story, 10, 110, 6, ref=answers(story, 10, 110, 8))


def by_anothers(story: Story) -> None:
    """By somebody else's answer."""
    moved(story, 10, 110, 6, ref=answers(story, 10, 111, 5))


def too_late(story: Story) -> None:
    """Four seconds after the answer."""
    sends(story, 10, after_s=4)


def twice(story: Story) -> None:
    """Two by one answer."""
    sends(story, 10)
    moved(story, 11, 110, 6.5, ref=str(story.tables["answers"][-1]["id"]))


def of_another_sum(story: Story) -> None:
    """The answer was given for less."""
    moved(story, 10, 110, 6, ref=answers(story, 10, 110, 5, fen=LARGE - 7))


def to_another(story: Story) -> None:
    """The answer was given for another payee."""
    moved(story, 10, 110, 6, ref=answers(story, 10, 110, 5), payee="AC-666")


def forged_answer(story: Story) -> None:
    """A forged answer is told to be right."""
    operation = 77_000 << 16
    story.attempt("challenge.answer", operation, 5, Outcome.SUCCESS, 20, 1, 0, 0, 0.1)
    key = UUID(int=77 << 64 | 9)
    story.ack("challenge.answer", operation, key, 5, Outcome.SUCCESS, 20, business="CH-x", customer=110, probe=Probe.FOREIGN)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (without, "50000 fen of customer 110, done without an answer of theirs before it"),
    (without, "names no challenge, which nobody answered"),
    (before_it, "50000 fen of customer 110, done without an answer of theirs before it"),
    (before_it, "is 2.0 s older than the answer to"),
    (by_anothers, "50000 fen of customer 110, done without an answer of theirs before it"),
    (by_anothers, "of customer 111"),
    (too_late, "s after customer 110 had answered; good for 3 s"),
    (too_late, "was 4.0 s old; good for 3 s"),
    (twice, "50000 fen of customer 110, done without an answer of theirs before it"),
    (twice, "lets through 2: "),
    (of_another_sum, "is for 49993 fen"),
    (to_another, "goes to AC-666; "),
    (forged_answer, "challenge.answer CH-x: customer 110 is told that a forged answer is right"),
]


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def test_what_is_behind_an_answered_challenge_passes(tmp_path: Path) -> None:
    """Small sums need none; an answer that nobody knows the end of may have been one."""
    story = sent(tmp_path / "run")
    happens(story, "challenge.answer", 20, 120, 5, Outcome.UNKNOWN, there=True, of_fen=LARGE, payee="AC-7")
    moved(story, 20, 120, 6, ref=str(story.tables["answers"][-1]["id"]))
    found = judged(story)
    assert (found.status, found.detail) == ("PASS", "5 effects behind a challenge acknowledged; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[f"{defect.__name__}-{number}" for number, (defect, _) in enumerate(DEFECTS)])
def test_what_is_let_through_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """What customers saw, and what the rows tell."""
    story = sent(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_challenges_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody asked."""
    with pytest.raises(NotMapped, match="no effect in the target's file needs an answered challenge"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run asked for what may need a challenge"):
        judged(sent(tmp_path / "nobody", count=0))


def test_what_a_challenge_costs_is_told_with_and_without(tmp_path: Path) -> None:
    """A transfer that was challenged first, and took until its second answer."""
    story = sent(tmp_path / "run")
    operation, key = 77_000 << 16, UUID(int=(10_000 + 203) << 64 | 9)
    story.attempt("send.large", operation, 4, Outcome.CHALLENGE, 20, 1, 0, 0, 0.1)
    story.ack("send.large", operation, key, 4, Outcome.CHALLENGE, 20, 1, LARGE, business="send.large:203", customer=103)
    evidence = read_evidence(story.write())
    [cost] = costs(evidence, rules_of(evidence))
    assert (cost.op, cost.asked, cost.challenged) == ("send.large", 5, 1)
    assert [round(float(ms)) for ms in cost.with_ms] == [2020]
    assert len(cost.without_ms) == 4
    assert proofs(evidence, rules_of(evidence)) == (4, 0)
