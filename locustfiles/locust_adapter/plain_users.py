"""Records what ordinary Locust users do beside the crowd."""

import time
from pathlib import Path

from scenarios.run.event_kinds import LoadSealed
from scenarios.run.folder import Plan, Run
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_FINAL, MARK_DONE, SAMPLE_STRUCT, STREAM_FOREIGN, US_MAX, BlockWriter, operation_id
from scenarios.run.seals import seal_records


class PlainUsersRecorder:
    """A listener to Locust's `request` event; its file is made with the first request."""

    def __init__(self, run: Run, plan: Plan, writer: str, share: tuple[int, int]) -> None:
        """Operations that the target does not have get indices behind its own, in the order of `names`."""
        self._run, self._t0_ns = run, plan.t0_monotonic_ns
        self._path: Path = run.samples_folder / f"{writer}-foreign.bin"
        self._known = {name: index for index, name in enumerate(plan.operations)}
        self._first = len(plan.operations)
        self._t0_wall_s = time.time() + (plan.t0_monotonic_ns - time.monotonic_ns()) / 1e9
        self._worker, self._workers = share
        self._samples: BlockWriter | None = None

    @property
    def names(self) -> list[str]:
        """Names of operations that the target does not have."""
        return [name for name, index in self._known.items() if index >= self._first]

    def record(
        self,
        name: str,
        response_time: float | None,
        response_length: int | None,
        exception: Exception | None = None,
        start_time: float | None = None,
        **_more: object,
    ) -> None:
        """Locust's word that a request has ended."""
        if self._samples is None:
            self._samples = BlockWriter(self._path, SAMPLE_STRUCT, 1)
        took_us = min(int((response_time or 0) * 1000), US_MAX)
        began_s = time.time() - took_us / 1e6 if start_time is None else start_time
        number = self._samples.count * self._workers + self._worker
        self._samples.append(
            int((began_s - self._t0_wall_s) * 1e9),
            operation_id(STREAM_FOREIGN, number, 1),
            0,
            0,
            took_us,
            0,
            0,
            min(response_length or 0, US_MAX),
            self._known.setdefault(name, len(self._known)),
            0,
            Outcome.SUCCESS if exception is None else Outcome.FAILURE,
            1,
            FLAG_FINAL,
            MARK_DONE,
        )

    def close(self) -> None:
        """Ends the file, and seals it in events of its own: the load process's have ended before."""
        if self._samples is None:
            return
        self._samples.close()
        sealed = {f"samples/{self._path.name}": seal_records(self._path, SAMPLE_STRUCT.size)}
        events = self._run.event_writer(self._path.stem, self._t0_ns)
        events.write(LoadSealed(files=sealed, sent=self._samples.count), time.monotonic_ns())
        events.close()
