"""`stormdrill try JOURNEY`: one customer, step by step."""

from typing import Annotated

import typer

from scenarios.plugins import JOURNEY, find, load_target
from stormdrill.commands.by_hand import trace
from stormdrill.commands.shared import MOST_SEED, TargetName
from stormdrill.rehearsal.plugin_check import check_journeys


def try_journey(
    journey: Annotated[str, typer.Argument(help="a journey, see: stormdrill list journeys")],
    *,
    target: TargetName = "embedded",
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="another seed is another customer")] = 1,
) -> int:
    """One customer's journey: its requests and answers, like a story."""
    find(JOURNEY.folder, JOURNEY.suffix, journey, JOURNEY.kind)
    check_journeys()
    return trace(load_target(target), seed, "journey_trace", journey)
