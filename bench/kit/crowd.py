"""The engine as the product runs it: a Locust process of its own, a run folder, everything recorded, Locust's statistics fed."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.kit.measuring import Window
from bench.kit.processes import started
from bench.kit.stub import NAME, TOKEN
from scenarios.plan.scenario import Scenario
from scenarios.run.event_kinds import LoadHealth, LoadReady
from scenarios.run.events import of_kind
from scenarios.run.folder import Plan, Run, create_run, fix_t0
from scenarios.run.latency import dispatch_lag_us, latency_us
from scenarios.run.records import ACK, SAMPLE, Records, read_records
from scenarios.target.model import Target

ROOT = Path(__file__).parent.parent.parent
JOURNEYS = ROOT / "bench" / "peers"
"""Laid out as a user's own folder, with the journeys of the benches."""

LEAD_S = 4.0
"""From the process's start to T0: Locust's own imports take one of them."""

_SLACK_S = 30.0
_MOST_SAID = 2000


def target(base: str, path: str = "", ca: Path | None = None, *, http2: bool = False) -> Target:
    """The stub, spoken to as a campaign service; every path begins with `path`. Over TLS it is known by `ca`."""
    tls = {"ca": str(ca), "server_name": NAME, "alpn": "h2" if http2 else None} if ca else None
    told = {name: f"$.data.{name}" for name in ("token", "account", "activity_token", "claim_id", "coupon_code", "face_fen", "state")}
    effect = {"business": "{customer}:flash:batch-1", "id": "$.data.claim_id", "amount": "5000", "shown": "$.data.amount_fen"}
    spent = {"business": "{coupon_code}", "id": "$.data.claim_id", "amount": "{face_fen}", "shown": "$.data.amount_fen"}
    claim = {"sku": "{sku}", "batch_id": "batch-1", "activity_token": "{activity_token}"}
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    claimed = {name: told[name] for name in ("claim_id", "coupon_code", "face_fen", "state")}
    operations: dict[str, dict[str, object]] = {
        "post": {"method": "POST", "path": "/v1/post", "authorised": False, "headers": bearer, "body": {"sku": "sku-01"}},
        "get": {"path": "/v1/zone", "authorised": False},
        "json.post": {
            "method": "POST",
            "path": "/v1/activities/flash/claims",
            "authorised": False,
            "headers": bearer,
            "body": claim | {"activity_token": "a-1"},
            "extract": claimed,
            "effect": effect,
        },
        "session.create": {
            "method": "POST",
            "path": "/bank/v1/sessions",
            "authorised": False,
            "body": {"no": "{customer|str}", "phone": "{phone}"},
            "extract": {"token": told["token"], "account": told["account"]},
        },
        "zone.get": {"path": "/v1/campaigns/spring/zone"},
        "campaign.get": {"path": "/v1/campaigns/spring"},
        "stock.get": {"path": "/v1/activities/flash/stock"},
        "activity.token": {"path": "/v1/activities/flash/token", "extract": {"activity_token": told["activity_token"]}},
        "claim.submit": {"method": "POST", "path": "/v1/activities/flash/claims", "body": claim, "extract": claimed, "effect": effect},
        "claim.status": {"path": "/v1/claims/{claim_id}", "extract": {"state": told["state"]}},
        "coupon.list": {"path": "/v1/coupons"},
        "coupon.redeem": {
            "method": "POST",
            "path": "/v1/coupons/{coupon_code}/redemptions",
            "body": {"order_id": "{order_id}", "amount_fen": "{face_fen}"},
            "effect": spent,
        },
    }
    return Target.model_validate(
        {
            "name": "stub",
            "describe": "HAProxy answering fixed JSON",
            "services": {"all": {"base": base, "tls": tls}},
            "site": "header.X-Site",
            "operations": {
                name: {"service": "all", **operation, "path": f"{path}{operation['path']}"} for name, operation in operations.items()
            },
        }
    )


