"""A pause is kept, whatever the questions before it were."""

import time
from pathlib import Path

from locustfiles_kit import drive, planned, scenario, serving, target

from locustfiles.engine.engine import Engine


def _stop_soon(engine: Engine) -> None:
    """After two seconds of load: far less than customers look at the zone page."""
    while not engine.ready or time.monotonic_ns() < engine.t0_ns + 2_000_000_000:
        time.sleep(0.05)
    engine.stop()


def test_who_thinks_after_several_answers_at_once_is_not_asked_to_hurry(tmp_path: Path) -> None:
    """Most customers still look at the zone page when the load is stopped, so few apps have reported what was seen."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base), scenario({"zone-page": 1}, lasts=600, rate=40))
        drive(run, plan, meanwhile=_stop_soon)
    samples = run.samples()
    zones = (samples["operation_index"] == plan.operations.index("zone.get")).sum()
    beacons = (samples["operation_index"] == plan.operations.index("beacon.post")).sum()
    assert zones > 40
    assert beacons < zones / 2
