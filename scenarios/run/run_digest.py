"""One digest of all that a run recorded, which anybody can make again with the system's own tools."""

import os
from hashlib import file_digest, sha256

from scenarios.errors import BadInput
from scenarios.run.folder import Run
from scenarios.safe_reading import Unreadable, listed, reading

RECOMPUTED = "find scenario.json samples acks shown events readback -type f | LC_ALL=C sort | xargs sha256sum | sha256sum"
_MOST_BYTES = 1 << 40


def run_digest(run: Run) -> str:
    """What that command tells. Raises BadInput where a file cannot be read, or is a hole that would take the command hours."""
    folders = (*run.records_folders, run.events_folder, run.readback_folder)
    files = [run.folder / "scenario.json", *(path for folder in folders for path in listed(folder) if path.is_file())]
    lines = []
    for path in sorted(files, key=lambda path: os.fsencode(path.relative_to(run.folder))):
        try:
            with reading(path, _MOST_BYTES) as file:
                lines.append(f"{file_digest(file, 'sha256').hexdigest()}  {path.relative_to(run.folder)}\n")
        except Unreadable as error:
            raise BadInput(str(error), path=path) from None
    return sha256(os.fsencode("".join(lines))).hexdigest()
