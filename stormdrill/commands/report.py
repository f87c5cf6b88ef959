"""`stormdrill report`: a run's report again."""

from pathlib import Path
from typing import Annotated

import typer

import reports
from reports.languages import language
from scenarios.run.folder import open_run
from stormdrill.commands.shared import Lang, RunFolder, shown


def report(
    folder: RunFolder = Path("runs/latest"),
    *,
    lang: Lang = "en",
    baseline: Annotated[Path | None, typer.Option("--baseline", help="a run folder of the same load, to show what differs from it")] = None,
) -> None:
    """The report again, in either language, also against a baseline run."""
    before = open_run(baseline).folder if baseline else None
    typer.echo(shown(reports.render_run(open_run(folder).folder, language(lang), before)))
