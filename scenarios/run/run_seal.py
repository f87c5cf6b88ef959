"""The door's last word: what there is of a run, so that what is taken away, emptied or put in later shows."""

from scenarios.run.event_kinds import RunSealed
from scenarios.run.events import read_log
from scenarios.run.folder import Run
from scenarios.run.readback_tables import TABLE_MOST_BYTES
from scenarios.run.seals import seal_file
from scenarios.safe_reading import listed


def seal_run(run: Run, own: str) -> RunSealed:
    """What lies in the run's folder now, but for the events of the one who seals it. Raises Unreadable where a part cannot be read."""
    identity = run.identity
    logs = [read_log(path, identity) for path in listed(run.events_folder) if path.stem != own]
    return RunSealed(
        events={log.writer: log.seal for log in logs},
        records=[f"{folder.name}/{path.name}" for folder in run.records_folders for path in listed(folder)],
        readback={path.name: seal_file(path, TABLE_MOST_BYTES) for path in listed(run.readback_folder)},
    )
