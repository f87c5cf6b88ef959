"""How Locust's own users are started; `scripts/locust_users.py` is what they do."""

import sys

from bench.kit.measuring import Job
from bench.kit.peers import SCRIPTS, Program

WORKS = ("post", "json", "journey")


def environment(job: Job, **more: str) -> dict[str, str]:
    """What the locustfile asks for."""
    return {"BENCH_WORK": job.work, "BENCH_THINK": str(job.think_s), **more}


def command(job: Job, user: str) -> list[str]:
    """All but the interpreter."""
    load = ["-u", str(job.customers), "-r", str(job.customers), "-t", f"{job.lasts_s:.0f}s", "-H", job.base]
    quiet = ["--headless", "--only-summary", "--exit-code-on-error", "0"]
    return ["-m", "locust", "-f", str(SCRIPTS / "locust_users.py"), user, *quiet, *load]


def program(user: str) -> Program:
    """Locust with that class of user."""
    return Program(user, WORKS, lambda job: command(job, user), sys.executable, "", environment, "All users spawned")
