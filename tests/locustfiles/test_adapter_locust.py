"""The campaign at home in Locust: its tables say what the run folder says, and its ways of stopping stop the crowd."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from locustfiles_kit import made, scenario, serving, target
from locustfiles_locust import CAMPAIGN, locust
from loopback import free_port

from scenarios.run.event_kinds import LoadFinished, LoadSealed
from scenarios.run.events import of_kind
from scenarios.run.folder import Run, fix_t0
from scenarios.run.handover import ProcessStage, read_state
from scenarios.run.latency import latency_us
from scenarios.run.outcomes import Outcome
from scenarios.run.records import STREAM_FOREIGN
from stormdrill.rehearsal.load_processes import Load

BESIDE = Path(__file__).parent / "own" / "beside.py"
MIX = {"flash-sale": 1.0, "ordinary-banking": 1.0, "zone-page": 1.0, "one-claim": 1.0}


def _row(prefix: Path, name: str) -> dict[str, str]:
    with Path(f"{prefix}_stats.csv").open(encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file) if row["Name"] == name)


@pytest.mark.parametrize("workers", [1, 2])
def test_locusts_tables_agree_with_the_run_folder(tmp_path: Path, workers: int) -> None:
    """Requests, failures, rate, mean and percentiles within 1 %, nothing of the last second lost; exit code 0 although some failed."""
    with serving() as base:
        to = target(base, stock_get={"path": "/slow/0.15"}, zone_get={"path": "/error/x"})
        run, plan = made(tmp_path, to, scenario(MIX, lasts=5, rate=120), workers=workers)
        many = ["--processes", str(workers)] if workers > 1 else []
        with locust(run, plan, "--headless", "--csv", str(tmp_path / "table"), *many) as running:
            assert running.end() == 0, running.said
    samples = run.samples()
    assert sorted(path.name for path in run.samples_folder.iterdir()) == [f"load-{worker}.bin" for worker in range(workers)]
    row = _row(tmp_path / "table", "Aggregated")
    bad = np.isin(samples["outcome"], [Outcome.FAILURE, Outcome.UNKNOWN, Outcome.SHED])
    assert int(row["Request Count"]) == len(samples) > 1000
    assert int(row["Failure Count"]) == bad.sum() > 50
    latency_ms = latency_us(samples) / 1000
    assert float(row["Average Response Time"]) == pytest.approx(latency_ms.mean(), rel=0.01)
    assert float(row["Max Response Time"]) == pytest.approx(latency_ms.max(), rel=0.01)
    slow = latency_us(samples[samples["operation_index"] == plan.operations.index("stock.get")]) / 1000
    assert int(_row(tmp_path / "table", "stock.get")["50%"]) == pytest.approx(np.quantile(slow, 0.5), rel=0.01)
    last_s = float((samples["intended_ns"] / 1e9 + latency_us(samples) / 1e6).max())
    assert float(row["Requests/s"]) == pytest.approx(len(samples) / last_s, rel=0.01)


def test_locusts_users_are_the_customers_on_their_journeys(tmp_path: Path) -> None:
    """In the history as on the web page, which shows them while they think."""
    with serving() as base:
        run, plan = made(tmp_path, target(base), scenario({"zone-page": 1}, lasts=600, rate=30))
        port = free_port()
        with locust(run, plan, "--autostart", "--autoquit", "0", "--web-host", "127.0.0.1", "--web-port", str(port)) as running:
            most = 0
            deadline = time.monotonic() + 60
            while most < 20 and time.monotonic() < deadline:
                most = max(most, _users(port))
                time.sleep(0.2)
            assert most >= 20
            running.end(signal.SIGTERM)


def _users(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats/requests", timeout=5) as answer:
            return int(json.load(answer)["user_count"])
    except OSError:
        return 0


def test_users_of_ones_own_are_recorded_beside_the_crowd_and_listeners_hear_of_both(tmp_path: Path) -> None:
    """A FastHttpUser's requests are samples of their own stream; a listener to `request` hears each request once."""
    heard = tmp_path / "heard"
    with serving() as base:
        run, plan = made(tmp_path, target(base), scenario({"one-claim": 1}, lasts=4, rate=50))
        options = ["--headless", "-u", "3", "-r", "3", "--csv", str(tmp_path / "table")]
        with locust(run, plan, *options, file=BESIDE, BESIDE_HOST=base, BESIDE_HEARD=str(heard)) as running:
            assert running.end() == 0, running.said
    samples = run.samples()
    foreign = samples[samples["operation_id"] >> 60 == STREAM_FOREIGN]
    crowd = samples[samples["operation_id"] >> 60 != STREAM_FOREIGN]
    (finished,) = of_kind(run.events(), LoadFinished)
    assert finished.facts.foreign == ["own page"]
    sealed = {name: seal.records for event in of_kind(run.events(), LoadSealed) for name, seal in event.facts.files.items()}
    assert sealed == {"samples/load-0.bin": len(crowd), "samples/load-0-foreign.bin": len(foreign), "acks/load-0.bin": len(run.acks())}
    assert set(foreign["operation_index"].tolist()) == {len(plan.operations)}
    assert len(foreign) > 0
    counts = json.loads(heard.read_text("utf-8"))
    assert counts == {"own page": len(foreign), "claim.submit": len(crowd)}
    # Locust writes its tables once a second and not again at its end; its users go on until then.
    late = foreign["intended_ns"] > foreign["intended_ns"].max() - 3_000_000_000
    assert len(foreign) - late.sum() <= int(_row(tmp_path / "table", "own page")["Request Count"]) <= len(foreign)
    assert int(_row(tmp_path / "table", "claim.submit")["Request Count"]) == len(crowd)


