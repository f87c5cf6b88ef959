"""What somebody can do to a run folder: to its bytes, to what they mean, and to the seals over them."""

from collections.abc import Callable
from pathlib import Path

import orjson

from scenarios.run.event_kinds import LoadSealed, RunSealed, RunStarted, WriterEnded
from scenarios.run.events import read_log
from scenarios.run.facts import Facts
from scenarios.run.folder import Run
from scenarios.run.records import ACK, SAMPLE, SHOWN, Records, read_records
from scenarios.run.run_seal import seal_run
from scenarios.run.seals import seal_records

Edit = Callable[[list[tuple[int, Facts]]], list[tuple[int, Facts]]]


def rewrite_events(folder: Path, writer: str, edit: Edit) -> None:
    """Writes a writer's events anew, as if it had told it so from the start: its chain holds, made with the key of now."""
    run = Run(folder)
    path = run.events_folder / f"{writer}.jsonl"
    log = read_log(path, run.identity)
    told = edit([(event.at_ns, event.facts) for event in log.events if not isinstance(event.facts, WriterEnded)])
    path.unlink()
    events = run.event_writer(writer, 0)
    for at_ns, facts in told:
        events.write(facts, at_ns)
    events.close(told[-1][0] if told else 0)


def reseal_records(folder: Path, writer: str) -> None:
    """Lets a load process have sealed what its files are now."""

    def edit(told: list[tuple[int, Facts]]) -> list[tuple[int, Facts]]:
        return [(at_ns, _sealed_anew(folder, facts) if isinstance(facts, LoadSealed) else facts) for at_ns, facts in told]

    rewrite_events(folder, writer, edit)


def _sealed_anew(folder: Path, facts: LoadSealed) -> LoadSealed:
    sizes = {"samples": SAMPLE.itemsize, "acks": ACK.itemsize, "shown": SHOWN.itemsize}
    files = {name: seal_records(folder / name, sizes[name.partition("/")[0]]) for name in facts.files}
    return LoadSealed(files=files, sent=sum(seal.records for name, seal in files.items() if name.startswith("samples/")))


def reseal_run(folder: Path) -> None:
    """Lets the door have sealed what there is now."""
    run = Run(folder)

    def edit(told: list[tuple[int, Facts]]) -> list[tuple[int, Facts]]:
        return [(at_ns, anew(facts)) for at_ns, facts in told]

    def anew(facts: Facts) -> Facts:
        if isinstance(facts, RunStarted):
            return facts.model_copy(update={"plan_seal": run.plan_seal})
        return seal_run(run, "door") if isinstance(facts, RunSealed) else facts

    rewrite_events(folder, "door", edit)


def reseal_all(folder: Path) -> None:
    """What a determined forger does: every seal made anew, with the key of now."""
    for path in sorted((folder / "events").glob("*.jsonl")):
        if path.stem.startswith("load-"):
            reseal_records(folder, path.stem)
        elif path.stem != "door":
            rewrite_events(folder, path.stem, lambda told: told)
    reseal_run(folder)


def edit_records(folder: Path, name: str, edit: Callable[[Records], Records]) -> None:
    """Writes a file of records anew."""
    path = folder / name
    edit(read_records(path, SAMPLE if name.startswith("samples") else ACK)).tofile(path)


def edit_plan(folder: Path, edit: Callable[[dict[str, object]], object]) -> None:
    """Writes the scenario of the plan anew."""
    path = folder / "scenario.json"
    plan = orjson.loads(path.read_bytes())
    edit(plan["scenario"])
    path.write_bytes(orjson.dumps(plan, option=orjson.OPT_INDENT_2))
