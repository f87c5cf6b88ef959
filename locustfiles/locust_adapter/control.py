"""Joins the engine to Locust: one engine in a native thread of each load process, started, stopped and shown by Locust's own means."""

import logging
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from locustfiles.distributed.master import START, Muster
from locustfiles.distributed.worker import Remote
from locustfiles.engine.engine import Engine
from locustfiles.engine.health_monitor import HealthMonitor
from locustfiles.locust_adapter.crowd_tab import CrowdFigures, tell_broken
from locustfiles.locust_adapter.plain_users import Foreigners
from locustfiles.locust_adapter.standalone import Wishes, make_run
from locustfiles.locust_adapter.statistics import Statistics
from scenarios.errors import EXIT_OWN_FAULT, StormdrillError
from scenarios.run.folder import Plan, Run, open_run
from scenarios.run.handover import EXPECTED_WORKERS_VARIABLE, RUN_VARIABLE, WORK_VARIABLE, ProcessStage, ProcessState, write_state
from scenarios.target.secrets import crowd_scope

_LOOK_S = 0.2
_STOP_S = 5.0
_SLACK_S = 15.0
_FAR_S = 1e6
_STOP, _ENDED = "stormdrill_stop", "stormdrill_ended"

logger = logging.getLogger("stormdrill")


class Crew:
    """One engine with its watch, in a process that makes load."""

    def __init__(self, environment: Environment, run: Run, worker: int, workers: int) -> None:
        """Starts the engine's thread; it waits for T0 by itself."""
        plan = run.plan()
        self._environment, self._run = environment, run
        self.engine = Engine(run, plan, crowd_scope(plan.target), worker=worker, workers=workers)
        self._foreigners = Foreigners(run, plan, self.engine.writer, (worker, workers))
        hooks: Any = environment.events
        self._requests = hooks.request
        self._requests.add_listener(self._foreigners.heard)
        self._statistics = Statistics(environment, plan, self._foreigners.heard)
        self.began_s = self._statistics.t0_s
        self._watch = HealthMonitor(self.engine, run, self._statistics.feed)
        self._work = gevent.get_hub().threadpool.spawn(self.engine.run)
        self._diary = gevent.spawn(self._follow)
        self._closed = False

    def _follow(self) -> str:
        """Sees the engine to its end and says so to the door; returns what went wrong, empty where nothing did."""
        failure = self._see_to_its_end()
        write_state(self._run, self.engine.writer, ProcessState(stage=ProcessStage.ENDED, failure=failure))
        return failure

    def _see_to_its_end(self) -> str:
        try:
            self._look_on()
        except Exception as blind:  # an engine that nobody watches proves nothing: it is stopped, and the process fails
            logger.exception("stormdrill: the watch broke")
            self.engine.stop()
            self._work.wait(timeout=_STOP_S)
            return f"the watch broke: {type(blind).__name__}: {blind}"
        error = self._work.exception
        if error is not None:
            logger.error("stormdrill: %s", error)
        for journey, count in self.engine.broken_journeys.most_common(5):
            logger.warning("stormdrill: %d times a journey broke: %s", count, journey)
        return "" if error is None else str(error)

    def _look_on(self) -> None:
        """Looks several times a second until the engine has ended."""
        told: Counter[str] = Counter()
        while not self._work.ready():
            self._watch.look()
            tell_broken(self._environment.runner, self.engine.broken_journeys, told)
            self._work.wait(timeout=_LOOK_S)
        self._watch.close(self._foreigners.names)
        tell_broken(self._environment.runner, self.engine.broken_journeys, told)

    @property
    def ended(self) -> bool:
        """Whether the engine has ended and everything is written down."""
        return bool(self._diary.ready())

    def join(self) -> str:
        """Waits for the end; returns what went wrong, empty where nothing did."""
        return str(self._diary.get())

    def stop(self) -> None:
        """Ends the load, where it has not ended, and waits for that in bounded time."""
        if not self.ended:
            self.engine.stop()
            self._diary.join(timeout=_STOP_S)

    def close(self) -> None:
        """From now on nobody is recorded, users of one's own neither."""
        if not self._closed:
            self._closed = True
            self._requests.remove_listener(self._foreigners.heard)
            self._foreigners.close()


