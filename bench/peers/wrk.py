"""wrk: C, one thread, the request's bytes made once. The frontier for fixed bytes; what it could build and parse in Lua is no fair JSON."""

from bench.kit.measuring import Job
from bench.kit.peers import BODY, HEADERS, Program


def _command(job: Job) -> list[str]:
    script = job.folder / "post.lua"
    headers = "".join(f'wrk.headers["{name}"]="{value}"; ' for name, value in HEADERS.items())
    script.write_text(f"wrk.method=\"POST\"; wrk.body='{BODY}'; {headers}")
    return ["-t1", f"-c{job.customers}", f"-d{job.lasts_s:.0f}s", "-s", str(script), f"{job.base}/v1/post"]


PEER = Program("wrk", ("post",), _command, "wrk", "apt-get install wrk")
