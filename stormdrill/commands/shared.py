"""What several commands share: options, and how a verdict is said."""

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from scenarios.errors import BadInput
from scenarios.harmless import harmless

if TYPE_CHECKING:
    from reports import Verdict

Out = Annotated[Path, typer.Option("--out", help="where run folders are made")]
Lang = Annotated[str, typer.Option("--lang", help="of what is written: en or zh")]
RunFolder = Annotated[Path, typer.Argument(help="a run folder, as runs/latest")]
TargetName = Annotated[str, typer.Option("--target", help="name or file of a target")]

MOST_SEED = 2**63 - 1
MOST_WAIT_S = 86_400

COLOURS = {"PASS": "green", "FAIL": "red", "INVALID": "yellow"}
"""Of the words."""


def say_verdict(verdict: "Verdict") -> int:
    """Prints the word, why, and where the report is; gives the exit code."""
    console, colour = Console(highlight=False, soft_wrap=True), COLOURS[verdict.word]
    with suppress(OSError):  # nobody may be looking any more; the word stands in the folder, and is the exit code
        console.print(Text.assemble((verdict.word, f"bold {colour}"), "  ", harmless(verdict.sentence)))
        console.print(Text(f"report: {shown(verdict.folder / 'report.html')}"))
    return verdict.exit_code


def shown(path: Path) -> str:
    """A path as people would write it from where they are."""
    return harmless(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def say(sentence: str) -> None:
    """Prints a line in which nothing acts."""
    typer.echo(harmless(sentence))


def write_new(path: Path, text: str, what: str) -> None:
    """Writes a file that is named as what it defines.

    Raises:
        BadInput: it is there already, cannot be written, or its name is none for `what`.
    """
    name = path.stem
    if path.suffix != ".yaml" or not re.fullmatch(r"[a-z][a-z0-9-]{0,59}", name):
        raise BadInput(f"is no name for {what}; allowed: lower-case letters, digits and hyphens, 60 at most, ending in .yaml", path=path)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadInput("is there already; it stays as it is", path=path) from None
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", path=path) from None
