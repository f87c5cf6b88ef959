"""`stormdrill target`: attaching a service: a file to start from, and each of its operations tried by hand."""

from pathlib import Path
from typing import Annotated

import typer

from scenarios.draft.reading import read_published
from scenarios.draft.target_draft import draft
from scenarios.draft.target_drift import drift, unseen
from scenarios.errors import EXIT_FAIL, EXIT_PASS
from scenarios.harmless import harmless
from scenarios.plugins import PROJECT, load_scenario, load_target
from stormdrill.commands.by_hand import trace
from stormdrill.commands.shared import shown, write_new
from stormdrill.rehearsal.interlock import may_exercise

STARTER = PROJECT / "scenarios" / "targets" / "_starter.yaml"

app = typer.Typer(help="Attach a campaign service: a file to start from, and each of its operations tried before any load.")


@app.command()
def check(
    target: Annotated[str, typer.Argument(help="name or file of a target")],
    scenario: Annotated[str, typer.Option(help="check it with this scenario's campaign, against its stock, face and cap")] = "",
) -> int:
    """Each mapped operation once: request, answer, what was made of it, and what is missing."""
    found, planned = load_target(target), load_scenario(scenario) if scenario else None
    pulling = ["--pull-the-switch"] if may_exercise(found) else []
    return trace(found, 1, "target_check", *pulling, *(["--as-planned"] if planned else []), planned=planned)


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="where to write it; its name becomes the target's")] = Path("my-service.yaml"),
    published: Annotated[
        Path | None, typer.Option("--from", help="draft it from an OpenAPI document, a HAR or a Postman collection")
    ] = None,
) -> None:
    """A commented target file to start from, or a draft made from what the service publishes or what was recorded of it."""
    service = None if published is None else read_published(published)
    write_starter(file, None if service is None or published is None else draft(service, file.stem, published.name))
    typer.echo(f"{shown(file)} is written; fill it in, then: stormdrill target check {shown(file)}")
    if service and service.about_base:
        typer.echo(f"its address, under services: {harmless(service.about_base)}")


@app.command()
def diff(
    target: Annotated[str, typer.Argument(help="name or file of a target")],
    published: Annotated[Path, typer.Argument(help="an OpenAPI document of the service, a HAR or a Postman collection")],
) -> int:
    """What the target's file says of its operations that is not what the service publishes, or was not what was recorded: 0 or 1."""
    found, service = load_target(target), read_published(published)
    drifted, not_seen = drift(found, service), [name for name, _ in unseen(found, service)] if service.recorded else []
    for sentence in drifted:
        typer.echo(harmless(sentence))
    if len(not_seen) < len(found.operations) and not_seen:
        typer.echo(f"not recorded, so not compared: {', '.join(not_seen)}")
    typer.echo(f"{len(drifted)} difference{'s' * (len(drifted) != 1)}" if drifted else "no differences")
    return EXIT_FAIL if drifted else EXIT_PASS


def write_starter(path: Path, text: str | None = None) -> None:
    """Writes a commented target file, named like the file, or this text.

    Raises:
        BadInput: the file is there already, cannot be written, or its name is none for a target.
    """
    text = STARTER.read_text("utf-8").replace("name: starter", f"name: {path.stem}", 1) if text is None else text
    write_new(path, text, "a target's file")
