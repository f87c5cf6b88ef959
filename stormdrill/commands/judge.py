"""`stormdrill judge`: a run judged again."""

from pathlib import Path

import reports
from scenarios.run.folder import open_run
from stormdrill.commands.shared import RunFolder, say_verdict


def judge(folder: RunFolder = Path("runs/latest")) -> int:
    """Findings and verdict again, from the folder alone."""
    return say_verdict(reports.judge_run(open_run(folder).folder))
