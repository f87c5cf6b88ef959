"""The tampering table: whatever is done to a file of a run, the word is never PASS, and the file is named."""

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from handmade import Story
from handmade_forgery import edit_plan, edit_records, reseal_all, reseal_records, rewrite_events
from handmade_plan import OPERATIONS
from handmade_stories import rescued

import reports
from reports.checks.evidence import event_chain, event_ends, read_back, sealed, whole_run
from reports.evidence import read_evidence
from reports.finding import NoEvidence, Status
from scenarios.errors import BadInput
from scenarios.run.event_kinds import CustomersAsked
from scenarios.run.fault_event_kinds import FaultInjecting
from scenarios.run.mark_kinds import Marked
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_PULSE, MARK_INTENT, NO_AMOUNT
from scenarios.run.seals import KEY_VARIABLE
from scenarios.run.statements import Statement
from scenarios.run.system_event_kinds import (
    SystemBreakerClosed,
    SystemBreakerOpened,
    SystemKillSwitchAcknowledged,
    SystemKillSwitchResumed,
    SystemKillSwitchTripped,
    SystemPromoted,
)

_TRANSFER = OPERATIONS.index("transfer.submit")
EVIDENCE = (sealed, event_chain, event_ends, read_back, whole_run)
TOLD_BY_THE_SYSTEM = (
    (12.2, SystemBreakerOpened),
    (12.3, SystemKillSwitchTripped),
    (12.5, SystemKillSwitchAcknowledged),
    (12.8, SystemKillSwitchResumed),
    (13.4, SystemBreakerClosed),
)


def told(folder: Path, identity: str, note: str = "") -> Story:
    """The rescued minute, short and by two load processes; a note makes another run of it, in every file."""
    story = rescued(folder, strikes_s=12)
    story.identity, story.load_processes = identity, 2
    story.ask("redpacket.open", 30)
    story.scenario["gates"] = ["rto of primary-kill <= 10 s", "error ratio <= 50 %"]
    for at_s, mark in ((13.0, "detected"), (13.5, "switching")):
        story.tell("marks", at_s, Marked(mark=mark, words=f"the pager rang{note}", by="shift"))
    for at_s, kind in TOLD_BY_THE_SYSTEM:
        story.tell(
            "system", at_s, kind(source="campaign", more={"node": f"campaign-a{note}", "dependency": "voucher", "about": "failures"})
        )
    _show(story)
    if note:
        story.shown, story.statements = story.shown[:1] * 3, (story.statements or [])[:1]
        story.ask("campaign.get", 30, Outcome.SUCCESS)
        story.ask("transfer.submit", 31)
        story.ask("claim.submit", 31)
        story.ask("claim.submit", 31)
        for rows in story.tables.values():
            rows.append({"note": note})
    return story


