"""`stormdrill evidence`: the record of an exercise, to be signed and kept."""

from pathlib import Path
from typing import Annotated

import typer

import reports
from scenarios.errors import BadInput
from scenarios.run.folder import open_run
from stormdrill.commands.shared import RunFolder, shown

_LANGUAGES = ("zh", "en")


def evidence(
    folder: RunFolder = Path("runs/latest"),
    *,
    lang: Annotated[str, typer.Option("--lang", help=f"of the record: {' or '.join(_LANGUAGES)}")] = "en",
) -> None:
    """An exercise record: plan, who marked what, timeline, figures, digest, lines to sign; in Markdown, and as a page to print."""
    if lang not in _LANGUAGES:
        raise BadInput(f"--lang is {lang!r}; allowed: {', '.join(_LANGUAGES)}")
    for path in reports.write_record(open_run(folder).folder, lang):
        typer.echo(shown(path))
