"""Whatever lies in a run folder, the judge says so in bounded time and memory: a finding or a sentence with the file's name."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from handmade import Story
from handmade_forgery import edit_records, reseal_all
from handmade_stories import healthy

import reports
from scenarios.errors import BadInput
from scenarios.run.folder import Run, open_run
from scenarios.run.outcomes import Outcome
from scenarios.run.run_digest import run_digest
from scenarios.run.seals import BLOCK_BYTES, KEY_VARIABLE, seal, seal_file


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that passes."""
    story = healthy(tmp_path_factory.mktemp("odd") / "run")
    assert reports.judge_run(story.write()).word == "PASS"
    return story.folder


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path is bounded
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


def _looped(path: Path) -> None:
    path.symlink_to(path.name)


def _not_followed(path: Path) -> None:
    """As root alone may come everywhere, its name is too long; of a folder that is closed the system says as little."""
    path.symlink_to("x" * 300)


THINGS: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": lambda path: path.mkdir(),
    "a socket": _socket,
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a link to itself": _looped,
    "a link that the system does not follow": _not_followed,
    "a list": lambda path: path.write_bytes(b"[1, 2, 3]\n"),
    "a number": lambda path: path.write_bytes(b"7\n"),
    "null": lambda path: path.write_bytes(b"null\n"),
    "an empty object": lambda path: path.write_bytes(b"{}\n"),
    "deep lists": lambda path: path.write_bytes(b"[" * 200_000 + b"]" * 200_000 + b"\n"),
    "deep objects": lambda path: path.write_bytes(b'{"tables":' * 50_000 + b"1" + b"}" * 50_000 + b"\n"),
    "not a number": lambda path: path.write_bytes(b'{"seq": NaN, "at_ns": Infinity, "tables": NaN}\n'),
    "no UTF-8": lambda path: path.write_bytes(b'{"a": "\xff\xfe\x00"}\n' * 3),
    "tables that are a list": lambda path: path.write_bytes(b'{"tables": []}\n'),
    "noise": lambda path: path.write_bytes(os.urandom(100_003)),
    "zeros": lambda path: path.write_bytes(bytes(1 << 20)),
}
PLACES = ["scenario.json", "samples/load-0.bin", "acks/load-0.bin", "events/door.jsonl", "readback/manifest.json", "readback/ledger.jsonl"]
FOLDERS = ["samples", "acks", "events", "readback"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("thing", THINGS)
def test_whatever_stands_in_a_files_place_is_named(tmp_path: Path, passing: Path, place: str, thing: str) -> None:
    """By the judge and by the report alike."""
    folder = tmp_path / "run"
    shutil.copytree(passing, folder)
    (folder / place).unlink()
    THINGS[thing](folder / place)
    if place == "scenario.json":
        for act in (reports.judge_run, reports.render_run, reports.conclude_run):
            with pytest.raises(BadInput, match=r"scenario\.json"):
                act(open_run(folder).folder)
        return
    assert reports.conclude_run(open_run(folder).folder).word == "INVALID"
    assert Path(place).name in (folder / "findings.json").read_text("utf-8")


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("thing", ["a pipe", "null", "removed", "a link that the system does not follow"])
def test_a_folder_that_is_none_is_named(tmp_path: Path, passing: Path, name: str, thing: str) -> None:
    """All that was in it is missing."""
    folder = tmp_path / "run"
    shutil.copytree(passing, folder)
    shutil.rmtree(folder / name)
    if thing in THINGS:
        THINGS[thing](folder / name)
    assert reports.conclude_run(folder).word == "INVALID"
    assert f"{name}/" in (folder / "findings.json").read_text("utf-8")


@pytest.mark.parametrize("name", ["events", "samples", "acks", "readback"])
@pytest.mark.parametrize("thing", ["a pipe", "a link to a device", "a socket", "noise", "null"])
def test_what_lies_beside_the_files_is_named(tmp_path: Path, passing: Path, name: str, thing: str) -> None:
    """Under a name that none of ours has, or one that one could have."""
    for called in ("more.jsonl", "more.bin", "strange"):
        folder = tmp_path / called / "run"
        shutil.copytree(passing, folder)
        THINGS[thing](folder / name / called)
        assert reports.judge_run(folder).word == "INVALID"
        assert called in (folder / "findings.json").read_text("utf-8")


FIELDS = [
    ("samples", "operation_index", 60_000),
    ("samples", "outcome", 0),
    ("samples", "outcome", 200),
    ("samples", "intended_ns", -(1 << 62)),
    ("samples", "intended_ns", 1 << 62),
    ("samples", "operation_id", (1 << 64) - 1),
    ("acks", "operation_index", 60_000),
    ("acks", "outcome", 99),
    ("acks", "promise", 9),
    ("acks", "probe", 9),
    ("acks", "done_ns", 1 << 62),
    ("acks", "sent_ns", -(1 << 62)),
]


@pytest.mark.parametrize(("kind", "field", "value"), FIELDS)
def test_a_record_that_cannot_be_is_left_out_and_named(tmp_path: Path, passing: Path, kind: str, field: str, value: int) -> None:
    """Even under seals that fit: an index out of range is no reason to break, a time in another century none to allocate it."""
    folder = tmp_path / "run"
    shutil.copytree(passing, folder)

    def spoil(records):  # noqa: ANN001, ANN202 - records
        records[field][::100] = value
        return records

    edit_records(folder, f"{kind}/load-0.bin", spoil)
    reseal_all(folder)
    assert reports.conclude_run(folder).word in ("INVALID", "FAIL")
    assert "that no load process writes" in (folder / "findings.json").read_text("utf-8")


def test_where_nothing_can_be_written_a_sentence_says_so(tmp_path: Path, passing: Path) -> None:
    """A verdict's place that is a folder, a page's that is one: no traceback."""
    for name, act in (("verdict.json", reports.judge_run), ("report.html", reports.render_run)):
        folder = tmp_path / name
        shutil.copytree(passing, folder)
        (folder / name).unlink(missing_ok=True)
        (folder / name / "full").mkdir(parents=True)
        with pytest.raises(BadInput, match=f"{name}.*cannot be written"):
            act(folder)


def test_an_empty_story_is_named_too(tmp_path: Path) -> None:
    """Nothing recorded at all."""
    story = Story(tmp_path / "run")
    story.ends = False
    assert reports.conclude_run(story.write()).word == "INVALID"


def test_a_table_beyond_this_machines_memory_is_named_instead_of_read(
    tmp_path: Path, passing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All there is beside it is judged."""
    folder = tmp_path / "run"
    shutil.copytree(passing, folder)
    monkeypatch.setattr("reports.reading.tables._ROOM", 1 << 40)
    assert reports.judge_run(folder).word == "INVALID"
    assert "are the most that it may have" in (folder / "findings.json").read_text("utf-8")


@pytest.mark.parametrize("key", ["", "a key"])
def test_a_file_is_sealed_piece_by_piece_as_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Of an empty one, a short one and one of several pieces."""
    monkeypatch.setenv(KEY_VARIABLE, key)
    path = tmp_path / "table.jsonl"
    for data in (b"", b"{}\n", os.urandom(2 * BLOCK_BYTES + 1)):
        path.write_bytes(data)
        assert seal_file(path, len(data)) == seal(data)


def test_no_digest_is_made_of_a_terabyte_of_nothing(tmp_path: Path, passing: Path) -> None:
    """Whoever made its digest again would read for hours."""
    folder = tmp_path / "run"
    shutil.copytree(passing, folder)
    os.truncate(folder / "samples" / "load-0.bin", 1 << 40)
    with pytest.raises(BadInput, match=r"load-0\.bin: is a hole"):
        run_digest(Run(folder))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_name_that_is_no_text_is_told_by_its_bytes(tmp_path: Path, passing: Path, name: str) -> None:
    """By the judge, the report and the exercise record alike."""
    folder = tmp_path / "run"
    shutil.copytree(passing, folder)
    (folder / name / os.fsdecode(b"\xff\xfe.jsonl")).write_bytes(b"{}\n")
    assert reports.conclude_run(folder).word == "INVALID"
    assert name + r"/\\udcff\\udcfe.jsonl" in (folder / "findings.json").read_text("utf-8")
    reports.write_record(folder, "en")


ROWS = [
    ({"at_ms": "yesterday"}, "has a row whose at_ms is no number"),
    ({"at_ms": {"$date": 1}}, "tells a list or an object in line 1"),
    ({"customer": [1]}, "tells a list or an object in line 1"),
]


@pytest.mark.parametrize(("odd", "words"), ROWS)
def test_a_row_that_no_check_can_reckon_with_is_named(tmp_path: Path, odd: dict[str, object], words: str) -> None:
    """Under seals that fit too: so the system itself may have said it."""
    story = healthy(tmp_path / "run")
    story.ask("claim.submit", 20, Outcome.REFUSAL)
    for rows in story.tables.values():
        for row in rows[:1]:
            row.update(odd)
    assert reports.conclude_run(story.write()).word != "PASS"
    assert words in (story.folder / "findings.json").read_text("utf-8")


def test_a_plan_of_more_operations_than_a_record_can_name_is_none(tmp_path: Path, passing: Path) -> None:
    """Their index has 16 bits."""
    folder = tmp_path / "run"
    shutil.copytree(passing, folder)
    plan = orjson.loads((folder / "scenario.json").read_bytes())
    plan["operations"] = ["claim.submit"] * 70_000
    (folder / "scenario.json").write_bytes(orjson.dumps(plan))
    with pytest.raises(BadInput, match=r"scenario\.json: cannot be read: List should have at most 65536 items"):
        reports.judge_run(folder)