class Control:
    """The campaign as Locust's events see it, in whichever role this process has."""

    def __init__(self, environment: Environment) -> None:
        """Takes its place in the environment."""
        self._environment = environment
        self._runner = environment.runner
        self._crew: Crew | None = None
        self._stopped: list[Crew] = []
        self._crew_order: dict[str, Any] | None = None
        self._deadline = 0.0
        self._to_end = 0
        self._terminated = False
        self._muster: Muster | None = None
        self._remote: Remote | None = None
        self._farewell: gevent.Greenlet | None = None
        events: Any = environment.events
        events.test_start.add_listener(self._start)
        events.test_stopping.add_listener(self._stop)
        events.test_stop.add_listener(self._stopped_all)
        if isinstance(self._runner, MasterRunner):
            self._runner.register_message(_ENDED, self._hear_end)
            if EXPECTED_WORKERS_VARIABLE in os.environ:
                self._muster = Muster(self._runner, open_run(Path(os.environ[RUN_VARIABLE])), int(os.environ[EXPECTED_WORKERS_VARIABLE]))
        if isinstance(self._runner, WorkerRunner):
            self._runner.register_message(START, self._hear_start)
            self._runner.register_message(_STOP, self._hear_stop)
            if WORK_VARIABLE in os.environ:
                self._remote = Remote(environment, Path(os.environ[WORK_VARIABLE]), self._end_early)
            events.report_to_master.add_listener(self._report)
        elif isinstance(self._runner, LocalRunner):
            self._runner.__class__ = _counting(self)
        if getattr(environment.parsed_options, "headless", False) and not isinstance(self._runner, WorkerRunner):
            gevent.signal_handler(signal.SIGTERM, self._terminate)  # Locust's own comes only after a shape has ended

    @property
    def customers(self) -> int:
        """Customers on their journeys in this process."""
        return self._crew.engine.customers if self._crew and not self._crew.ended else 0

    @property
    def crowd(self) -> CrowdFigures:
        """The crowd of this process."""
        if self._crew is None or self._crew.ended:
            return CrowdFigures()
        engine = self._crew.engine
        return CrowdFigures(engine.customers, engine.in_flight, engine.connection_queue)

    @property
    def over(self) -> bool:
        """Whether the load has ended, here or in all workers; or should have long ago."""
        if self._crew is not None:
            return self._crew.ended
        if self._muster is not None:
            return self._muster.over
        if self._terminated:
            return True
        lost_all = isinstance(self._runner, MasterRunner) and self._to_end > 0 and self._runner.worker_count == 0
        return self._deadline > 0 and (self._to_end <= 0 or lost_all or time.monotonic() > self._deadline)

    def gather(self) -> None:
        """Waits for workers from elsewhere, where there are to be any."""
        if self._muster is not None:
            self._muster.gather()

    def _start(self, **_facts: object) -> None:
        """Locust's test begins."""
        try:
            if isinstance(self._runner, WorkerRunner):
                order = self._crew_order
                if order is not None:
                    run = Run(Path(order["folder"])) if self._remote is None else self._remote.begin(order)
                    self._crew = Crew(self._environment, run, *order["share"])
                    self._when_ended(self._crew)
                return
            workers = self._runner.worker_count if isinstance(self._runner, MasterRunner) else 1
            run, plan = self._run(workers)
            self._environment.stats.total.start_time = time.time() + (plan.t0_monotonic_ns - time.monotonic_ns()) / 1e9
            self._deadline = plan.t0_monotonic_ns / 1e9 + plan.scenario.lasts_s + plan.scenario.drain + _SLACK_S
            if isinstance(self._runner, MasterRunner):
                self._order(run, plan)
            else:
                self._crew = Crew(self._environment, run, 0, 1)
                self._when_ended(self._crew)
        except StormdrillError as error:
            self._give_up(error)

    def _run(self, workers: int) -> tuple[Run, Plan]:
        """The run that the door has prepared, else one of our own."""
        if folder := os.environ.get(RUN_VARIABLE):
            run = open_run(Path(folder))
            return run, run.plan()
        options: Any = self._environment.parsed_options
        topology = Path(options.topology) if options.topology else None
        seed = int(options.seed) if options.seed not in (None, "") else None
        run, plan = make_run(Wishes(options.scenario, options.target, seed, Path(options.run_out), topology), workers)
        logger.info("stormdrill: the run folder is %s", run.folder)
        return run, plan

    def _order(self, run: Run, plan: Plan) -> None:
        """Tells each worker its share before Locust tells it to start."""
        assert isinstance(self._runner, MasterRunner)  # noqa: S101 - asked by the caller
        if self._muster is not None:
            self._environment.process_exit_code = 0  # whoever is lost stands in the events
            self._muster.begin(plan)
            return
        clients = sorted(client.id for client in self._runner.clients.ready)
        shares = min(plan.workers, len(clients))
        if shares < plan.workers:
            logger.error("stormdrill: %d of %d workers are there; the others' arrivals will be missing", shares, plan.workers)
        self._to_end = shares
        for worker, client in enumerate(clients[:shares]):
            self._runner.send_message(START, {"folder": str(run.folder), "share": [worker, plan.workers]}, client_id=client)

    def _hear_start(self, msg: Any, **_facts: object) -> None:
        self._crew_order = msg.data

    def _hear_stop(self, **_facts: object) -> None:
        """No more customers from now on: Locust itself would say so a second later."""
        if self._crew is not None:
            self._crew.engine.stop()

    def _hear_end(self, msg: Any, **_facts: object) -> None:
        self._to_end -= 1
        if msg.data["failure"]:
            self._environment.process_exit_code = EXIT_OWN_FAULT
        elif os.environ.get(RUN_VARIABLE) and self._environment.process_exit_code is None:
            self._environment.process_exit_code = 0  # failed requests are for the judge to judge

    def _when_ended(self, crew: Crew) -> None:
        """Says so to whoever decides when Locust ends, and with which exit code."""

        def wait() -> None:
            failure = crew.join()
            if isinstance(self._runner, WorkerRunner):
                self._runner._send_stats()  # noqa: SLF001 - nothing of the last seconds may be lost
            if self._remote is not None:
                crew.close()
                self._environment.process_exit_code = self._remote.end(failure)
                return
            if os.environ.get(RUN_VARIABLE) or failure:
                self._environment.process_exit_code = EXIT_OWN_FAULT if failure else 0
            if isinstance(self._runner, WorkerRunner):
                self._runner.send_message(_ENDED, {"failure": failure})

        self._farewell = gevent.spawn(wait)

    def _stop(self, **_facts: object) -> None:
        """Locust's test is being stopped, at its end or before."""
        crew, self._crew, self._crew_order = self._crew, None, None
        if crew is not None:
            crew.stop()
            self._stopped.append(crew)
        if self._remote is not None and self._farewell is not None:
            self._farewell.join(timeout=_STOP_S)
        if self._muster is not None:
            self._muster.close()

    def _stopped_all(self, **_facts: object) -> None:
        """Locust has stopped its users as well."""
        while self._stopped:
            self._stopped.pop().close()

    def _end_early(self) -> None:
        """The load is to end now, and what it has recorded to be kept."""
        if self._crew is not None:
            self._crew.engine.stop()

    def _terminate(self) -> None:
        """SIGTERM: the shape ends as soon as the load has."""
        logger.info("stormdrill: told to stop")
        self._terminated = True
        if self._muster is not None:
            self._muster.halt()
        if isinstance(self._runner, MasterRunner):
            self._runner.send_message(_STOP)
        self._end_early()

    def _report(self, data: dict[str, Any], **_facts: object) -> None:
        """Customers on their journeys count as users; and the statistics begin at T0, whenever they were last sent and reset."""
        data["user_classes_count"] = {**data.get("user_classes_count", {}), "customers": self.customers}
        began_s = self._crew.began_s if self._crew else time.time() + _FAR_S
        for entry in (data.get("stats_total"), *data.get("stats", ())):
            if entry:
                entry["start_time"] = began_s

    def _give_up(self, error: StormdrillError) -> None:
        """One sentence instead of a traceback, and the end where nobody sits before a web page."""
        logger.error("stormdrill: %s", error)
        if folder := os.environ.get(RUN_VARIABLE):
            state = ProcessState(stage=ProcessStage.ENDED, failure=str(error), exit_code=error.exit_code)
            write_state(Run(Path(folder)), f"process-{os.getpid()}", state)
        self._environment.process_exit_code = error.exit_code
        self._deadline = time.monotonic()
        self._to_end = 0


def _counting(control: Control) -> type[LocalRunner]:
    """Locust's own runner, but that its count of users includes the customers on their journeys."""

    class CountingRunner(LocalRunner):
        @property
        def user_count(self) -> int:
            return super().user_count + control.customers

    return CountingRunner
