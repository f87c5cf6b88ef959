"""`stormdrill profile`: the crowd of an access log, as a scenario's file."""

from pathlib import Path
from typing import Annotated

import typer

from scenarios.profile.access_log import lines
from scenarios.profile.profile_file import profile as written
from scenarios.profile.profile_file import unread_sentence
from scenarios.profile.tally import Tally
from stormdrill.commands.shared import say, shown, write_new


def profile(
    log: Annotated[Path, typer.Argument(help="an access log: common, combined, JSON lines or HAProxy's httplog; .gz too")],
    file: Annotated[Path, typer.Argument(help="where to write it; its name becomes the scenario's")] = Path("profile.yaml"),
) -> None:
    """The mix, arrivals, think times and skew of an access log, as a scenario; nobody's data leaves the log."""
    tally = Tally()
    tally.read(lines(log))
    write_new(file, written(tally, file.stem, log.name), "a scenario's file")
    if sentence := unread_sentence(tally):
        say(sentence)
    say(f"{shown(file)} is written; what could not be seen stands in its comments")
