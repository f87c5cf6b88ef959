"""Connections as phones have them: shared or each customer's own, lost and made anew at the bell."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests
from locustfiles_kit import FEW, drive, made, planned, scenario, serving, stop_when_they_have_gone, target

from locustfiles.engine.engine import Engine
from scenarios.plan.scenario import Scenario
from scenarios.run.folder import Plan
from scenarios.run.latency import latency_us
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_NEW_CONNECTION, FLAG_UNSENT, Records
from scenarios.target.model import Target

RINGS_S = 4.0
"""When the bell rings: later than an engine on a busy machine may begin, so that all have come and wait."""
LATE_S = 10.0
"""What it may come late by at the most."""
OWN = {"per": "customer"}


def _sale(rate: float = 30.0, **connections: object) -> Scenario:
    """Customers come for four seconds, the bell rings, and nobody comes any more."""
    phases = [{"name": "before", "lasts": RINGS_S, "arrivals": rate}, {"name": "after", "lasts": 2.0, "arrivals": 0}]
    return scenario({"at-the-bell": 1}, phases=phases, campaign={"bell": "after"}, connections=connections)


def _op(plan: Plan, samples: Records, name: str) -> Records:
    return samples[samples["operation_index"] == plan.operations.index(name)]


def _fresh(samples: Records) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return samples["flags"] & FLAG_NEW_CONNECTION > 0


def test_each_customers_own_connection_lasts_from_his_coming_to_his_leaving(tmp_path: Path) -> None:
    """One handshake a visit, at its first question; and the service has none left when all have gone."""
    seen = [0]

    def look(engine: Engine) -> None:
        """How many connections there are at most while customers wait for the bell."""
        while not engine.ready:
            time.sleep(0.01)
        with requests.Session() as asking:
            while seen[0] <= engine.totals.planned * 0.8 and time.monotonic_ns() < engine.t0_ns + int((RINGS_S + LATE_S) * 1e9):
                seen[0] = max(seen[0], int(asking.get(f"{base}/open", timeout=10).text))
                time.sleep(0.01)

    with serving() as base:
        run, plan = planned(tmp_path, target(base), _sale(**OWN))
        engine = drive(run, plan, meanwhile=look)
        made, left = (int(requests.get(f"{base}/{what}", timeout=10).text) for what in ("made", "open"))
    samples = run.samples()
    visits = len(set((samples["operation_id"] >> 16).tolist()))
    assert visits == engine.totals.planned > 60
    assert _fresh(_op(plan, samples, "zone.get")).all()
    assert _fresh(samples).sum() == visits == engine.connections.made == made - 2  # two are the test's own
    assert seen[0] > visits * 0.8, "customers who wait keep their connections"
    assert left <= 2


def test_a_share_of_customers_shakes_hands_anew_at_the_bell_and_that_is_latency(tmp_path: Path) -> None:
    """About four in ten, whoever they are; the time of connecting is told apart and lies inside the latency."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base), _sale(100, **OWN, reconnect_at_bell=0.4))
        drive(run, plan)
    claims = _op(plan, run.samples(), "claim.submit")
    fresh = claims[_fresh(claims)]
    deviation = (0.4 * 0.6 / len(claims)) ** 0.5
    assert len(fresh) / len(claims) == pytest.approx(0.4, abs=4 * deviation)
    assert (fresh["handshake_us"] > 0).all()
    assert (latency_us(fresh) >= fresh["handshake_us"]).all()
    assert not _fresh(_op(plan, run.samples(), "streak.get")).any()


def test_a_pools_customers_reconnect_at_the_bell_too(tmp_path: Path) -> None:
    """All of them, when all have lost theirs. They come for longer than an engine may be late: at once, each would need his own."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base), _sale(40, reconnect_at_bell=1.0))
        drive(run, plan)
    samples = run.samples()
    assert _fresh(_op(plan, samples, "claim.submit")).all()
    assert not _fresh(_op(plan, samples, "zone.get")).all()


@pytest.mark.parametrize("connections", [{}, OWN], ids=["a pool's", "customers' own"])
def test_a_service_without_keep_alive_gets_a_connection_for_each_request(tmp_path: Path, connections: dict[str, object]) -> None:
    """Closed after its answer; those to another service at the same address are kept as ever."""
    with serving() as base:
        said = target(base).model_dump(mode="json", by_alias=True, exclude_unset=True)
        said["services"]["anew"] = {"base": base, "keep_alive": False}
        said["operations"]["streak.get"]["service"] = "anew"
        run, plan = planned(
            tmp_path, Target.model_validate(said), scenario({"at-the-bell": 1}, **FEW, campaign={"bell": "stay"}, connections=connections)
        )
        drive(run, plan, meanwhile=stop_when_they_have_gone)
        deadline = time.monotonic() + 30
        while (left := int(requests.get(f"{base}/open", timeout=10).text)) > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
    samples = run.samples()
    anew = samples["operation_index"] == plan.operations.index("streak.get")
    assert (samples["outcome"] == Outcome.SUCCESS).all()
    assert _fresh(samples[anew]).all()
    assert len(samples[anew]) > 0
    assert not _fresh(samples[~anew]).all()
    assert left <= 1, "the test's own"


_LOAD = """
import resource
import sys
from pathlib import Path
from locustfiles.crowd.workload import prepare_crowd
from locustfiles.engine.engine import Engine
from scenarios.run.folder import Run, fix_t0
resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
run = Run(Path(sys.argv[1]))
crowd = prepare_crowd(run.plan())
engine = Engine(run, fix_t0(run, run.plan(), lead_s=1.0), {}, crowd)
engine.run()
print(engine.troubles)
"""


def test_what_exceeds_this_machines_own_connections_is_unsent_by_the_generator(tmp_path: Path) -> None:
    """Room for forty-odd where a hundred customers wait: not the target's fault, and said so."""
    with serving() as base:
        run, _plan = made(tmp_path, target(base), _sale(**OWN))
        done = subprocess.run([sys.executable, "-c", _LOAD, str(run.folder)], capture_output=True, text=True, timeout=60, check=True)
    samples = run.samples()
    unsent = samples[samples["flags"] & FLAG_UNSENT > 0]
    assert 0 < len(unsent) < len(samples)
    assert set(unsent["outcome"].tolist()) == {Outcome.FAILURE}
    assert "a load process holds 44 of them at most" in done.stdout
