"""`stormdrill target`: attaching a service: a file to start from, and each of its operations tried by hand."""

from pathlib import Path
from typing import Annotated

import typer

from scenarios.errors import BadInput
from scenarios.plugins import PROJECT, load_target
from stormdrill.commands.by_hand import trace
from stormdrill.commands.shared import shown

STARTER = PROJECT / "scenarios" / "targets" / "_starter.yaml"

app = typer.Typer(help="Attach a campaign service: a file to start from, and each of its operations tried before any load.")


@app.command()
def check(target: Annotated[str, typer.Argument(help="name or file of a target")]) -> int:
    """Each mapped operation once: request, answer, what was made of it, and what is missing."""
    return trace(load_target(target), 1, "target_check")


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="where to write it; its name becomes the target's")] = Path("my-service.yaml"),
) -> None:
    """A commented target file to start from."""
    write_starter(file)
    typer.echo(f"{shown(file)} is written; fill it in, then: stormdrill target check {shown(file)}")


def write_starter(path: Path) -> None:
    """Writes a commented target file, named like the file.

    Raises:
        BadInput: the file is there already, cannot be written, or its name is none for a target.
    """
    name = path.stem
    if path.suffix != ".yaml" or not name.replace("-", "").isalnum() or not name.islower() or not name.isascii() or not name[0].isalpha():
        raise BadInput("is no name for a target's file; allowed: lower-case letters, digits and hyphens, ending in .yaml", path=path)
    text = STARTER.read_text("utf-8").replace("name: starter", f"name: {name}", 1)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadInput("is there already; it stays as it is", path=path) from None
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", path=path) from None
