"""The verdict: the same whoever reads the files in whatever order, as its schema says, and never kinder for what is missing."""

import json
import random
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import orjson
import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, OPERATIONS, SUCCESS, UNKNOWN
from handmade_stories import healthy, rescued

import reports
from scenarios.errors import BadInput
from scenarios.plugins import PATH_VARIABLE
from scenarios.run.event_kinds import RunInterrupted
from scenarios.run.records import SAMPLE

SCHEMAS = Path(reports.__file__).parent / "schema"


def _bytes(folder: Path) -> tuple[bytes, bytes]:
    reports.judge_run(folder)
    return (folder / "verdict.json").read_bytes(), (folder / "findings.json").read_bytes()


def eventful(folder: Path) -> Story:
    """Two load processes, a failover with losses and retries, gates that hold and gates that do not."""
    story = rescued(folder)
    story.load_processes = 2
    story.scenario["gates"] = [
        "p95 of claim.submit <= 1 s",
        "error ratio <= 1 %",
        "rto of primary-kill <= 10 s",
        "rpo of primary-kill == 0",
    ]
    for at_s in ticks(25, 27, 5):
        story.ask("transfer.submit", at_s, UNKNOWN, 900, retries=[(UNKNOWN, 900), (SUCCESS, 40)])
        story.ask("transfer.submit", at_s + 0.01, UNKNOWN, 900, effect=at_s > 26)
        story.ask("transfer.submit", at_s - 1, SUCCESS, effect=at_s > 26)
        story.ask("campaign.get", at_s, FAILURE, 5)
    return story


def test_the_verdict_does_not_depend_on_the_order_in_which_files_are_read(tmp_path: Path) -> None:
    """Records in another order, rows in another order: the same bytes."""
    story = eventful(tmp_path / "a" / "run")
    first = _bytes(story.write())
    other = eventful(tmp_path / "b" / "run")
    shuffle = random.Random(4)  # noqa: S311 - no secret
    for records in (other.samples, other.acks):
        shuffle.shuffle(records)
    for rows in other.tables.values():
        shuffle.shuffle(rows)
    other.write()
    assert _bytes(other.folder) == first


def test_records_cut_off_in_the_middle_still_give_a_verdict(tmp_path: Path) -> None:
    """A killed rehearsal leaves half a record, half a line and no read-back: a partial verdict, never a crash, never PASS."""
    story = rescued(tmp_path / "run")
    story.ends = False
    folder = story.write()
    for path in (folder / "samples" / "load-0.bin", folder / "acks" / "load-0.bin"):
        path.write_bytes(path.read_bytes()[:-17])
    door = folder / "events" / "door.jsonl"
    door.write_bytes(door.read_bytes()[:-9])
    for path in (folder / "readback").iterdir():
        path.unlink()
    verdict = reports.judge_run(folder)
    assert verdict.word == "INVALID"
    assert "partial" in (folder / "findings.json").read_text("utf-8")


def test_a_partial_run_that_proves_a_breach_fails(tmp_path: Path) -> None:
    """What was lost before the interruption was lost."""
    story = rescued(tmp_path / "run")
    story.tell("door", 50, RunInterrupted(reason="stopped by the user"))
    story.tables["transfers"].pop()
    assert reports.judge_run(story.write()).word == "FAIL"


def test_an_empty_folder_of_records_is_invalid(tmp_path: Path) -> None:
    """Nothing recorded, nothing proven."""
    assert reports.judge_run(Story(tmp_path / "run").write()).word == "INVALID"


def test_no_run_folder_is_a_bad_input(tmp_path: Path) -> None:
    """One clear sentence."""
    with pytest.raises(BadInput, match="no run folder"):
        reports.judge_run(tmp_path)


STORIES = {"healthy": healthy, "rescued": rescued, "eventful": eventful, "empty": Story}


@pytest.mark.parametrize("name", STORIES)
def test_what_is_written_keeps_its_schema(tmp_path: Path, name: str) -> None:
    """Both documents, for good runs and bad ones."""
    folder = STORIES[name](tmp_path / "run").write()
    reports.judge_run(folder)
    for document in ("verdict", "findings"):
        schema = json.loads((SCHEMAS / f"{document}.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(orjson.loads((folder / f"{document}.json").read_bytes()), schema, cls=jsonschema.Draft202012Validator)


def test_the_verdict_keeps_the_names_that_pipelines_read(tmp_path: Path) -> None:
    """As the design shows them."""
    folder = eventful(tmp_path / "run").write()
    reports.judge_run(folder)
    verdict = orjson.loads((folder / "verdict.json").read_bytes())
    assert {"verdict", "exit_code", "scenario", "run", "traffic", "recovery", "findings"} <= set(verdict)
    assert {"offered", "sent", "unsent", "goodput_per_s", "tps_peak", "latency_ms", "service_ms"} <= set(verdict["traffic"])
    assert {"p50", "p95", "p99", "p999", "max"} <= set(verdict["traffic"]["latency_ms"])
    names = (
        "drill detection_s decision_s failover_s rto_first_s rto_s rto_censored rpo_operations rpo_s rpo_fen unknown_present unknown_absent"
    )
    assert {*names.split(), "duplicates", "outage_equivalent_s"} <= set(verdict["recovery"][0])
    assert {"id", "status", "measured", "limit", "unit", "detail"} <= set(verdict["findings"][0])


def test_reading_half_a_million_samples_is_not_done_one_by_one(tmp_path: Path) -> None:
    """A large run is judged by arrays; every operation is counted, and nothing else is needed to say so."""
    story = healthy(tmp_path / "run")
    reads = np.array([sample for sample in story.samples if sample[8] == OPERATIONS.index("campaign.get")], SAMPLE)
    copies = np.resize(reads, 500_000)
    copies["operation_id"] = np.arange(1 << 50, (1 << 50) + 500_000)
    story.samples.extend(copies.tolist())
    folder = story.write()
    assert reports.judge_run(folder).word == "PASS"
    assert orjson.loads((folder / "verdict.json").read_bytes())["traffic"]["offered"] == 500_000 + 600 + 600 + 1


def test_a_healthy_minute_is_the_same_read_twice(tmp_path: Path) -> None:
    """Judging again gives the same bytes."""
    folder = healthy(tmp_path / "run").write()
    reports.judge_run(folder)
    first = [(folder / name).read_bytes() for name in ("verdict.json", "findings.json")]
    reports.judge_run(folder)
    assert first == [(folder / name).read_bytes() for name in ("verdict.json", "findings.json")]


def test_importing_reports_is_cheap() -> None:
    """Neither pandas nor matplotlib nor numpy comes with it; a command that judges nothing need not wait for them."""
    program = "import sys, reports; print([name for name in ('pandas', 'matplotlib', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_concluding_asks_each_check_once_and_writes_what_judging_and_rendering_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check of our own counts how often it is asked: once for verdict and report together."""
    own, asked = tmp_path / "own" / "reports" / "checks", tmp_path / "asked"
    own.mkdir(parents=True)
    (own / "counted.py").write_text(
        '"""Counts."""\nID, TITLE, KIND = "counted", "Counted", "invariant"\n'
        f"def check(evidence):\n    with open({str(asked)!r}, 'a') as file:\n        file.write('.')\n    return []\n"
    )
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "own"))
    folder = eventful(tmp_path / "run").write()
    reports.conclude_run(folder)
    assert asked.read_text("utf-8") == "."
    written = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    reports.judge_run(folder)
    reports.render_run(folder)
    assert written == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
