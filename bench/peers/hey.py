"""hey: Go, fixed bytes."""

from bench.kit.measuring import Job
from bench.kit.peers import BODY, HEADERS, Program


def _command(job: Job) -> list[str]:
    told = [word for name, value in HEADERS.items() if name != "Content-Type" for word in ("-H", f"{name}: {value}")]
    load = ["-z", f"{job.lasts_s:.0f}s", "-c", str(job.customers), "-cpus", "1"]
    return [*load, "-m", "POST", "-T", HEADERS["Content-Type"], *told, "-d", BODY, f"{job.base}/v1/post"]


PEER = Program("hey", ("post",), _command, "hey", "apt-get install hey")
