"""A few requests by hand, each told: on a stage of their own, by a process of their own."""

import subprocess
import sys
import time

from scenarios.errors import EXIT_FAIL, EXIT_PASS, BadInput, StormdrillError
from scenarios.plan.phases import Phase
from scenarios.plan.scenario import Campaign, Population, Prizes, Scenario
from scenarios.target.model import Target
from stormdrill.commands.shared import say
from stormdrill.rehearsal.provisioning import provisioned_briefly

_WITHIN_S = 300
_CUSTOMERS = 200


def trace(target: Target, seed: int, module: str, *arguments: str) -> int:
    """Has the target checked, or a journey tried, by a module of `locustfiles.tryout`; gives the exit code.

    Raises:
        BadInput: the target is not admitted, or its file is wrong.
    """
    with provisioned_briefly(_few(seed), target, seed, say) as run:
        command = [sys.executable, "-m", f"locustfiles.tryout.{module}", str(run.folder), *arguments]
        try:
            code = subprocess.run(command, timeout=_WITHIN_S, check=False, stdin=subprocess.DEVNULL).returncode
        except subprocess.TimeoutExpired:
            raise StormdrillError(f"the target was not tried to its end within {_WITHIN_S} s") from None
    if code not in (EXIT_PASS, EXIT_FAIL):
        raise (BadInput if code == BadInput.exit_code else StormdrillError)("it cannot be tried, see above")
    return code


def _few(seed: int) -> Scenario:
    """A campaign of its own that is open, for a few customers who come by hand."""
    own = f"by-hand-{int(time.time()):x}"
    return Scenario(
        name="by-hand",
        describe="A few requests by hand.",
        seed=seed,
        population=Population(customers=_CUSTOMERS),
        campaign=Campaign(id=own, activity=own, prizes=Prizes(skus=3, stock=30)),
        phases=[Phase(name="by-hand", lasts=1.0, arrivals=1.0)],
        mix={"flash-sale": 1},
    )
