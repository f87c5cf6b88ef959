"""`stormdrill drill NAME`: a scenario made for one drill, with its own steady load."""

from pathlib import Path
from typing import Annotated

import typer

import chaos
from reports.languages import language
from scenarios.errors import BadInput
from scenarios.harmless import harmless
from scenarios.plan.observed import OBSERVED
from scenarios.plugins import DRILL, discover, load_target
from stormdrill.commands.drill_all import ALL, drill_all
from stormdrill.commands.intentions import intentions
from stormdrill.commands.shared import MOST_SEED, Lang, Out, TargetName, say_verdict
from stormdrill.commands.steady_load import observed_scenario, scenario_for
from stormdrill.rehearsal.loop import Options, rehearse
from stormdrill.rehearsal.progress import Screen

_LASTS = "30 min"


def drill(
    name: Annotated[str, typer.Argument(help="a drill, see: stormdrill list drills; or all, or observed")],
    *,
    target: TargetName = "embedded",
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED)] = 1,
    out: Out = Path("runs"),
    lasts: Annotated[str, typer.Option("--lasts", help="of `observed`: how long others have, 30 min where nothing is said")] = "",
    policy: Annotated[str, typer.Option("--policy", help="of `all`: the resilience policy that judges, a name or file")] = "",
    only: Annotated[str, typer.Option("--only", metavar="NAME,NAME", help="of `all`: these and no others")] = "",
    lang: Lang = "en",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be touched, and touch nothing")] = False,
) -> int:
    """One drill over its own steady load; `all`: one after the other; `observed`: others break and heal, and mark what they do."""
    told_in, its_target = language(lang), load_target(target)
    if name in (ALL, OBSERVED) and (own := discover(DRILL.folder, DRILL.suffix).get(name)):
        raise BadInput(f"no drill can be called {name}, for that is a series or other hands; give it another name", path=own)
    _check_belongs(name, {"--lasts": (lasts, OBSERVED), "--policy": (policy, ALL), "--only": (only, ALL)})
    if name == ALL:
        return drill_all(its_target, policy, only, seed, out, language=told_in, dry_run=dry_run)
    plan = observed_scenario(its_target, lasts or _LASTS) if name == OBSERVED else scenario_for(name, its_target)
    if dry_run:
        chaos.check_drills(plan, its_target)
        for line in intentions(plan, its_target):
            typer.echo(harmless(line))
        return 0
    return say_verdict(rehearse(Options(plan, its_target, seed, 1, out, language=told_in), Screen(plan)))


def _check_belongs(name: str, given: dict[str, tuple[str, str]]) -> None:
    """Raises BadInput where an option is given that is another drill's."""
    for option, (value, whose) in given.items():
        if value and name != whose:
            raise BadInput(f"{option} belongs to: stormdrill drill {whose}; {name} has no such option")
