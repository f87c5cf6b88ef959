"""A locustfile of a user's own: the campaign, with a FastHttpUser beside its crowd, and a listener to all requests."""

import json
import os
from pathlib import Path

from locust import FastHttpUser, constant_pacing, events, task

from locustfiles.campaign import *  # noqa: F403 - as the campaign's own docstring says

_heard: dict[str, int] = {}


class Beside(FastHttpUser):
    """Asks for a page of its own."""

    host = os.environ["BESIDE_HOST"]
    wait_time = constant_pacing(0.1)

    @task
    def look(self) -> None:
        """One page."""
        self.client.get("/length/page", name="own page")


@events.request.add_listener
def hear(name: str, **_facts: object) -> None:
    """Counts."""
    _heard[name] = _heard.get(name, 0) + 1


@events.quitting.add_listener
def tell(**_facts: object) -> None:
    """Writes down what was heard."""
    Path(os.environ["BESIDE_HEARD"]).write_text(json.dumps(_heard), "utf-8")
