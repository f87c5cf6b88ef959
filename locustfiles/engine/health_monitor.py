"""Watches an engine from outside its thread: reads what it has recorded, keeps its events, and passes the samples on.

Everything shown of a running load (Locust's statistics too) is made from the samples in the run folder, so the two cannot disagree.
"""

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from locustfiles.engine.clock_drift import ClockDrift, ReadClock, since_boot_ns
from locustfiles.engine.engine import Engine
from scenarios.run.event_kinds import LoadFinished, LoadHealth, LoadReady, LoadSealed
from scenarios.run.folder import Run
from scenarios.run.latency import dispatch_lag_us
from scenarios.run.records import FLAG_CENSORED, FLAG_NOT_SENT, FLAG_UNSENT, SAMPLE, Records

_HEALTH_NS = 1_000_000_000
_KEPT_BACK = FLAG_NOT_SENT | FLAG_UNSENT | FLAG_CENSORED
_MOST_REASONS = 20


class GcPauses:
    """The longest pause of the garbage collector since it was last asked."""

    def __init__(self) -> None:
        """Listens to the collector."""
        self._began = 0.0
        self._longest_s = 0.0
        gc.callbacks.append(self._heard)

    def _heard(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self._longest_s = max(self._longest_s, time.perf_counter() - self._began)

    def take_ms(self) -> float:
        """It, in milliseconds."""
        longest_s, self._longest_s = self._longest_s, 0.0
        return longest_s * 1000

    def close(self) -> None:
        """Listens no more."""
        gc.callbacks.remove(self._heard)


class HealthMonitor:
    """One engine's reader and diarist. Use from one thread."""

    def __init__(
        self, engine: Engine, run: Run, pass_on: Callable[[Records], None] = lambda _fresh: None, *, wall_ns: ReadClock = time.time_ns
    ) -> None:
        """`pass_on` receives all new samples, each once; `wall_ns` is the wall clock."""
        self._engine = engine
        self._path = run.samples_folder / f"{engine.writer}.bin"
        self._events = run.event_writer(engine.writer, engine.t0_ns)
        self._pass_on = pass_on
        self._read = 0
        self._failures_told = 0
        self._told_ready = False
        self._lags_us: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        self._pauses = GcPauses()
        self._wall, self._sleep = ClockDrift(wall_ns), ClockDrift(since_boot_ns)
        self._since_ns = time.monotonic_ns()
        self._cpu_s = time.process_time()
        self._began_cpu_s = self._cpu_s
        self._queued_ns = 0

    def poll(self) -> None:
        """Takes in what is new; once a second it writes the health down. Meant to be called several times a second."""
        engine = self._engine
        if not engine.ready:
            return
        now_ns = time.monotonic_ns()
        if not self._told_ready:
            self._told_ready = True
            figures = engine.totals
            self._events.write(LoadReady(arrivals=figures.planned, late_s=round(figures.late_s, 3)), now_ns)
            self._begin_second(now_ns)
        self._take()
        self._tell_failures(now_ns)
        if now_ns - self._since_ns >= _HEALTH_NS:
            self._write_health(now_ns)

    def _take(self) -> None:
        count = self._engine.recorder.count
        if count == self._read:
            return
        fresh: Records = np.fromfile(self._path, SAMPLE, count - self._read, offset=self._read * SAMPLE.itemsize)
        self._read = count
        sent = fresh[fresh["flags"] & _KEPT_BACK == 0]
        self._lags_us.append(dispatch_lag_us(sent))
        self._pass_on(fresh)

    def _tell_failures(self, now_ns: int) -> None:
        """Journeys that broke: the first of each kind, named at once."""
        fresh = self._engine.journey_failures[self._failures_told :]
        for failure in fresh[: _MOST_REASONS - self._failures_told]:
            self._events.write(failure, now_ns)
        self._failures_told += len(fresh)

    def _write_health(self, now_ns: int) -> None:
        lasted_ns = now_ns - self._since_ns
        cpu_s, queued_ns = time.process_time(), _run_queue_ns(self._engine.thread)
        lags = np.concatenate(self._lags_us) if self._lags_us else np.zeros(1, np.int64)
        lags = lags if len(lags) else np.zeros(1, np.int64)
        health = LoadHealth(
            cpu_share=round((cpu_s - self._cpu_s) * 1e9 / lasted_ns, 4),
            lag_ms=round(float(np.quantile(lags, 0.99)) / 1000, 3),
            lag_max_ms=round(float(lags.max()) / 1000, 3),
            stall_ms=round(self._engine.take_stall_ns() / 1e6, 3),
            in_flight=self._engine.in_flight,
            customers=self._engine.customers,
            connection_queue=self._engine.connection_queue,
            run_delay_share=None if queued_ns is None else round(max(0, queued_ns - self._queued_ns) / lasted_ns, 4),
            gc_ms=round(self._pauses.take_ms(), 3),
            wall_step_ms=round(self._wall.take_ms(), 3),
            slept_ms=round(self._sleep.take_ms(), 3),
        )
        self._events.write(health, now_ns)
        self._since_ns, self._cpu_s, self._queued_ns = now_ns, cpu_s, queued_ns or 0
        self._lags_us.clear()

    def _begin_second(self, now_ns: int) -> None:
        """What building the crowd has cost is nothing that customers met."""
        self._since_ns, self._cpu_s, self._queued_ns = now_ns, time.process_time(), _run_queue_ns(self._engine.thread) or 0
        self._pauses.take_ms()

    def close(self, foreign: Sequence[str] = ()) -> None:
        """After the engine has ended: the last samples, and the sum of it all. `foreign` names what users of one's own asked for."""
        engine = self._engine
        if engine.ready:
            self.poll()
            now_ns = time.monotonic_ns()
            if now_ns > self._since_ns:
                self._write_health(now_ns)
            figures = engine.totals
            finished = LoadFinished(
                offered=figures.offered,
                sent=figures.sent,
                not_sent=figures.not_sent,
                unsent=figures.unsent,
                cancelled=figures.cancelled,
                arrivals=figures.planned,
                late_s=round(figures.late_s, 3),
                cpu_s=round(time.process_time() - self._began_cpu_s, 3),
                broken_journeys=dict(engine.broken_journeys.most_common(_MOST_REASONS)),
                connections=engine.connections,
                troubles=dict(engine.troubles.most_common(_MOST_REASONS)),
                unread=dict(engine.unread.most_common(_MOST_REASONS)),
                foreign=list(foreign),
            )
            self._events.write(finished, now_ns)
            if engine.recorder.seals:
                self._events.write(LoadSealed(files=engine.recorder.seals, sent=figures.sent), now_ns)
        self._pauses.close()
        self._events.close()


def _run_queue_ns(thread: int) -> int | None:
    """How long a thread has waited for a core in all; None where the system does not tell."""
    try:
        return int(Path(f"/proc/self/task/{thread}/schedstat").read_text("ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return None
