"""Where customers are hurt for longer than is allowed, what hurts them is taken back at once."""

import pytest
from rehearsing import SHORT, Lab

pytestmark = pytest.mark.rehearsal


def test_what_hurts_customers_is_taken_back_before_anything_is_read_back(lab: Lab) -> None:
    """Nobody gets leave to claim while the risk decision errs, which is to last a minute: a gate ends it after two seconds."""
    plan = SHORT | {
        "phases": [{"name": "sale", "lasts": "90 s", "arrivals": "14/s"}],
        "pulse": {"operations": ["account.balance", "activity.token"], "rate": 20},
        "drills": [{"drill": "risk-errors", "at": "14 s", "deadline": "60 s", "settings": {"lasts_s": 60}}],
        "gates": ["success ratio of activity.token >= 80 % abort after 2 s"],
    }
    process = lab.start("run", lab.scenario(plan), "--out", str(lab.runs))
    out, err = process.communicate(timeout=180)
    assert process.returncode == 1, f"{out}\n{err}"
    (breach,), (undone,) = lab.events("gate.breached"), lab.events("fault.undone")
    after_s = (undone["at_ns"] - breach["at_ns"]) / 1e9
    assert after_s < 2, f"it was undone {after_s:.2f} s after the gate had stopped the run"
    assert all(undone["at_ns"] < read["at_ns"] for read in lab.events("readback.captured"))
    assert lab.finding("taken-back")["status"] == "PASS"
