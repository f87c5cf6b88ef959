"""autocannon: Node.js, fixed bytes, no pipelining."""

from bench.kit.measuring import Job
from bench.kit.peers import BODY, HEADERS, Program


def _command(job: Job) -> list[str]:
    told = [word for name, value in HEADERS.items() for word in ("-H", f"{name}={value}")]
    load = ["-c", str(job.customers), "-d", f"{job.lasts_s:.0f}", "--no-progress"]
    return [*load, "-m", "POST", *told, "-b", BODY, f"{job.base}/v1/post"]


PEER = Program("autocannon", ("post",), _command, "autocannon", "needs npm; then make bench installs it")
