"""`stormdrill report`: a run's report again."""

from pathlib import Path

import typer

import reports
from scenarios.run.folder import open_run
from stormdrill.commands.shared import RunFolder, shown


def report(folder: RunFolder = Path("runs/latest")) -> None:
    """The report again."""
    typer.echo(shown(reports.render_run(open_run(folder).folder)))