def _wait_for_load(run: Run, least: int) -> None:
    deadline = time.monotonic() + 60
    while len(run.samples()) < least and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(run.samples()) >= least


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_load_in_bounded_time_with_its_files_closed(tmp_path: Path, kind: signal.Signals) -> None:
    """Answers under way are awaited, what would have come is counted as cancelled, and the exit code is 0."""
    with serving() as base:
        run, plan = made(tmp_path, target(base), scenario({"one-claim": 1}, lasts=600, rate=100))
        with locust(run, plan, "--headless") as running:
            _wait_for_load(run, 100)
            assert running.end(kind, timeout_s=30) == 0, running.said
    (finished,) = of_kind(run.events(), LoadFinished)
    assert finished.facts.cancelled > 10_000
    assert finished.facts.offered == len(run.samples())
    assert run.samples_folder.joinpath("load-0.bin").stat().st_size % 48 == 0


def _alone(folder: Path, *options: str) -> tuple[int, str]:
    """Locust started by itself, without a run that the door has made."""
    environment = {name: value for name, value in os.environ.items() if name != "STORMDRILL_RUN"} | {"TMPDIR": str(folder)}
    command = [sys.executable, "-m", "locust", "-f", str(CAMPAIGN), "--headless", "--run-out", str(folder / "runs"), *options]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--scenario", "smoke"], "no world of mock_bank is up; start it first: stormdrill bank up, or name its --topology FILE"),
        (["--scenario", "smok"], "there is no scenario 'smok'; did you mean 'smoke'?"),
        (["--scenario", "smoke", "--topology", "nowhere.json"], "nowhere.json: is no topology of a world"),
    ],
)
def test_by_itself_it_says_in_one_sentence_what_it_lacks(tmp_path: Path, options: list[str], sentence: str) -> None:
    """And ends with 64, leaving no run folder."""
    code, said = _alone(tmp_path, *options)
    assert sentence in said
    assert code == 64
    assert "Traceback" not in said
    assert not (tmp_path / "runs").exists()


def test_a_plan_that_cannot_be_built_is_a_sentence_to_whoever_waits(tmp_path: Path) -> None:
    """A journey that is not there: said before T0 is fixed, in the place where the door looks, with the kind of mistake."""
    run, _ = made(tmp_path, target("http://127.0.0.1:1"), scenario({"no-such-journey": 1}))
    process = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(CAMPAIGN), "--headless"],
        env=os.environ | {"STORMDRILL_RUN": str(run.folder)}, cwd=run.folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    state = read_state(run, "load-0")
    assert state is not None
    assert (state.stage, state.exit_code, process.returncode) == (ProcessStage.ENDED, 64, 64)
    assert "the mix names the journey 'no-such-journey'" in state.failure
    assert state.failure in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("looked_at", [False, True])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_with_a_page_ends_by_itself(tmp_path: Path, workers: int, *, looked_at: bool) -> None:
    """Whether nobody looks, or a browser holds its connection and asks on."""
    with serving() as base:
        run, plan = made(tmp_path, target(base), scenario({"one-claim": 1}, lasts=2, rate=30), workers=workers)
        load, port = Load(run), free_port()
        load.start(workers, web_port=port)
        try:
            load.await_ready()
            fix_t0(run, plan, lead_s=1.0)
            browser = socket.create_connection(("127.0.0.1", port)) if looked_at else None
            deadline = time.monotonic() + 60
            while not load.ended and time.monotonic() < deadline:
                if browser is not None:
                    with suppress(OSError):
                        browser.sendall(b"GET /stats/requests HTTP/1.1\r\nHost: here\r\n\r\n")
                        browser.recv(1 << 20)
                time.sleep(0.1)
            assert load.ended
            assert not load.failures
            if browser is not None:
                browser.close()
        finally:
            load.stop()
    assert len(run.samples()) > 30