def _show(story: Story) -> None:
    """Two customers without a claim look at their list of them, in the run and when they are asked afterwards."""
    story.target["operations"]["campaign.get"]["shows"] = {"rows": [{"of": "claim.submit", "rows": "$.coupons"}]}  # type: ignore[index]
    for customer, at_s in ((99_901, 30), (99_902, 31)):
        number = story._arrivals
        story._arrivals += 1
        story.attempt("campaign.get", number << 16, at_s, Outcome.SUCCESS, 20, 1, 0, 0, 0.1)
        sent_ns = at_s * 10**9
        story.shown.append(
            (number << 16, 0, sent_ns, sent_ns + 10**7, 0, NO_AMOUNT, customer, OPERATIONS.index("campaign.get"), 0, b"A", b"", MARK_INTENT)
        )
    story.statements = [Statement(customer, "campaign.get", 0, answered=True) for customer in (99_901, 99_902)]
    story.tell("door", story.lasts_s + 2, CustomersAsked())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run that passes, and another one."""
    folder = tmp_path_factory.mktemp("runs")
    one, other = told(folder / "one", "1" * 32), told(folder / "other", "2" * 32, note="other")
    assert reports.judge_run(one.write()).word == "PASS"
    return one.folder, other.write()


def doubts(folder: Path) -> str:
    """What the checks of the evidence have to say against a run; empty where they would let it pass."""
    try:
        evidence = read_evidence(folder)
    except BadInput as refused:
        return str(refused)
    said = []
    for check in EVIDENCE:
        try:
            finding = check.check(evidence)
        except NoEvidence as missing:
            said.append(str(missing))
        else:
            said += [] if finding.status is Status.PASS else [finding.detail, *finding.evidence]
    return "\n".join(said)


FILES = [
    "scenario.json",
    *(f"{kind}/load-{number}.bin" for kind in ("samples", "acks", "shown") for number in (0, 1)),
    *(f"events/{writer}.jsonl" for writer in ("door", "load-0", "load-1", "marks", "system", "watchdog")),
    *(f"readback/{table}.jsonl" for table in ("accounts", "grants", "ledger", "redpackets", "stock", "transfers", "windows")),
    "readback/manifest.json",
    "readback/_customers.jsonl",
]


def test_the_table_has_every_file_of_a_run(runs: tuple[Path, Path]) -> None:
    """Also one that a new kind of evidence brings: whatever is recorded is sealed."""
    there = {
        path.relative_to(runs[0]) for folder in ("samples", "acks", "shown", "events", "readback") for path in (runs[0] / folder).iterdir()
    }
    assert {Path("scenario.json"), *there} == set(map(Path, FILES))


def cut(share: float) -> Callable[[Path, Path], None]:
    """The rest of the file is gone."""
    return lambda path, _: path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)]) and None


def flipped(at: float, bit: int = 1) -> Callable[[Path, Path], None]:
    """One bit is another."""

    def flip(path: Path, _: Path) -> None:
        data = bytearray(path.read_bytes())
        data[min(len(data) - 1, int(len(data) * at))] ^= bit
        path.write_bytes(data)

    return flip


def _shorten(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:-size])


def _last_unit(path: Path, _: Path) -> None:
    """The last line or record is gone, cleanly."""
    sizes = {"samples": 48, "acks": 136}
    size = sizes.get(path.parent.name) or len(path.read_bytes().splitlines(keepends=True)[-1])
    _shorten(path, size)


def _spread(path: Path, _: Path) -> None:
    with path.open("ab") as file:
        file.truncate(1 << 41)


WAYS: dict[str, Callable[[Path, Path], object]] = {
    "cut by a byte": lambda path, _: _shorten(path, 1),
    "cut by its last line": _last_unit,
    "cut in half": cut(0.5),
    "cut near its start": cut(0.02),
    "emptied": lambda path, _: path.write_bytes(b""),
    "removed": lambda path, _: path.unlink(),
    "flipped at its start": flipped(0),
    "flipped in the middle": flipped(0.5),
    "flipped at its end": flipped(1, 4),
    "doubled": lambda path, _: path.write_bytes(path.read_bytes() * 2),
    "swapped with another run's": lambda path, other: shutil.copyfile(other, path),
    "grown by a byte": lambda path, _: path.write_bytes(path.read_bytes() + b"\x00"),
    "made a folder": lambda path, _: (path.unlink(), path.mkdir()),
    "made a terabyte of nothing": _spread,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_touched_is_named_and_the_run_never_passes(tmp_path: Path, runs: tuple[Path, Path], name: str, way: str) -> None:
    """Whatever was done to it."""
    folder = tmp_path / "run"
    shutil.copytree(runs[0], folder)
    before = (folder / name).read_bytes()
    WAYS[way](folder / name, runs[1] / name)
    assert not (folder / name).is_file() or (folder / name).stat().st_size != len(before) or (folder / name).read_bytes() != before
    said = doubts(folder)
    assert Path(name).name in said or (name == "scenario.json" and "no scenario.json" in said), said


def _without_failures(folder: Path) -> None:
    for number in (0, 1):
        edit_records(folder, f"samples/load-{number}.bin", lambda all_: all_[all_["outcome"] < Outcome.FAILURE])


def _faster(folder: Path) -> None:
    def halved(all_):  # noqa: ANN001, ANN202 - records
        all_["service_us"] //= 2
        return all_

    edit_records(folder, "samples/load-0.bin", halved)


def _no_outage(folder: Path) -> None:
    for number in (0, 1):
        edit_records(
            folder,
            f"samples/load-{number}.bin",
            lambda all_: all_[(all_["flags"] & FLAG_PULSE == 0) | (all_["outcome"] == Outcome.SUCCESS)],
        )


def _table_and_manifest(folder: Path) -> None:
    """A row is gone, and the manifest says that there never was one."""
    path, manifest = folder / "readback" / "transfers.jsonl", folder / "readback" / "manifest.json"
    _shorten(path, len(path.read_bytes().splitlines(keepends=True)[-1]))
    told = orjson.loads(manifest.read_bytes())
    told["tables"]["transfers"] |= {"rows": len(path.read_bytes().splitlines()), "sha256": sha256(path.read_bytes()).hexdigest()}
    manifest.write_bytes(orjson.dumps(told))


def _with_its_own_seal(folder: Path) -> None:
    _faster(folder)
    reseal_records(folder, "load-0")


def _shown_with_its_own_seal(folder: Path) -> None:
    edit_records(folder, "shown/load-0.bin", lambda all_: all_[:-1])
    reseal_records(folder, "load-0")


def _untold(kind: type) -> Callable[[Path], object]:
    """The system never said anything of the kind."""
    return lambda folder: rewrite_events(folder, "system", lambda all_: [one for one in all_ if not isinstance(one[1], kind)])


def _other_identity(folder: Path) -> None:
    path = folder / "scenario.json"
    path.write_bytes(path.read_bytes().replace(b"1" * 32, b"3" * 32))


EDITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "failures removed": (_without_failures, "samples/load-0.bin"),
    "service times shortened": (_faster, "samples/load-0.bin was changed"),
    "the outage's pulse removed": (_no_outage, "samples/load-1.bin"),
    "samples in another order": (
        lambda folder: edit_records(folder, "samples/load-1.bin", lambda all_: all_[::-1]),
        "load-1.bin was changed",
    ),
    "acks in another order": (
        lambda folder: edit_records(folder, "acks/load-1.bin", lambda all_: all_[::-1]),
        "acks/load-1.bin was changed",
    ),
    "what was acknowledged removed": (
        lambda folder: edit_records(folder, "acks/load-0.bin", lambda all_: all_[all_["operation_index"] != _TRANSFER]),
        "acks/load-0.bin",
    ),
    "a load process's files removed": (
        lambda folder: [(folder / name).unlink() for name in ("samples/load-1.bin", "acks/load-1.bin", "events/load-1.jsonl")],
        "events/load-1.jsonl is missing",
    ),
    "two load processes' files changed over": (
        lambda folder: [
            (folder / "samples/load-0.bin").rename(folder / "samples/x.bin"),
            (folder / "samples/load-1.bin").rename(folder / "samples/load-0.bin"),
            (folder / "samples/x.bin").rename(folder / "samples/load-1.bin"),
        ],
        "samples/load-0.bin",
    ),
    "a file put in": (lambda folder: shutil.copy(folder / "samples/load-0.bin", folder / "samples/load-2.bin"), "samples/load-2.bin"),
    "a writer put in": (lambda folder: shutil.copy(folder / "events/system.jsonl", folder / "events/more.jsonl"), "events/more.jsonl"),
    "a table put in": (lambda folder: (folder / "readback/more.jsonl").write_bytes(b"{}\n"), "readback/more.jsonl was put in"),
    "a row and its checksum": (_table_and_manifest, "readback/transfers.jsonl is not what it was"),
    "samples with their writer's seal": (_with_its_own_seal, "events/load-0.jsonl is not what it was"),
    "a promotion untold": (_untold(SystemPromoted), "events/system.jsonl is not what it was"),
    "a kill switch's trip untold": (_untold(SystemKillSwitchTripped), "events/system.jsonl is not what it was"),
    "a breaker that never opened": (_untold(SystemBreakerOpened), "events/system.jsonl is not what it was"),
    "a pause that was longer": (
        lambda folder: rewrite_events(
            folder, "system", lambda all_: [(at + 10**8 * isinstance(facts, SystemKillSwitchResumed), facts) for at, facts in all_]
        ),
        "events/system.jsonl is not what it was",
    ),
    "what customers said, and nothing else": (
        lambda folder: (folder / "readback/_customers.jsonl").write_bytes(b""),
        "readback/_customers.jsonl is not what it was",
    ),
    "what was shown, with its writer's seal": (_shown_with_its_own_seal, "events/load-0.jsonl is not what it was"),
    "a fault that struck later": (
        lambda folder: rewrite_events(
            folder, "watchdog", lambda all_: [(at + 10**9 * isinstance(facts, FaultInjecting), facts) for at, facts in all_]
        ),
        "events/watchdog.jsonl is not what it was",
    ),
    "a mark that came earlier": (
        lambda folder: rewrite_events(folder, "marks", lambda all_: [(at - 10**9, facts) for at, facts in all_]),
        "events/marks.jsonl is not what it was",
    ),
    "what a mark said": (
        lambda folder: rewrite_events(
            folder,
            "marks",
            lambda all_: [(at, facts.model_copy(update={"by": "chief"}) if isinstance(facts, Marked) else facts) for at, facts in all_],
        ),
        "events/marks.jsonl is not what it was",
    ),
    "the drill removed": (
        lambda folder: edit_plan(folder, lambda scenario: scenario.update(drills=[], gates=[])),
        "scenario.json is not what it was",
    ),
    "the gates removed": (lambda folder: edit_plan(folder, lambda scenario: scenario.update(gates=[])), "scenario.json is not what it was"),
    "a waiver added": (
        lambda folder: edit_plan(folder, lambda scenario: scenario.update(waive=[{"check": "no-oversell", "reason": "it will be well"}])),
        "scenario.json is not what it was",
    ),
    "another seed": (lambda folder: edit_plan(folder, lambda scenario: scenario.update(seed=8)), "scenario.json is not what it was"),
    "another identity": (_other_identity, "not of this run"),
    "a healer that tells of other things": (
        lambda folder: shutil.copy(folder / "events/watchdog.jsonl", folder / "events/heal-1.jsonl"),
        "events/heal-1.jsonl",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_history_that_was_improved_is_named_and_never_passes(tmp_path: Path, runs: tuple[Path, Path], edit: str) -> None:
    """Well-formed changes that make a run look better, with seals made anew where their writer alone would have to be believed."""
    folder = tmp_path / "run"
    shutil.copytree(runs[0], folder)
    change, words = EDITS[edit]
    change(folder)
    assert words in doubts(folder)
    assert reports.judge_run(folder).word != "PASS"


def test_the_table_has_the_cells_that_it_promises() -> None:
    """Two hundred and more."""
    assert len(FILES) * len(WAYS) + len(EDITS) >= 200


def test_whoever_makes_every_seal_anew_is_found_by_a_key_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain seals show accidents and hasty hands; against somebody who recomputes all of them only a key helps."""
    plain = told(tmp_path / "plain", "1" * 32).write()
    _faster(plain)
    reseal_all(plain)
    assert doubts(plain) == ""
    monkeypatch.setenv(KEY_VARIABLE, "a key that the forger does not have")
    assert "has another seal key" in doubts(plain), "whoever has a key does not believe a run without one"
    keyed = told(tmp_path / "keyed", "1" * 32).write()
    assert doubts(keyed) == ""
    _faster(keyed)
    monkeypatch.delenv(KEY_VARIABLE)
    (keyed / "events" / "load-0.jsonl").write_bytes(b"")  # without the key its chain cannot be read: it is made from the plain run's
    for path in (plain / "events").iterdir():
        shutil.copy(path, keyed / "events" / path.name)
    reseal_all(keyed)
    monkeypatch.setenv(KEY_VARIABLE, "a key that the forger does not have")
    assert "has another seal key" in doubts(keyed)


def test_a_run_with_a_key_is_not_believed_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge says which variable it needs, and first: whatever else cannot be told of it is the consequence."""
    monkeypatch.setenv(KEY_VARIABLE, "first")
    folder = told(tmp_path / "run", "1" * 32).write()
    assert reports.judge_run(folder).word == "PASS"
    monkeypatch.setenv(KEY_VARIABLE, "second")
    verdict = reports.judge_run(folder)
    assert verdict.word == "INVALID"
    assert "events/door.jsonl:1: " in verdict.sentence
    assert "another seal key" in verdict.sentence
    monkeypatch.delenv(KEY_VARIABLE)
    verdict = reports.judge_run(folder)
    assert verdict.word == "INVALID"
    assert f"{KEY_VARIABLE} must name it" in verdict.sentence
