"""A few requests by hand, each told: on a stage of their own, by a process of their own."""

import subprocess
import sys
import time

from pydantic import ValidationError

import chaos
from scenarios.errors import EXIT_FAIL, EXIT_PASS, BadInput, StormdrillError
from scenarios.plan.campaign_model import Campaign, Prizes
from scenarios.plan.phases import Phase
from scenarios.plan.scenario import Population, Scenario
from scenarios.target.model import Target
from scenarios.target.people import read_people
from stormdrill.commands.shared import say
from stormdrill.rehearsal.provisioning import provisioned_briefly
from stormdrill.rehearsal.validation import validate_target

_WITHIN_S = 300
_CUSTOMERS = 1000


def trace(target: Target, seed: int, module: str, *arguments: str, planned: Scenario | None = None) -> int:
    """Has the target checked, or a journey tried, by a module of `locustfiles.tryout`; gives the exit code.

    The campaign is one of its own, or the `planned` scenario's.

    Raises:
        BadInput: the target is not admitted, or its file is wrong.
    """
    try:
        few = _few(target, seed, planned.campaign if planned else None)
    except ValidationError as error:
        if target.data is None:
            raise
        why = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise BadInput(f"has too few rows to try anything: {why}; add rows", path=target.data.file) from None
    validate_target(few, target)
    chaos.check_handles(target)
    with provisioned_briefly(few, target, seed, say) as run:
        command = [sys.executable, "-m", f"locustfiles.tryout.{module}", str(run.folder), *arguments]
        try:
            code = subprocess.run(command, timeout=_WITHIN_S, check=False, stdin=subprocess.DEVNULL).returncode
        except subprocess.TimeoutExpired:
            raise StormdrillError(f"the target was not tried to its end within {_WITHIN_S} s") from None
    if code not in (EXIT_PASS, EXIT_FAIL):
        raise (BadInput if code == BadInput.exit_code else StormdrillError)("it cannot be tried, see above")
    return code


def _few(target: Target, seed: int, campaign: Campaign | None) -> Scenario:
    """A campaign that is open, for a few customers who come by hand."""
    customers = min(_CUSTOMERS, len(read_people(target.data).rows)) if target.data else _CUSTOMERS
    prizes = Prizes(skus=len(target.items) or 3, stock=30)
    own = f"by-hand-{int(time.time()):x}"
    return Scenario(
        name="by-hand",
        describe="A few requests by hand.",
        seed=seed,
        population=Population(customers=max(1, customers)),
        campaign=campaign.model_copy(update={"bell": "", "ends": ""})
        if campaign
        else Campaign(id=own, activity=f"{own}-sale", prizes=prizes),
        phases=[Phase(name="by-hand", lasts=1.0, arrivals=1.0)],
        mix={"flash-sale": 1},
    )
