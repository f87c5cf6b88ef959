"""`stormdrill report`: a run's report again."""

from pathlib import Path

import typer

import reports
from reports.languages import language
from scenarios.run.folder import open_run
from stormdrill.commands.shared import Lang, RunFolder, shown


def report(folder: RunFolder = Path("runs/latest"), *, lang: Lang = "en") -> None:
    """The report again."""
    typer.echo(shown(reports.render_run(open_run(folder).folder, language(lang))))
