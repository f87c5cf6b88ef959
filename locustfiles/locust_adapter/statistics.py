"""Feeds Locust's statistics from the samples, in batches: its web page, tables and CSV files then say what the run folder says."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry, StatsError

from scenarios.run.causes import cause
from scenarios.run.folder import Plan
from scenarios.run.latency import latency_us
from scenarios.run.outcomes import NO_ERROR, Outcome
from scenarios.run.records import Records

Times = npt.NDArray[np.float64]


class Statistics:
    """Locust's statistics of one process, and its `request` event for listeners of the user's own."""

    def __init__(self, environment: Environment, plan: Plan, ours: Callable[..., None]) -> None:
        """`ours` is our own listener to Locust's `request` event, which hears of no sample."""
        self._environment = environment
        self._stats: RequestStats = environment.stats
        self._names = plan.operations
        self._methods = [plan.target.operations[name].method for name in plan.operations]
        self._ours = ours
        self.t0_s = time.time() + (plan.t0_monotonic_ns - time.monotonic_ns()) / 1e9

    def feed(self, fresh: Records) -> None:
        """Takes new samples in."""
        done_s = self.t0_s + fresh["intended_ns"] / 1e9 + latency_us(fresh) / 1e6
        bad = ~np.isin(fresh["outcome"], NO_ERROR)
        self._enter(self._stats.total, fresh, done_s, bad)
        for op in np.unique(fresh["operation_index"]):
            mine = fresh["operation_index"] == op
            self._enter(self._stats.entries[self._names[op], self._methods[op]], fresh[mine], done_s[mine], bad[mine])
        self._enter_errors(fresh[bad], done_s[bad])
        if handlers := list(self._listeners()):
            self._tell(handlers, fresh, done_s)

    def _enter(self, entry: StatsEntry, samples: Records, done_s: Times, bad: npt.NDArray[np.bool_]) -> None:
        latency_ms = latency_us(samples) / 1000
        last_s = float(done_s.max())
        if entry.use_response_times_cache and entry.last_request_timestamp and int(last_s) > int(entry.last_request_timestamp):
            entry._cache_response_times(int(last_s) - 1)  # noqa: SLF001 - what StatsEntry.log does when a second is over
        entry.start_time = self.t0_s
        entry.last_request_timestamp = max(last_s, entry.last_request_timestamp or 0.0)
        entry.num_requests += len(samples)
        entry.num_failures += int(bad.sum())
        entry.total_response_time += float(latency_ms.sum())  # type: ignore[assignment]  # Locust says int and adds floats itself
        least, most = float(latency_ms.min()), float(latency_ms.max())
        entry.min_response_time = least if entry.min_response_time is None else min(least, entry.min_response_time)  # type: ignore[assignment]  # as above
        entry.max_response_time = max(most, entry.max_response_time)  # type: ignore[assignment]  # as above
        entry.total_content_length += int(samples["size"].sum())
        _add(entry.response_times, _three_digits(latency_ms))
        _add(entry.num_reqs_per_sec, done_s.astype(np.int64))
        _add(entry.num_fail_per_sec, done_s[bad].astype(np.int64))

    def _enter_errors(self, samples: Records, done_s: Times) -> None:
        kinds, where, counts = np.unique(
            samples[["operation_index", "outcome", "status", "flags"]], return_inverse=True, return_counts=True
        )
        for number, ((op, outcome, status, flags), count) in enumerate(zip(kinds, counts, strict=True)):
            method, name, text = self._methods[op], self._names[op], _error(outcome, status, flags)
            key = StatsError.create_key(method, name, text)
            error = self._stats.errors.setdefault(key, StatsError(method, name, text))
            mine_s = done_s[where == number]
            error.occurrences += int(count)
            error.first_seen = min(float(mine_s.min()), error.first_seen or math.inf)
            error.last_seen = max(float(mine_s.max()), error.last_seen or 0.0)

    def _listeners(self) -> Iterator[Callable[..., None]]:
        """The user's own listeners; Locust's and ours would only count again."""
        for handler in self._environment.events.request._handlers:  # noqa: SLF001 - there is no other way to leave some out
            if handler != self._ours and not handler.__module__.startswith("locust.runners"):
                yield handler

    def _tell(self, handlers: list[Callable[..., None]], fresh: Records, done_s: Times) -> None:
        for sample, latency_ms, at_s in zip(fresh, latency_us(fresh) / 1000, done_s, strict=True):
            outcome = Outcome(sample["outcome"])
            facts: dict[str, Any] = {
                "request_type": self._methods[sample["operation_index"]],
                "name": self._names[sample["operation_index"]],
                "response_time": float(latency_ms),
                "response_length": int(sample["size"]),
                "exception": None if outcome in NO_ERROR else CrowdError(_error(outcome, sample["status"], sample["flags"])),
                "context": {"outcome": outcome.label, "attempt": int(sample["attempt"])},
                "response": None,
                "url": "",
                "start_time": float(at_s - latency_ms / 1000),
            }
            for handler in handlers:
                handler(**facts)


class CrowdError(Exception):
    """What became of a request of the crowd, for listeners."""


def _error(outcome: int, status: int, flags: int) -> str:
    return f"{Outcome(outcome).label}: {cause(status, flags)}"


def _three_digits(latency_ms: Times) -> Times:
    """Rounded to three significant digits: within half a percent, and never more than some thousands of different values."""
    safe = np.maximum(latency_ms, 0.001)
    scale = 10.0 ** (2 - np.floor(np.log10(safe)))
    rounded: Times = np.round(safe * scale) / scale
    return rounded


def _add(counts: dict[Any, int], values: npt.NDArray[Any]) -> None:
    for value, count in zip(*np.unique(values, return_counts=True), strict=True):
        counts[value.item()] += int(count)
