"""h2load, of the nghttp2 tools: C, fixed bytes, here over HTTP/1.1."""

from bench.kit.measuring import Job
from bench.kit.peers import BODY, HEADERS, Program


def _command(job: Job) -> list[str]:
    body = job.folder / "body.json"
    body.write_text(BODY)
    told = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
    return ["--h1", "-t1", "-c", str(job.customers), "-D", f"{job.lasts_s:.0f}", "-d", str(body), *told, f"{job.base}/v1/post"]


PEER = Program("h2load", ("post",), _command, "h2load", "apt-get install nghttp2-client")
