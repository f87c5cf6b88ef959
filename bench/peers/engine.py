"""The crowd engine, with every sample and ack recorded; what it recorded is held against what the stub has answered."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.kit.crowd import Crowd, crowd, target
from bench.kit.measuring import Job, Window
from bench.kit.peers import Running
from scenarios.run.outcomes import Outcome

_TOLERATED = 0.02
_ON_THEIR_WAY = 200
"""How far the two counts may be apart, besides the time that the target takes to tell its own: what is under way at the window's ends."""

_RUSH_S = 0.5


@dataclass(frozen=True)
class _Engine:
    name: str = "engine"
    works: tuple[str, ...] = ("post", "json", "journey")

    def missing(self) -> str:
        """Never."""
        return ""

    @contextmanager
    def start(self, job: Job) -> Iterator[Running]:
        """A closed loop of so many customers."""
        journey = f"bench-{job.work}"
        rush_s = max(_RUSH_S, job.customers / 4000)
        phases = [(rush_s, job.customers / rush_s), (job.lasts_s, 0.0)]
        around = {"BENCH_THINK": str(job.think_s)}
        to = target(job.base, job.path, job.stub.certificate if job.tls else None, http2=job.http2)
        with crowd(to, journey, phases, core=job.core, folder=job.folder, customers=max(2000, job.customers), environment=around) as made:
            try:
                yield Running(made.process, confirm=lambda window: _confirm(made, window))
            finally:
                shutil.rmtree(made.run.folder)


def _confirm(made: Crowd, window: Window) -> None:
    made.end()
    samples = made.samples()
    if not (samples["outcome"] == Outcome.SUCCESS).all():
        raise SystemExit("bench: the stub's answers are all successes, but the engine has recorded others")
    recorded = made.recorded(window)
    unsure = window.requests * (_TOLERATED + window.blur_ns / (window.end_ns - window.begin_ns)) + _ON_THEIR_WAY
    if abs(recorded - window.requests) > unsure:
        raise SystemExit(f"bench: the engine recorded {recorded} of the {window.requests} requests that the stub answered")


PEER = _Engine()
