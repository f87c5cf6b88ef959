"""What a service reports of itself is held against what customers know."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads_back

from reports.checks.invariants.kpi_truth import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from reports.measures.kpis import things_a_person
from scenarios.run.outcomes import Outcome


def reported(folder: Path, done: object = 5, people: object = 4) -> Story:
    """Four customers check in, one of them on two days; two are refused; of one nobody knows, and it is not there."""
    story = brief(folder)
    maps(story, "card.bind", "cards", {"business": "{customer}"})
    for number, customer in enumerate((1, 2, 3, 4, 4)):
        happens(story, "card.bind", number, 100 + customer, 5)
    happens(story, "card.bind", 11, 107, 5, Outcome.REFUSAL)
    happens(story, "card.bind", 12, 108, 5, Outcome.UNKNOWN)
    reads_back(story, "kpis", "kpis", "op", "done", "customers")
    story.tables["kpis"] = [{"op": "card.bind", "done": done, "customers": people}]
    return story


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def test_true_figures_pass(tmp_path: Path) -> None:
    """What was refused is not done, and what is there is, though the customer does not know."""
    found = judged(reported(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "1 operation reported, no figures off by more than 1%"), found.evidence
    story = reported(tmp_path / "resolved", 6, 5)
    happens(story, "card.bind", 13, 109, 6, Outcome.UNKNOWN, there=True)
    assert judged(story).status == "PASS"


@pytest.mark.parametrize(
    ("done", "people", "sentence"),
    [
        (7, 4, "card.bind: 7 done by the service, 5 by the customers"),
        (4, 4, "card.bind: 4 done by the service, 5 by the customers"),
        (5, 5, "card.bind: 5 customers by the service, 4 by the customers"),
        (5, 0, "card.bind: 0 customers by the service, 4 by the customers"),
    ],
)
def test_other_figures_are_named(tmp_path: Path, done: int, people: int, sentence: str) -> None:
    """With both."""
    found = judged(reported(tmp_path / "run", done, people))
    assert (found.status, found.measured) == ("FAIL", 1)
    assert found.evidence == (sentence,)


@pytest.mark.parametrize(("told", "status"), [(198, "PASS"), (202, "PASS"), (203, "FAIL"), (197, "FAIL")])
def test_a_large_figure_may_be_off_by_a_hundredth(tmp_path: Path, told: int, status: str) -> None:
    """Of 200 two."""
    story = brief(tmp_path / "run")
    maps(story, "card.bind", "cards", {"business": "{customer}"})
    for number in range(200):
        happens(story, "card.bind", number, 100 + number, 5)
    reads_back(story, "kpis", "kpis", "op", "done", "customers")
    story.tables["kpis"] = [{"op": "card.bind", "done": told, "customers": 200}]
    assert judged(story).status == status


def test_what_is_not_read_back_leaves_room_for_what_nobody_knows(tmp_path: Path) -> None:
    """Two successes and an unknown one are two or three."""
    for told, status in ((1, "FAIL"), (2, "PASS"), (3, "PASS"), (4, "FAIL")):
        story = brief(tmp_path / str(told))
        maps(story, "card.bind", "cards", {"business": "{customer}"})
        for number, outcome in enumerate((Outcome.SUCCESS, Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.REFUSAL)):
            happens(story, "card.bind", number, 100, 5, outcome)
        del story.tables["cards"]
        del story.target["readback"]["tables"]["cards"]  # type: ignore[index]  # a story's target is plain data
        reads_back(story, "kpis", "kpis", "op", "done", "customers")
        story.tables["kpis"] = [{"op": "card.bind", "done": told, "customers": 1}]
        assert judged(story).status == status, told


def test_a_service_without_figures_is_not_judged_by_them(tmp_path: Path) -> None:
    """Nor is what it does not report."""
    with pytest.raises(NotMapped, match="has no figures of its own"):
        judged(brief(tmp_path / "unmapped"))
    story = reported(tmp_path / "run")
    story.tables["kpis"] = []
    assert judged(story).detail.startswith("no operation reported")


def test_things_a_person_does(tmp_path: Path) -> None:
    """Different ones that they succeeded in, of those who did any: three of one and one of another make two."""
    story = brief(tmp_path / "run")
    for number, (op, customer) in enumerate((("a", 1), ("a", 1), ("b", 1), ("c", 1), ("a", 2))):
        if op not in story.effectful:
            maps(story, op, f"rows-{op}", {"business": "{key}"})
        happens(story, op, number, 500 + customer, 5)
    happens(story, "b", 9, 502, 5, Outcome.REFUSAL)
    evidence = read_evidence(story.write())
    ours = evidence.keys.select(evidence.keys.customer > 500)
    assert things_a_person(ours) == 2
