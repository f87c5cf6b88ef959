"""`stormdrill mark`: the people who fail over say what they do, to the observed drill that is under way."""

import getpass
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from chaos.errors import OutOfReach
from chaos.handles.http import bearer, send
from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.run.folder import Run, open_run
from scenarios.safe_reading import Unreadable, read_bounded
from scenarios.wire.request_bytes import request_to
from stormdrill.commands.shared import say
from stormdrill.rehearsal.mark_desk import BY_HEADER, MARKS, mark_of, sound_name, sound_words, token_file, url_file
from stormdrill.rehearsal.runs_under_way import under_way

_ANSWERS_S = 10.0
_MOST_SAID = 4096
_MOST_NAMED = 5


def mark(
    kind: Annotated[str, typer.Argument(help=f"what has been done: {MARKS}")],
    words: Annotated[str, typer.Argument(help="in your own words")] = "",
    *,
    run: Annotated[Path | None, typer.Option("--run", metavar="DIR", help="the run's folder, where several are under way")] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="who says it; else the name of your login")] = None,
) -> None:
    """Say what you have just done to the observed drill that is under way."""
    name, said, who = mark_of(kind), sound_words(words), sound_name(_me() if by is None else by)
    chosen = open_run(run) if run else _the_one()
    say(_tell(chosen, f"/{name}", said, who))


def _the_one() -> Run:
    runs = under_way()
    if not runs:
        raise BadInput("no observed drill of yours is under way here; start one: stormdrill drill observed --target T")
    if len(runs) > 1:
        named = ", ".join(str(run.folder) for run in runs[:_MOST_NAMED])
        raise BadInput(f"{len(runs)} observed drills are under way: {named}; choose one with --run DIR")
    return runs[0]


def _tell(run: Run, path: str, words: str, by: str) -> str:
    """What the run says of the mark. Raises BadInput where it does not take it."""
    try:
        url, token = (read_bounded(file(run), _MOST_SAID).decode().strip() for file in (url_file, token_file))
        asked = request_to("POST", url + path, {**bearer(token), BY_HEADER: quote(by)}, words.encode())
    except (Unreadable, ValueError) as error:
        if not url_file(run).exists():
            raise BadInput("no observed drill is under way in this run", path=run.folder) from None
        raise BadInput(f"its address for marks cannot be read: {error}", path=run.folder) from None
    try:
        answer = send(asked, _ANSWERS_S)
    except OutOfReach as error:
        raise BadInput(f"the run does not take marks any more ({clipped(error)})", path=run.folder) from None
    told = clipped(answer.text.strip(), _MOST_SAID)
    if answer.status != 200:  # noqa: PLR2004 - OK
        raise BadInput(told, path=run.folder)
    return told


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
