"""Locust as a worker: makes the share of the load that its master tells it."""

import os
import time
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import WorkerRunner

from locustfiles.distributed.messages import CrowdFigures
from locustfiles.distributed.remote_worker import RemoteWorkerLink
from locustfiles.distributed.worker import WorkerLink
from locustfiles.locust_adapter.engine_thread import EngineThread
from locustfiles.locust_adapter.parent_watch import watch_parent
from scenarios.errors import EXIT_OWN_FAULT
from scenarios.run.folder import Plan
from scenarios.run.handover import WORK_VARIABLE

_STOP_S = 5.0
_FAR_S = 1e6


class WorkerRole:
    """This process from Locust's first word to its last."""

    over = False
    """The master decides when all is over."""

    def __init__(self, environment: Environment) -> None:
        """Takes its place in the environment, and makes itself known to the master."""
        assert isinstance(environment.runner, WorkerRunner)  # noqa: S101 - asked by the caller
        self._environment = environment
        self._runner = environment.runner
        self._thread: EngineThread | None = None
        self._follower: gevent.Greenlet | None = None
        self._stopped: list[EngineThread] = []
        events: Any = environment.events
        events.test_start.add_listener(self._begin)
        events.test_stopping.add_listener(self._finish)
        events.test_stop.add_listener(self._close)
        events.report_to_master.add_listener(self._report)
        folder = os.environ.get(WORK_VARIABLE)
        self._elsewhere = folder is not None
        self._link = (
            RemoteWorkerLink(environment, Path(folder), self._prepare, self._stop)
            if folder
            else WorkerLink(environment, self._prepare, self._stop)
        )
        self._link.start()
        watch_parent(self._orphaned)

    @property
    def crowd(self) -> CrowdFigures:
        """The crowd of this process."""
        return self._thread.crowd if self._thread else CrowdFigures()

    def gather(self) -> None:
        """The master does."""

    def _prepare(self, plan: Plan) -> None:
        """Builds what does not need T0. Raises StormdrillError where that cannot be."""
        self._thread = EngineThread(self._environment, plan)
        self._thread.wait()

    def _begin(self, **_facts: object) -> None:
        """Locust's test begins; the master has told the share before."""
        share = self._link.share
        if share is None or self._thread is None:
            return
        self._thread.begin(share.run, share.plan, share.worker, share.workers)
        self._follower = gevent.spawn(self._follow, self._thread)

    def _follow(self, thread: EngineThread) -> None:
        """Says how the load has ended."""
        failure = thread.join()
        self._runner._send_stats()  # noqa: SLF001 - nothing of the last seconds may be lost
        if self._elsewhere:
            thread.close()  # all that is sent is whole
        self._link.end(failure)

    def _stop(self) -> None:
        """No more customers from now on: Locust itself would say so a second later."""
        if self._thread is not None:
            self._thread.stop()

    def _finish(self, **_facts: object) -> None:
        """Locust's test is being stopped, at its end or before."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.finish()
            self._stopped.append(thread)
        if self._follower is not None:
            self._follower.join(timeout=_STOP_S)

    def _close(self, **_facts: object) -> None:
        """Locust has stopped its users as well; another test may begin."""
        while self._stopped:
            self._stopped.pop().close()

    def _report(self, data: dict[str, Any], **_facts: object) -> None:
        """Customers on their journeys count as users; and the statistics begin at T0, whenever they were last sent and reset."""
        data["user_classes_count"] = {**data.get("user_classes_count", {}), "customers": self.crowd.customers}
        began_s = self._thread.began_s if self._thread else None
        for entry in (data.get("stats_total"), *data.get("stats", ())):
            if entry:
                entry["start_time"] = time.time() + _FAR_S if began_s is None else began_s

    def _orphaned(self) -> None:
        if self._thread is not None:
            self._thread.abandon()
        os._exit(EXIT_OWN_FAULT)
