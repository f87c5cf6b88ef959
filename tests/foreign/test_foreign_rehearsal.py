"""A whole rehearsal of a service of a foreign shape: same scenario, same journeys, every invariant, and no secret anywhere."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from collecting import collecting, scraping
from hosting import SECRETS, Hosted, hosted
from loopback import free_port
from prometheus_client.parser import text_string_to_metric_families

from scenarios.plugins import PROJECT
from scenarios.run.folder import open_run
from scenarios.run.outcomes import Outcome

INVARIANTS = (
    "no-oversell",
    "stock-conservation",
    "once-per-business-key",
    "acknowledged-survives",
    "accepted-settles",
    "idempotency",
    "idempotency-answers",
    "amounts",
    "double-entry",
    "balances",
    "no-negative-balance",
    "red-packet-pool",
    "refused-stays-refused",
    "honest-refusals",
    "windows",
    "caps",
    "witness",
)


@pytest.fixture
def lanting(tmp_path: Path) -> Iterator[Hosted]:
    """A real service whose answers and books repeat its secrets."""
    with hosted(tmp_path, "--leaky") as running:
        yield running


def rehearse(hosted: Hosted, *options: str, sale: str = "7 s") -> "subprocess.CompletedProcess[str]":
    """As docs/attach.md does, but that the smoke scenario is shorter, with trust in a slow machine."""
    plan = yaml.safe_load((PROJECT / "scenarios" / "catalog" / "smoke.yaml").read_text())
    plan["phases"] = [{"name": "warm-up", "lasts": "3 s", "arrivals": "15/s"}, {"name": "sale", "lasts": sale, "arrivals": "15/s"}]
    plan["trust"] = {"dispatch_lag_p99_ms": 1000, "stall_ms": 5000}
    plan["mix"]["idempotency-probe"] = 20  # so that some are through before the short run ends
    command = hosted.documented("run smoke")
    catalog = hosted.folder / "own" / "scenarios" / "catalog"
    catalog.mkdir()
    (catalog / "smoke.yaml").write_text(yaml.safe_dump(plan))
    return hosted.call(*command, *options)


def findings(hosted: Hosted) -> dict[str, dict[str, Any]]:
    """Those of the latest run by their ids."""
    verdict = json.loads((hosted.folder / "runs" / "latest" / "verdict.json").read_text())
    return {finding["id"]: finding for finding in verdict["findings"]}


def test_the_same_sale_is_rehearsed_on_a_foreign_service_with_every_invariant(lanting: Hosted) -> None:
    """PASS, on evidence: prizes granted, claims accepted and settled, keys probed; and no file has a secret, though it shouts them.

    Nor has what is shown to monitoring systems, whose last figures are those of the run folder.
    """
    lanting.operator(hosts=["127.0.0.1"], max_rps=1000, exercise_kill_switch=True)
    port = free_port()
    with collecting() as collector, scraping(port) as pages:
        told = rehearse(lanting, "--metrics", str(port), "--metrics", f"otlp:{collector.url}")
    assert told.returncode == 0, told.stdout + told.stderr
    assert not [page for page in (*pages, *(raw.decode(errors="replace") for raw in collector.raw)) if _tells(page)]
    counts = _counts(lanting.folder / "runs" / "latest")
    assert _shown(pages[-1], "stormdrill_attempts_total") == counts
    assert {
        (dict(labels)["operation"], dict(labels)["outcome"]): count for labels, count in collector.latest()["stormdrill.attempts"].items()
    } == counts
    assert sum(collector.latest()["stormdrill.latency"].values()) == sum(counts.values())
    found = findings(lanting)
    assert {name: found[name]["status"] for name in INVARIANTS if name in found} == {name: "PASS" for name in INVARIANTS if name in found}
    assert not [name for name in INVARIANTS if name not in found], sorted(found)
    for name, nothing in (("no-oversell", "0 prizes"), ("accepted-settles", "0 operations accepted"), ("idempotency-answers", "0 probes")):
        assert not found[name]["detail"].startswith(nothing), found[name]["detail"]
    assert _with_secrets(lanting.folder / "runs") == []
    assert not _tells(told.stdout + told.stderr)


def test_bugs_in_a_foreign_service_are_found_by_the_same_books(tmp_path: Path) -> None:
    """It moves less than it tells, and notes another prize than was asked for: each by the check that knows what was asked."""
    with hosted(tmp_path, "--crooked") as crooked:
        crooked.operator(hosts=["127.0.0.1"], max_rps=1000, exercise_kill_switch=True)
        told = rehearse(crooked, sale="4 s")
        assert told.returncode == 1, told.stdout + told.stderr
        found = findings(crooked)
    assert {name: found[name]["status"] for name in ("postings", "parties", "amounts")} == {
        "postings": "FAIL", "parties": "FAIL", "amounts": "PASS"
    }  # fmt: skip


def _counts(folder: Path) -> dict[tuple[str, str], float]:
    """Attempts of a run folder by operation and outcome."""
    run = open_run(folder)
    names, counts = run.plan().operations, Counter(run.samples()[["operation_index", "outcome"]].tolist())
    assert counts
    return {(names[op], Outcome(outcome).label): count for (op, outcome), count in counts.items()}


def _shown(page: str, name: str) -> dict[tuple[str, str], float]:
    """The same on a page for Prometheus."""
    every = [sample for family in text_string_to_metric_families(page) for sample in family.samples if sample.name == name]
    return {(sample.labels["operation"], sample.labels["outcome"]): sample.value for sample in every}


def test_the_operators_limit_stops_a_run(lanting: Hosted) -> None:
    """What is sent in fact counts: each arrival is more than one request. Stopped, and INVALID."""
    lanting.operator(hosts=["127.0.0.1"], max_rps=16)
    told = rehearse(lanting)
    assert told.returncode == 2, told.stdout + told.stderr
    assert "more than the 16 requests/s that the operator allows" in told.stdout + told.stderr
    assert "more than the 16 requests/s" in findings(lanting)["whole-run"]["detail"]


def _with_secrets(folder: Path) -> list[str]:
    """Files in which a secret stands, in any shape that it may have taken."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 20
    return [str(path.relative_to(folder)) for path in files if _tells(path.read_bytes().decode(errors="replace"))]


def _tells(text: str) -> bool:
    shapes = [
        shape
        for value in SECRETS.values()
        for shape in (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(value, safe=""))
    ]
    return any(shape in text for shape in shapes)
