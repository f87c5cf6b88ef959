"""The folder that a story leaves: its plan, records, events and read-back."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson
from handmade_plan import finished

from scenarios.plan.scenario import Scenario
from scenarios.run.event_kinds import LoadReady, LoadSealed, RunEnded, RunPhase, RunStarted
from scenarios.run.facts import Facts
from scenarios.run.folder import Machine, Plan, Run
from scenarios.run.records import ACK, ACK_STRUCT, FLAG_NOT_SENT, FLAG_UNSENT, SAMPLE, SAMPLE_STRUCT, SHOWN, SHOWN_STRUCT, read_records
from scenarios.run.run_seal import seal_run
from scenarios.run.seals import seal_records
from scenarios.run.statements import write_statements
from scenarios.target.model import Target

if TYPE_CHECKING:
    from handmade import Story


def write_folder(story: "Story") -> None:
    """Writes all of it."""
    run = Run(story.folder)
    for name in ("samples", "acks", "shown", "events", "readback"):
        (story.folder / name).mkdir(parents=True)
    run.write_plan(plan(story))
    write_records(story)
    write_tables(story, run.readback_folder)
    write_events(story, run)


def plan(story: "Story") -> Plan:
    """Its plan."""
    return Plan(
        run="20261122T020000Z-handmade",
        identity=story.identity,
        scenario=Scenario.model_validate(story.scenario),
        target=Target.model_validate(story.target),
        operations=story.operations,
        seed=7,
        workers=story.load_processes,
        t0_monotonic_ns=story.t0_ns,
        t0_wall=story.t0_wall,
        statics=story.statics,
        versions={"stormdrill": "0.1.0", "python": "3.11.0"},
        revision="0123456789ab",
        machine=Machine(system="Linux", python="3.11.0", cores=2, memory_mib=24_000),
    )


def write_records(story: "Story") -> None:
    """Samples and acks, dealt to the load processes in turn."""
    for number in range(story.load_processes):
        mine = story.samples[number :: story.load_processes]
        (story.folder / "samples" / f"load-{number}.bin").write_bytes(b"".join(SAMPLE_STRUCT.pack(*sample) for sample in mine))
        acks = story.acks[number :: story.load_processes]
        (story.folder / "acks" / f"load-{number}.bin").write_bytes(b"".join(ACK_STRUCT.pack(*ack) for ack in acks))
        shown = story.shown[number :: story.load_processes]
        if shown:
            (story.folder / "shown" / f"load-{number}.bin").write_bytes(b"".join(SHOWN_STRUCT.pack(*look) for look in shown))


def write_events(story: "Story", run: Run) -> None:
    """A file for each writer."""
    started = RunStarted(seed=7, workers=story.load_processes, t0=story.t0_wall, plan_seal=run.plan_seal)
    told: list[tuple[str, float, Facts]] = [("door", 0.0, started), *_phases(story), *_health(story), *story.events]
    if story.ends:
        told.append(("door", story.lasts_s + 3, RunEnded(reason="complete")))
    writers = {name: run.event_writer(name, story.t0_ns) for name in sorted({writer for writer, *_ in told})}
    for writer, at_s, facts in sorted(told, key=lambda event: event[1]):
        writers[writer].write(facts, story.t0_ns + round(at_s * 1e9))
    ended_ns = story.t0_ns + round((story.lasts_s + 4) * 1e9)
    for name, events in writers.items():
        if story.ends and (run.samples_folder / f"{name}.bin").exists():
            events.write(_sealed(run, name), ended_ns)
        if name != "door":
            events.close(ended_ns)
    if story.ends:
        writers["door"].write(seal_run(run, "door"), ended_ns)
        writers["door"].close(ended_ns)
    else:
        writers["door"]._file.close()  # as a kill leaves it


def _sealed(run: Run, name: str) -> LoadSealed:
    """What a load process seals at its end: the files that are there."""
    samples, acks, shown = (folder / f"{name}.bin" for folder in run.records_folders)
    files = ((samples, SAMPLE), (acks, ACK), (shown, SHOWN))
    sealed = {f"{path.parent.name}/{path.name}": seal_records(path, dtype.itemsize) for path, dtype in files if path.exists()}
    sent = np.count_nonzero(read_records(samples, SAMPLE)["flags"] & (FLAG_UNSENT | FLAG_NOT_SENT) == 0)
    return LoadSealed(files=sealed, sent=int(sent))


def _phases(story: "Story") -> Iterator[tuple[str, float, Facts]]:
    at_s = 0.0
    for phase in story.scenario["phases"]:  # type: ignore[attr-defined]  # a list of phases
        yield "door", at_s, RunPhase(phase=phase["name"])
        at_s += float(phase["lasts"])


def _health(story: "Story") -> Iterator[tuple[str, float, Facts]]:
    for number in range(story.load_processes):
        name = f"load-{number}"
        share = len(story.samples[number :: story.load_processes])
        yield name, -1.0, LoadReady(arrivals=share, late_s=-1.0)
        yield name, 1.0, story.health
        if story.ends:
            yield name, story.lasts_s + 1, finished(offered=share, sent=share, arrivals=share)


def write_tables(story: "Story", folder: Path) -> None:
    """The read-back's tables with their manifest."""
    sources: dict[str, dict[str, object]] = (story.target.get("readback") or {}).get("tables", {})  # type: ignore[attr-defined]  # a mapping
    manifest = {}
    for name, source in sources.items():
        lines = b"".join(orjson.dumps(row) + b"\n" for row in story.tables[name])
        digest = sha256(lines).hexdigest()
        if name in story.absent:
            manifest[name] = {"role": source["role"], "rows": 0, "sha256": "", "complete": False, "reason": "/ops answers 500"}
            continue
        (folder / f"{name}.jsonl").write_bytes(lines + (b"{}\n" if name in story.corrupt else b""))
        manifest[name] = {"role": source["role"], "rows": len(story.tables[name]), "sha256": digest, "complete": True, "reason": ""}
    if story.statements is not None:
        write_statements(folder, story.statements)
    if sources:
        (folder / "manifest.json").write_bytes(orjson.dumps({"tables": manifest}))
