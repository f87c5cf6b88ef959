"""The campaign as a locustfile: `locust -f locustfiles/campaign.py`, with Locust's own options, tables, CSV files and web page.

The crowd comes by the scenario's rate curve, not by Locust's user count; what Locust calls users are here the customers on their
journeys at that moment. They stand alone in the web page's tab Crowd, and with --csv PREFIX in PREFIX_crowd.csv. Users of your own may
stand in the same locustfile (`from locustfiles.campaign import *`); -u and -r are theirs.
"""

import os
import sys
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's own threads would spin on the cores that the crowd needs

import gevent
from locust import LoadTestShape, User, events, runners, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from locustfiles.distributed.remote_worker import begin_alone
from locustfiles.locust_adapter.crowd_tab import CrowdTab
from locustfiles.locust_adapter.local import LocalRole
from locustfiles.locust_adapter.master import MasterRole
from locustfiles.locust_adapter.run_source import run_source
from locustfiles.locust_adapter.worker import WorkerRole
from scenarios.errors import StormdrillError
from scenarios.run.handover import WORK_VARIABLE

__all__ = ["CampaignCrowd", "CampaignShape"]

runners.WORKER_REPORT_INTERVAL = 1.0  # Locust's rates end two seconds ago; what workers tell every three would be missing from them

_role: LocalRole | MasterRole | WorkerRole | None = None
if WORK_VARIABLE in os.environ:
    begin_alone()


def _add_options(parser: LocustArgumentParser) -> None:
    group = parser.add_argument_group("Stormdrill", "The campaign that is rehearsed")
    group.add_argument("--scenario", default="flash-sale", help="name or file of the scenario (default: flash-sale)")
    group.add_argument("--target", default="", help="name or file of the target (default: the scenario's)")
    group.add_argument("--seed", default="", help="seed of people and arrivals (default: the scenario's)")
    group.add_argument("--run-out", default="runs", help="where run folders are made (default: runs)")
    group.add_argument("--topology", default="", help="topology.json of the world to load (default: of the world that is up)")


def _take_place(environment: Environment, **_facts: Any) -> None:
    global _role  # noqa: PLW0603 - Locust's shape is made without arguments and must find it
    try:
        _role = role = _role_of(environment)
    except StormdrillError as error:
        sys.stderr.write(f"stormdrill: {error}\n")
        sys.exit(error.exit_code)
    CrowdTab(environment, lambda: role.crowd)


def _role_of(environment: Environment) -> LocalRole | MasterRole | WorkerRole:
    if isinstance(environment.runner, runners.WorkerRunner):
        return WorkerRole(environment)
    if isinstance(environment.runner, runners.MasterRunner):
        return MasterRole(environment, run_source(environment))
    return LocalRole(environment, run_source(environment))


_hooks: Any = events
_hooks.init_command_line_parser.add_listener(_add_options)
_hooks.init.add_listener(_take_place)


class CampaignCrowd(User):
    """Stands for the whole crowd in Locust's list of users; the engine makes the requests."""

    fixed_count = 1

    @task
    def stand(self) -> None:
        """Does nothing."""
        gevent.sleep(1)


class CampaignShape(LoadTestShape):
    """Lets the test run as long as the scenario."""

    use_common_options = True
    _looks_left = 2
    """Locust writes its CSV files once a second, and not again when it ends: so it looks at them once more after the load has ended."""

    def tick(self) -> tuple[int, float] | None:
        """Locust's question once a second: how many users of its own."""
        options = self.runner.environment.parsed_options if self.runner else None
        if _role is not None:
            _role.gather()
            if _role.over:
                self._looks_left -= 1
                if self._looks_left < 0 or not getattr(options, "csv_prefix", None):
                    return None
        return max(1, getattr(options, "num_users", None) or 1), getattr(options, "spawn_rate", None) or 1
