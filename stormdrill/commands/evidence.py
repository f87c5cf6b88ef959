"""`stormdrill evidence`: the record of an exercise, to be signed and kept."""

from pathlib import Path

import typer

import reports
from reports.languages import language
from scenarios.run.folder import open_run
from stormdrill.commands.shared import Lang, RunFolder, shown


def evidence(
    folder: RunFolder = Path("runs/latest"),
    *,
    lang: Lang = "en",
) -> None:
    """An exercise record: plan, who marked what, timeline, figures, digest, lines to sign; in Markdown, and as a page to print."""
    for path in reports.write_record(open_run(folder).folder, language(lang)):
        typer.echo(shown(path))
