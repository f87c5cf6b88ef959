"""`stormdrill run`: a whole rehearsal."""

from pathlib import Path
from typing import Annotated

import typer

from reports.languages import language
from scenarios.errors import BadInput
from scenarios.plugins import load_scenario, load_target
from stormdrill.commands.shared import MOST_SEED, MOST_WAIT_S, Lang, Out, say_verdict
from stormdrill.metrics import open_metrics
from stormdrill.rehearsal.load_processes import RemoteWorkers
from stormdrill.rehearsal.loop import Options, rehearse
from stormdrill.rehearsal.progress import Screen

_MOST_HERE = 64


def run(
    scenario: Annotated[str, typer.Argument(help="name or file of a scenario")] = "flash-sale",
    *,
    target: Annotated[str | None, typer.Option(help="name or file of a target, instead of the scenario's")] = None,
    workers: Annotated[int, typer.Option(min=1, max=1024, help=f"load processes; on this machine {_MOST_HERE} at most")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, help="instead of the scenario's: other people, other arrivals")] = None,
    web: Annotated[bool, typer.Option("--web", help="Locust's web page beside the run, on a free port")] = False,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metrics",
            metavar="[HOST:]PORT|otlp:URL|NAME:PLACE",
            help="a page for Prometheus, a push to OpenTelemetry, an outlet; may be repeated",
        ),
    ] = None,
    out: Out = Path("runs"),
    lang: Lang = "en",
    master: Annotated[bool, typer.Option("--master", help="take the load from that many `stormdrill work` on other machines")] = False,
    master_bind_host: Annotated[str, typer.Option(help="the address they reach it by; * is all of this machine's")] = "127.0.0.1",
    master_port: Annotated[int, typer.Option(min=1, max=65535)] = 5557,
    wait: Annotated[float, typer.Option(min=1, max=MOST_WAIT_S, help="seconds that they have to come")] = 300,
) -> int:
    """Rehearse a scenario on a target; say PASS, FAIL or INVALID."""
    if master and web:
        raise BadInput("--web shows load processes of this machine; it cannot be combined with --master")
    if workers > _MOST_HERE and not master:
        raise BadInput(f"{workers} load processes are too many for one machine; allowed: {_MOST_HERE}, or --master and other machines")
    told_in = language(lang)
    plan = load_scenario(scenario)
    aim = load_target(target or plan.target)
    screen = Screen(plan)
    remote = RemoteWorkers(master_bind_host, master_port, wait) if master else None
    with open_metrics(metrics or [], screen.step) as outlets:
        seeded = plan.seed if seed is None else seed
        verdict = rehearse(Options(plan, aim, seeded, workers, out, web=web, metrics=outlets, remote=remote, language=told_in), screen)
    return say_verdict(verdict)