@dataclass(frozen=True)
class Crowd:
    """A crowd at work."""

    process: subprocess.Popen[bytes]
    run: Run
    plan: Plan
    said: Path

    @property
    def t0_ns(self) -> int:
        """T0 on the monotonic clock."""
        return self.plan.t0_monotonic_ns

    def begun(self) -> bool:
        """Whether T0 is over, and the engine is there."""
        return time.monotonic_ns() >= self.t0_ns and self.late_s() is not None

    def late_s(self) -> float | None:
        """How long after T0 the engine was ready; None where it is not yet."""
        told = [event.facts.late_s for event in of_kind(self.run.events(), LoadReady)]
        return told[0] if told else None

    def customers(self) -> int:
        """How many are on their journeys, as the engine wrote down a second ago at most."""
        told = of_kind(self.run.events(), LoadHealth)
        return told[-1].facts.customers if told else 0

    def all_there(self) -> bool:
        """Whether all who were to come are on their journeys; for journeys without an end."""
        told = of_kind(self.run.events(), LoadReady)
        return bool(told) and 0 < told[-1].facts.arrivals <= self.customers()

    def kept_off(self) -> float:
        """Share of the time since T0 that the engine's thread was ready to run and waited for its core."""
        shares = [event.facts.run_delay_share or 0.0 for event in of_kind(self.run.events(), LoadHealth) if event.at_ns > 0]
        return sum(shares) / len(shares) if shares else 0.0

    def end(self, *, now: bool = True) -> None:
        """Lets it close its books, now or when its scenario is over.

        Raises:
            SystemExit: it failed.
        """
        if now and self.process.poll() is None:
            self.process.terminate()
        left_s = (self.t0_ns - time.monotonic_ns()) / 1e9 + self.plan.scenario.lasts_s + self.plan.scenario.drain
        try:
            code = self.process.wait(max(0.0, left_s) + _SLACK_S)
        except subprocess.TimeoutExpired:
            raise SystemExit("bench: the engine's process does not end") from None
        if code:
            raise SystemExit(f"bench: the engine's process ended with code {code}")

    def samples(self) -> Records:
        """All it has recorded."""
        return self.run.samples()

    def acks(self) -> Records:
        """As the samples."""
        return self.run.acks()

    def intended_within(self, begin_s: float, end_s: float) -> Records:
        """Samples by their intended time, in seconds since T0."""
        samples = self.samples()
        return samples[(samples["intended_ns"] >= begin_s * 1e9) & (samples["intended_ns"] < end_s * 1e9)]

    def recorded(self, window: Window) -> int:
        """How many of its samples were done in the window."""
        samples = self.samples()
        done_ns = samples["intended_ns"] + latency_us(samples) * 1000 + self.t0_ns
        return int(((done_ns >= window.begin_ns) & (done_ns < window.end_ns)).sum())

    def bytes_each(self) -> tuple[float, float]:
        """Bytes on disk for each sample and each ack; 0 where there are none."""
        return _bytes_each(self.run.samples_folder, SAMPLE), _bytes_each(self.run.acks_folder, ACK)


def _bytes_each(folder: Path, dtype: "np.dtype[np.void]") -> float:
    files = sorted(folder.glob("*.bin"))
    count = sum(len(read_records(path, dtype)) for path in files)
    return sum(path.stat().st_size for path in files) / count if count else 0.0


def lag_ms(samples: Records) -> npt.NDArray[np.float64]:
    """Dispatch lag of each sample: sent - ready, the wait for a connection apart."""
    lag: npt.NDArray[np.float64] = dispatch_lag_us(samples) / 1000
    return lag


@contextmanager
def crowd(
    to: Target,
    journey: str,
    phases: Sequence[tuple[float, float | list[float]]],
    *,
    core: int,
    folder: Path,
    customers: int = 2000,
    environment: dict[str, str] | None = None,
) -> Iterator[Crowd]:
    """An engine whose customers arrive in phases of (seconds, arrivals per second or from and to), on one journey; the bench ends it."""
    scenario = Scenario.model_validate(
        {
            "name": "bench",
            "describe": "for a measurement",
            "target": "stub",
            "phases": [{"name": f"p{number}", "lasts": lasts, "arrivals": rate} for number, (lasts, rate) in enumerate(phases)],
            "mix": {journey: 1},
            "population": {"customers": customers},
            "drain": 5.0,
        }
    )
    run, plan = create_run(scenario, to, seed=1, workers=1, out=folder / "runs")
    plan = fix_t0(run, plan, lead_s=LEAD_S)
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfiles" / "campaign.py"), "--headless", "--only-summary"]
    around = {"STORMDRILL_RUN": str(run.folder), "STORMDRILL_PATH": str(JOURNEYS), **(environment or {})}
    said = folder / f"{run.name}.log"
    with started(command, core, around, said=said, cwd=ROOT) as process:
        try:
            yield Crowd(process, run, plan, said)
        except SystemExit as error:
            raise SystemExit(f"{error}\n{said.read_text(errors='replace')[:_MOST_SAID]}") from None
