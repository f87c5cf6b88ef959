"""ab, of the Apache server's tools: C, fixed bytes, HTTP/1.0 with keep-alive."""

from bench.kit.measuring import Job
from bench.kit.peers import BODY, HEADERS, Program


def _command(job: Job) -> list[str]:
    body = job.folder / "body.json"
    body.write_text(BODY)
    told = [word for name, value in HEADERS.items() if name != "Content-Type" for word in ("-H", f"{name}: {value}")]
    load = ["-k", "-q", "-c", str(job.customers), "-t", f"{job.lasts_s:.0f}", "-n", "100000000"]
    return [*load, "-p", str(body), "-T", HEADERS["Content-Type"], *told, f"{job.base}/v1/post"]


PEER = Program("ab", ("post",), _command, "ab", "apt-get install apache2-utils")
