"""What was lost has its share of the work again, or a gate says that it has not."""

from pathlib import Path

import pytest
from handmade import Story, ticks
from handmade_stories import said

from scenarios.run.fault_event_kinds import FaultEffective, FaultHealed, FaultInjecting, FaultUndone

GATE = "least site share of primary-kill >= 10 %"


@pytest.mark.parametrize(
    ("healed_s", "shares", "status", "words"),
    [
        (20, ((20, 60, 3),), "PASS", "(site B)"),
        (20, ((20, 40, 2), (40, 60, 0)), "FAIL", "(site B)"),  # it was there, and is no more
        (20, ((20, 40, 0), (40, 60, 3)), "PASS", "(site B)"),  # nobody came back at once
        (62, ((15, 60, 2),), "INVALID", "was not healed while there was load"),
    ],
)
def test_each_site_has_its_share_at_the_end(
    tmp_path: Path, healed_s: float, shares: tuple[tuple[float, float, int], ...], status: str, words: str
) -> None:
    """Every so-manieth effect is answered by B; looked at in the last window of the load alone."""
    story = Story(tmp_path / "run")
    story.target["sites"] = ["A", "B"]  # type: ignore[assignment]  # a list
    story.scenario["gates"] = [GATE]
    story.scenario["drills"] = [{"drill": "primary-kill", "at": "15 s", "deadline": 15, "window": 10}]
    who = {"drill": "primary-kill", "strike": "primary-kill", "fault": "process-kill"}
    story.tell("watchdog", 15, FaultInjecting(**who))
    story.tell("watchdog", 15.05, FaultEffective(evidence="gone", **who))
    story.tell("watchdog", healed_s - 0.5, FaultUndone(**who))
    story.tell("watchdog", healed_s, FaultHealed(evidence="whole", **who))
    for from_s, to_s, every in shares:
        for number, at_s in enumerate(ticks(from_s, to_s, 10)):
            story.site = b"B" if every and number % every == 0 else b"A"
            story.ask("transfer.submit", at_s)
    found = said(story)[f"gate: {GATE}"]
    assert (found.status, words in f"{found.detail} {found.evidence}") == (status, True), found
