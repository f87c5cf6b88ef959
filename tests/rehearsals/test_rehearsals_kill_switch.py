"""A whole rehearsal of the campaign's kill switch."""

import pytest
from killing import BRIEF
from rehearsing import SHORT, Lab, left_running, said

pytestmark = pytest.mark.rehearsal

DRILL = "kill-switch-sentiment"
PRIZES = SHORT["campaign"]["prizes"] | {"stock": 100_000, "per_customer": 1000}
GATES = [
    f"time to pause of {DRILL} <= 10 s",
    f"time to notice of {DRILL} <= 10 s",
    f"time to acknowledge of {DRILL} <= 10 s",
    f"trips of {DRILL} == 1",
    f"grants after pause of {DRILL} <= 0",
]


def test_a_pause_that_holds_in_one_centre_only_fails_by_what_is_granted_after_it(lab: Lab) -> None:
    """And by nothing else: the campaign is paused in time, people are told, and one takes it up."""
    lab.target(pauses_one_centre=True)
    sale = BRIEF["phases"][0] | {"lasts": "27 s", "arrivals": "20/s"}
    drill = BRIEF["drills"][0] | {"drill": DRILL, "deadline": "6 s", "window": "2 s"}
    campaign = {"prizes": PRIZES, "kill_switch": True}
    outcome = lab.rehearse(BRIEF, phases=[sale], drills=[drill], campaign=campaign, gates=GATES)
    assert outcome.code == 1, said(outcome)
    assert [finding["id"] for finding in lab.verdict()["findings"] if finding["status"] == "FAIL"] == [f"gate: {GATES[-1]}"]
    assert lab.events("system.kill_switch_acknowledged")
    assert left_running(lab) == []
