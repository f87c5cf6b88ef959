"""Who sends a key again is owed a word; who is never answered is found, and what befalls everybody is no finding of the probes'."""

from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, SHED, SUCCESS, UNKNOWN
from handmade_stories import healthy, rescued, said

import reports
from scenarios.run.outcomes import Outcome, Probe


def probed(folder: Path, came: list[Outcome | None], others: Outcome = SUCCESS, since_s: float = 5) -> Story:
    """Sixty honest transfers with their outcome, and so many keys sent again with theirs."""
    story = Story(folder)
    story.probes()
    for at_s in ticks(since_s, 55, 1.2):
        story.ask("transfer.submit", at_s, others, effect=others is SUCCESS)
    again(story, came, since_s)
    return story


def again(story: Story, came: list[Outcome | None], since_s: float) -> None:
    """Keys sent a second time, a second apart."""
    for number, outcome in enumerate(came):
        key = story.ask("transfer.submit", since_s + number, probe=Probe.FIRST)
        business, operation = f"transfer:{story._arrivals}", (story._arrivals - 1) << 16
        story.attempt("transfer.submit", operation, since_s + number + 0.5, outcome or UNKNOWN, 10, 2, 0, 0, 0.1)
        story.ack("transfer.submit", operation, key, since_s + number + 0.5, outcome, 10, 2, 100, business=business, probe=Probe.REPLAY)


@pytest.mark.parametrize("came", [UNKNOWN, SHED, None], ids=["an error", "busy", "nothing"])
def test_a_key_that_is_never_answered_is_found(tmp_path: Path, came: Outcome | None) -> None:
    """Each time, while everybody else is answered."""
    story = probed(tmp_path / "run", [came] * 4)
    found = said(story)["probes-answered"]
    assert (found.status, found.measured) == ("FAIL", 4), found.detail
    assert "transfer.submit replay: 4 of 4 without an answer, of other requests 0 of" in found.evidence[0]
    assert reports.judge_run(story.folder).word == "FAIL"


@pytest.mark.parametrize(("came", "status"), [(FAILURE, "FAIL"), (SHED, "PASS")])
def test_a_no_to_a_key_that_had_its_yes_is_another_answer_and_being_sent_away_is_none(tmp_path: Path, came: Outcome, status: str) -> None:
    """What was answered is named."""
    found = said(probed(tmp_path / "run", [came, *[SUCCESS] * 11]))["idempotency-answers"]
    assert found.status == status
    assert [line.partition(": ")[2] for line in found.evidence] == ["replay owed the same answer, got a failure"] * (status == "FAIL")


def test_one_without_an_answer_may_be_chance(tmp_path: Path) -> None:
    """Of a dozen; a connection may break."""
    assert said(probed(tmp_path / "run", [UNKNOWN, *[SUCCESS] * 11]))["probes-answered"].status == "PASS"


def test_what_befalls_everybody_is_no_finding_of_the_probes(tmp_path: Path) -> None:
    """A system that is out of order is found by its gates."""
    assert said(probed(tmp_path / "run", [UNKNOWN] * 8, UNKNOWN))["probes-answered"].status == "PASS"


def test_a_fault_excuses_silence(tmp_path: Path) -> None:
    """In the outage and its aftermath nobody is asked."""
    story = rescued(tmp_path / "run", down_s=3)
    again(story, [UNKNOWN] * 3, 25.1)
    assert "probes-answered" not in said(story)


def test_after_a_recovery_keys_are_answered_again(tmp_path: Path) -> None:
    """A new primary that has forgotten them is found."""
    story = rescued(tmp_path / "run", down_s=3)
    again(story, [UNKNOWN] * 6, 48)
    assert said(story)["probes-answered"].status == "FAIL"


def test_a_wrong_answer_is_an_answer(tmp_path: Path) -> None:
    """It is found as such, and by that name."""
    found = said(probed(tmp_path / "run", [FAILURE] * 4))
    assert (found["probes-answered"].status, found["idempotency-answers"].status) == ("PASS", "FAIL")


def test_where_nobody_asks_again_nothing_is_said(tmp_path: Path) -> None:
    """A scenario without probes."""
    story = Story(tmp_path / "run")
    story.crowd(0, 60)
    story.ack("transfer.submit", 1 << 40, UUID(int=9 << 64 | 1), 30, SUCCESS, 20, business="transfer:9")
    assert "probes-answered" not in said(story)


@pytest.mark.parametrize(
    ("outcome", "status"), [(Outcome.REFUSAL, "PASS"), (Outcome.FAILURE, "PASS"), (SUCCESS, "FAIL"), (Outcome.SHED, "SKIPPED")]
)
def test_what_is_anothers_is_refused(tmp_path: Path, outcome: Outcome, status: str) -> None:
    """However it is refused; who gets it is named. It counts neither as a failure of the service nor as one of its refusals."""
    story = healthy(tmp_path / "run")
    story.ask("redpacket.open", 20, outcome, customer=3, probe=Probe.FOREIGN, business="P-7", effect=False)
    found = said(story)
    assert found["foreign-effect"].status == status, found["foreign-effect"].detail
    if outcome is SUCCESS:
        assert "redpacket.open of another's P-7 succeeds" in found["foreign-effect"].detail
    others = [name for name, finding in found.items() if finding.status in ("FAIL", "INVALID") and name != "foreign-effect"]
    assert others == []
