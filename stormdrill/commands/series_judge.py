"""The judge of a series of drills: a process of its own, so that the next drill's world comes up while the last run is judged."""

import os
import signal
import threading
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import reports
from reports.languages import Language
from scenarios.errors import StormdrillError
from scenarios.plan.policy import FaultDomain
from scenarios.plugins.failures import RAISED

if TYPE_CHECKING:
    from reports.measures.drill_results import DrillResult

_NICE = 10  # whoever makes the next load goes first


class SeriesJudge:
    """Judges runs one after the other, in their order; used as a context."""

    def __init__(self, language: Language = "en") -> None:
        """Its process begins with the first run; reports are in a language."""
        self._language = language
        self._process = _new_process()
        self._asking = threading.Lock()
        self._asked: list[tuple[str, FaultDomain | None, Path, Future[DrillResult]]] = []

    def __enter__(self) -> Self:
        """Ready."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Ends it; what has not been judged by then is not judged."""
        self._process.shutdown(wait=True, cancel_futures=True)

    def ask(self, drill: str, domain: FaultDomain | None, folder: Path) -> None:
        """Judges the run of a drill as soon as those before it are; in a new process where the last one died. From any thread."""
        with self._asking:
            try:
                future = self._submit(drill, domain, folder)
            except BrokenProcessPool:
                self._process = _new_process()
                future = self._submit(drill, domain, folder)
            self._asked.append((drill, domain, folder, future))

    def _submit(self, drill: str, domain: FaultDomain | None, folder: Path) -> "Future[DrillResult]":
        return self._process.submit(judged, drill, domain, folder, self._language)

    @property
    def under_way(self) -> set[str]:
        """The drills whose runs it has not told of yet."""
        return {drill for drill, *_ in self._asked}

    def told(self, *, wait: bool) -> "dict[str, DrillResult]":
        """What has been judged since it was asked the last time; with `wait` all that it was asked to.

        A run that could not be judged is INVALID, and the reason says how to have it judged.
        """
        with self._asking:
            ready = [one for one in self._asked if wait or one[3].done()]
            self._asked = [one for one in self._asked if one not in ready]
        return {drill: _came(drill, domain, folder, future) for drill, domain, folder, future in ready}


def _came(drill: str, domain: FaultDomain | None, folder: Path, future: "Future[DrillResult]") -> "DrillResult":
    try:
        return future.result()
    except (BrokenProcessPool, CancelledError):
        return reports.broke_down(drill, domain, f"its judge has died; call: stormdrill judge {folder}")


def _new_process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_stand_aside)


def _stand_aside() -> None:
    """Ctrl-C is for the series: what has been run is judged all the same."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)


def judged(drill: str, domain: FaultDomain | None, folder: Path, language: Language) -> "DrillResult":
    """What a run came to, judged and rendered; INVALID, with the reason, where it cannot be."""
    try:
        return reports.drill_result(reports.conclude_run(folder, language), drill, domain)
    except StormdrillError as error:  # in words: an error itself does not travel between processes whole
        return reports.broke_down(drill, domain, str(error))
    except RAISED as error:  # a fault of our own in one run's judgement does not take the others'
        return reports.broke_down(drill, domain, f"its judge has failed, {type(error).__name__}: {error}; call: stormdrill judge {folder}")
