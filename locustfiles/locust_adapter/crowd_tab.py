"""The crowd in figures of its own beside Locust's: a tab of the web page, a CSV file, and broken journeys among the exceptions.

Locust counts customers among its users, since its charts know nothing else; here they stand alone, with what they wait for.
"""

import csv
import logging
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import orjson
from flask import Response, request  # Locust's page is made with it
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner

from locustfiles.distributed.messages import BadMessage, CrowdFigures, crowd_figures

logger = logging.getLogger("stormdrill")

_TAB = "crowd"
_STATISTICS = "/stats/requests"
_EVERY_S = 1.0
_MOST_TOLD = 200
"""So many times a journey's breaking is told to Locust at once; each is a message to its master."""


class CrowdTab:
    """The crowd of this process, or of all workers, shown by Locust's own means."""

    def __init__(self, environment: Environment, own: Callable[[], CrowdFigures]) -> None:
        """`own` gives the figures of this process."""
        self._runner: Runner | None = environment.runner
        self._own = own
        self._workers: dict[str, CrowdFigures] = {}
        hooks: Any = environment.events
        if isinstance(self._runner, WorkerRunner):
            hooks.report_to_master.add_listener(self._report)
            return
        if isinstance(self._runner, MasterRunner):
            hooks.worker_report.add_listener(self._hear)
        if environment.web_ui is not None:
            self._add_tab(environment.web_ui)
        prefix = getattr(environment.parsed_options, "csv_prefix", None)
        if prefix:
            gevent.spawn(self._write, Path(f"{prefix}_crowd.csv"))

    def rows(self) -> dict[str, CrowdFigures]:
        """Figures by load process."""
        if not isinstance(self._runner, MasterRunner):
            return {"local": self._own()}
        return {worker: figures for worker, figures in sorted(self._workers.items()) if worker in self._runner.clients}

    def _all(self) -> CrowdFigures:
        return sum(self.rows().values(), CrowdFigures())

    def _report(self, data: dict[str, Any], **_facts: object) -> None:
        data[_TAB] = self._own().model_dump()

    def _hear(self, client_id: str, data: dict[str, Any], **_facts: object) -> None:
        if _TAB not in data:
            return
        try:
            self._workers[client_id] = crowd_figures(data[_TAB])
        except BadMessage as error:
            logger.warning("stormdrill: a worker's report: %s", error)

    def _write(self, path: Path) -> None:
        """One line a second, to the process's end; each is whole on disk at once."""
        with path.open("w", encoding="utf-8", newline="", buffering=1) as file:
            rows = csv.writer(file)
            rows.writerow(["Timestamp", "Customers", "In Flight", "Connection Queue"])
            while True:
                rows.writerow([int(time.time()), *self._all().model_dump().values()])
                gevent.sleep(_EVERY_S)

    def _add_tab(self, page: Any) -> None:
        titles = {"worker": "Load process", "customers": "Customers on their journeys", "in_flight": "Attempts in flight"}
        titles |= {"connection_queue": "Attempts waiting for a connection"}
        structure = [{"key": key, "title": title} for key, title in titles.items()]
        page.template_args["extended_tabs"] = [*page.template_args.get("extended_tabs", ()), {"title": "Crowd", "key": _TAB}]
        page.template_args["extended_tables"] = [*page.template_args.get("extended_tables", ()), {"key": _TAB, "structure": structure}]

        def add_crowd(response: Response) -> Response:
            """Behind Locust's statistics, which the page asks for every other second."""
            if request.path.endswith(_STATISTICS) and response.is_json:
                told = orjson.loads(response.get_data())
                others = [each for each in told.get("extended_stats", ()) if each["key"] != _TAB]
                response.set_data(orjson.dumps({**told, "extended_stats": [*others, {"key": _TAB, "data": self._table()}]}))
            return response

        page.app.after_request(add_crowd)

    def _table(self) -> list[dict[str, object]]:
        rows = self.rows()
        shown: list[dict[str, object]] = [{"worker": worker, **figures.model_dump()} for worker, figures in rows.items()]
        return shown if len(rows) == 1 else [*shown, {"worker": "all", **self._all().model_dump()}]


def tell_broken(runner: Runner | None, broken: Counter[str], told: Counter[str]) -> None:
    """Lets journeys that broke stand among Locust's exceptions; `told` keeps how many do already."""
    for text, count in list(broken.items()):
        for _ in range(min(count - told[text], _MOST_TOLD)):
            told[text] += 1
            if isinstance(runner, WorkerRunner):
                runner.send_message("exception", {"msg": text, "traceback": text})
            elif runner is not None:
                runner.log_exception("local", text, text)
