"""The run folder, its plan, its live window and its read-back."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from scenarios.client.readback_capture import capture
from scenarios.errors import BadInput
from scenarios.plugins import load_scenario, load_target
from scenarios.run.folder import create_run, fix_t0, open_run
from scenarios.run.live_window import Tail
from scenarios.run.outcomes import Outcome
from scenarios.run.readback_tables import read_manifest
from scenarios.run.records import FLAG_PULSE, SAMPLE_STRUCT, BlockWriter
from scenarios.target.model import Target


def test_a_new_run_has_its_plan_and_is_the_latest(tmp_path: Path) -> None:
    """What was planned can be read from the folder alone; a second run of the same second stands beside it."""
    scenario, target = load_scenario("smoke"), load_target("embedded")
    run, plan = create_run(scenario, target, seed=7, workers=2, out=tmp_path / "runs")
    plan = fix_t0(run, plan, lead_s=1)
    again, _ = create_run(scenario, target, seed=7, workers=2, out=tmp_path / "runs")
    assert open_run(run.folder).plan() == plan
    assert plan.operations == sorted(target.operations)
    assert plan.seed == 7
    assert again.folder != run.folder
    assert (tmp_path / "runs" / "latest").resolve() == again.folder.resolve()
    assert len(run.samples()) == len(run.acks()) == len(run.events()) == 0


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    """With the reason."""
    with pytest.raises(BadInput, match="is no run folder"):
        open_run(tmp_path)
    (tmp_path / "scenario.json").write_text("{}")
    with pytest.raises(BadInput, match="cannot be read"):
        open_run(tmp_path).plan()
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot make a run folder"):
        create_run(load_scenario("smoke"), load_target("embedded"), seed=1, workers=1, out=tmp_path / "file")


def test_the_live_window_counts_what_came(tmp_path: Path) -> None:
    """Seconds by when samples were done, the pulse apart, nothing twice."""
    writer = BlockWriter(tmp_path / "load-0.bin", SAMPLE_STRUCT)
    tail = Tail(tmp_path)

    def sample(intended_s: float, latency_ms: int, outcome: Outcome, flags: int = 0) -> None:
        writer.append(int(intended_s * 1e9), 1, 0, 0, latency_ms * 1000, 0, 0, 0, 3, 200, outcome, 1, flags, 2)

    sample(0.1, 100, Outcome.SUCCESS)
    sample(0.2, 2000, Outcome.UNKNOWN)
    window = tail.update(1.5)
    assert [second.count for second in window.seconds] == [1]
    sample(1.2, 10, Outcome.SUCCESS, FLAG_PULSE)
    window = tail.update(3.2)
    assert [(second.start_s, second.count, second.success_ratio) for second in window.seconds] == [(0, 1, 1), (1, 1, 1), (2, 1, 0)]
    assert [second.count for second in window.pulse] == [0, 1, 0]
    assert window.total == {Outcome.SUCCESS: 2, Outcome.UNKNOWN: 1}
    assert window.seconds[1].by_op == {3: {Outcome.SUCCESS: 1}}
    assert window.percentile_ms(1.0, 3) == 2000


class Books(BaseHTTPRequestHandler):
    """A read-back of 25 rows, ten on a page; /broken answers 500 on its second page."""

    def do_GET(self) -> None:
        """One page."""
        url = urlsplit(self.path)
        after = int(parse_qs(url.query).get("after", ["0"])[0] or 0)
        rows = [
            {"n": n, "no": str(n), "yuan": "1.50", "when": "2026-11-22T10:00:00.250+08:00", "st": "ok" if n % 2 else "bad"}
            for n in range(25)
        ]
        page = rows[after : after + 10]
        body = json.dumps({"rows": page, "next": after + 10 if after + 10 < 25 else None}).encode()
        self.send_response(500 if url.path == "/broken" and after else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def books() -> Iterator[str]:
    """The books' address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Books)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_read_back_pages_to_the_end_under_our_names(tmp_path: Path, books: str) -> None:
    """All rows, converted; a table that breaks off is said to be incomplete, with its reason."""
    table = {
        "role": "effects",
        "service": "s",
        "path": "/books?after={cursor}",
        "where": {"$.st": ["ok"]},
        "fields": {"op": "'claim.submit'", "customer": "$.no|int", "amount_fen": "$.yuan|fen", "at_ms": "$.when", "state": "$.st"},
        "business": "{customer}:x",
        "final": ["done"],
    }
    target = Target.model_validate(
        {
            "name": "t",
            "describe": "t",
            "services": {"s": {"base": books}},
            "operations": {},
            "readback": {"tables": {"good": table, "broken": table | {"path": "/broken?after={cursor}"}}},
        }
    )
    tables = capture(target, {}, tmp_path)
    assert read_manifest(tmp_path) == tables
    assert (tables["good"].rows, tables["good"].complete) == (12, True)
    assert not tables["broken"].complete
    assert "answers 500" in tables["broken"].reason
    assert not (tmp_path / "broken.jsonl").exists()
    rows = [json.loads(line) for line in (tmp_path / "good.jsonl").read_text().splitlines()]
    assert [row["customer"] for row in rows] == list(range(1, 25, 2))
    assert rows[0] == {
        "op": "claim.submit",
        "customer": 1,
        "amount_fen": 150,
        "at_ms": 1795312800250,
        "state": "ok",
        "business": "1:x",
        "final": False,
    }
