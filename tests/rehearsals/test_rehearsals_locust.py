"""Locust by itself on a world that is up: no door, several load processes, the same run folder."""

import csv
import subprocess
import sys
from collections.abc import Iterator

import pytest
from loopback import free_port
from rehearsing import SHORT, Lab, said

from scenarios.plugins import PROJECT
from scenarios.run.event_kinds import LoadFinished
from scenarios.run.events import of_kind
from scenarios.run.folder import open_run

pytestmark = pytest.mark.rehearsal


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A user's own folder, and a world of its own that is up."""
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        world = str(lab.temporary / "w")
        up = lab.call("bank", "up", "--dir", world)
        try:
            assert up.code == 0, said(up)
            yield lab
        finally:
            down = lab.call("bank", "down", "--dir", world)
            assert down.code == 0, said(down)


@pytest.mark.parametrize("workers", [1, 2])
def test_locust_by_itself_makes_a_whole_run(lab: Lab, workers: int) -> None:
    """Each load process knows the world's secrets, though it was forked before the world was found; tables and folder agree."""
    port = str(free_port())
    topology = lab.temporary / "w" / "topology.json"
    command = [sys.executable, "-m", "locust", "-f", str(PROJECT / "locustfiles" / "campaign.py"), "--headless"]
    command += ["--scenario", lab.scenario(SHORT, target="embedded"), "--topology", str(topology), "--csv", str(lab.folder / "table")]
    command += ["--processes", str(workers), "--master-bind-port", port, "--master-port", port] if workers > 1 else []
    environment = {name: value for name, value in lab.environment().items() if not name.startswith("STORMDRILL_RUN")}
    environment["STORMDRILL_PATH"] = str(lab.folder)
    done = subprocess.run(command, cwd=lab.folder, env=environment, capture_output=True, text=True, check=False, timeout=200)
    run = open_run(lab.latest)
    assert sorted(path.stem for path in run.samples_folder.iterdir()) == [f"load-{worker}" for worker in range(workers)], done.stderr
    with (lab.folder / "table_stats.csv").open(encoding="utf-8") as file:
        total = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
    assert int(total["Request Count"]) == len(run.samples()) > 200, done.stderr
    finished = of_kind(run.events(), LoadFinished)
    assert len(finished) == workers
    assert sum(event.facts.unsent for event in finished) == 0
