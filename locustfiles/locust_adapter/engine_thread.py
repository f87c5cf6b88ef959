"""One engine with its monitor in a process that makes load: built in a native thread, started when T0 is fixed, seen to its end."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import gevent
from locust.env import Environment

from locustfiles.crowd.workload import PreparedCrowd, prepare_crowd
from locustfiles.distributed.messages import CrowdFigures
from locustfiles.engine.engine import Engine, settle_memory
from locustfiles.engine.health_monitor import HealthMonitor
from locustfiles.locust_adapter.crowd_tab import tell_broken
from locustfiles.locust_adapter.plain_users import PlainUsersRecorder
from locustfiles.locust_adapter.statistics import Statistics
from scenarios.errors import StormdrillError
from scenarios.run.folder import Plan, Run
from scenarios.target.secrets import crowd_scope

_POLL_S = 0.2
_STOP_S = 5.0
_ABANDONED_S = 0.3

logger = logging.getLogger("stormdrill")


class EngineThread:
    """The engine of this process, as Locust's greenlets see it."""

    def __init__(self, environment: Environment, plan: Plan) -> None:
        """Begins to build what does not need T0."""
        self._environment = environment
        self._preparation = _in_a_thread(_prepare, plan)
        self._load: _Load | None = None

    def wait(self) -> None:
        """Until that is built. Raises StormdrillError where it cannot be."""
        self._crowd()

    def _crowd(self) -> PreparedCrowd:
        crowd: PreparedCrowd
        crowd, error = self._preparation.get()
        if error is not None:
            raise error if isinstance(error, StormdrillError) else RuntimeError("the crowd cannot be built") from error
        return crowd

    def begin(self, run: Run, plan: Plan, worker: int, workers: int) -> None:
        """T0 is fixed: starts the engine on its share, the arrivals i with i mod `workers` = `worker`; it waits for T0 by itself."""
        engine = Engine(run, plan, crowd_scope(plan.target), self._crowd(), worker=worker, workers=workers)
        self._load = _Load(self._environment, run, engine, plan)

    @property
    def ended(self) -> bool:
        """Whether the load has ended and everything is written down."""
        return self._load is not None and self._load.ended

    @property
    def began_s(self) -> float | None:
        """T0 on the wall clock, None until it is fixed."""
        return self._load.statistics.t0_s if self._load else None

    @property
    def crowd(self) -> CrowdFigures:
        """The crowd at this moment."""
        return self._load.crowd if self._load and not self._load.ended else CrowdFigures()

    def join(self) -> str:
        """Waits for the end of the load; returns what went wrong, empty where nothing did."""
        return self._load.join() if self._load else ""

    def stop(self) -> None:
        """No more customers from now on; answers under way are awaited a little."""
        if self._load:
            self._load.engine.stop()

    def finish(self) -> None:
        """Ends the load, where it has not ended, and waits for that in bounded time."""
        if self._load and not self._load.ended:
            self._load.engine.stop()
            self._load.join(timeout_s=_STOP_S)

    def abandon(self) -> None:
        """Ends the load within a second, whatever is under way: nobody waits for it any more. Its files are closed."""
        if self._load and not self._load.ended:
            self._load.engine.stop(answers_s=_ABANDONED_S)
            self._load.join(timeout_s=2 * _ABANDONED_S)
        self.close()

    def close(self) -> None:
        """From now on nobody is recorded, users of one's own neither."""
        if self._load:
            self._load.close()


def _in_a_thread(function: Callable[..., Any], *given: object) -> Any:
    """Calls it in a native thread; what is waited for is its result and its error, either of them None: gevent would print a traceback."""

    def call() -> tuple[Any, BaseException | None]:
        try:
            return function(*given), None
        except BaseException as error:  # noqa: BLE001 - handed over to whoever waits
            return None, error

    return gevent.get_hub().threadpool.spawn(call)


def _prepare(plan: Plan) -> PreparedCrowd:
    crowd = prepare_crowd(plan)
    settle_memory()
    return crowd


class _Load:
    """An engine at work."""

    def __init__(self, environment: Environment, run: Run, engine: Engine, plan: Plan) -> None:
        """Starts its thread."""
        self._environment = environment
        self.engine = engine
        self._plain_users = PlainUsersRecorder(run, plan, engine.writer, engine.share)
        hooks: Any = environment.events
        self._requests = hooks.request
        self._requests.add_listener(self._plain_users.record)
        self.statistics = Statistics(environment, plan, self._plain_users.record)
        self._monitor = HealthMonitor(engine, run, self.statistics.feed)
        self._work = _in_a_thread(engine.run)
        self._follower = gevent.spawn(self._follow)
        self._closed = False

    def _follow(self) -> str:
        """Sees the engine to its end; returns what went wrong, empty where nothing did."""
        try:
            self._look_on()
        except Exception as blind:  # an engine that nobody watches proves nothing: it is stopped, and the process fails
            logger.exception("stormdrill: the watch broke")
            self.engine.stop()
            self._work.wait(timeout=_STOP_S)
            return f"the watch broke: {type(blind).__name__}: {blind}"
        _, error = self._work.get()
        if error is not None:
            logger.error("stormdrill: %s", error)
        for journey, count in self.engine.broken_journeys.most_common(5):
            logger.warning("stormdrill: %d times a journey broke: %s", count, journey)
        return "" if error is None else str(error)

    def _look_on(self) -> None:
        """Looks several times a second until the engine has ended."""
        told: Counter[str] = Counter()
        while not self._work.ready():
            self._monitor.poll()
            tell_broken(self._environment.runner, self.engine.broken_journeys, told)
            self._work.wait(timeout=_POLL_S)
        self._monitor.close(self._plain_users.names)
        tell_broken(self._environment.runner, self.engine.broken_journeys, told)

    @property
    def ended(self) -> bool:
        return bool(self._follower.ready())

    @property
    def crowd(self) -> CrowdFigures:
        return CrowdFigures(customers=self.engine.customers, in_flight=self.engine.in_flight, connection_queue=self.engine.connection_queue)

    def join(self, timeout_s: float | None = None) -> str:
        self._follower.join(timeout=timeout_s)
        return str(self._follower.value or "") if self._follower.ready() else "the engine did not end in its time"

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._requests.remove_listener(self._plain_users.record)
            self._plain_users.close()
