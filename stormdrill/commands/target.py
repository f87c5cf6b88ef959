"""Attaching a service: a target file to start from, each of its operations tried by hand, one journey told like a story."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from scenarios.errors import EXIT_FAIL, EXIT_PASS, BadInput, StormdrillError
from scenarios.plan.phases import Phase
from scenarios.plan.scenario import Campaign, Population, Prizes, Scenario
from scenarios.plugins import JOURNEY, PROJECT, find
from scenarios.target.model import Target
from stormdrill.rehearsal.plugin_check import check_journeys
from stormdrill.rehearsal.provisioning import provisioned_briefly

STARTER = PROJECT / "scenarios" / "targets" / "_starter.yaml"
_STORY_S = 300
_CUSTOMERS = 200


def check_target(target: Target, tell: Callable[[str], None]) -> int:
    """Asks each mapped operation once and shows what came of it; gives the exit code.

    Raises:
        BadInput: the target is not admitted, or its file is wrong.
    """
    return _story(target, 1, ["check"], tell)


def try_journey(journey: str, target: Target, seed: int, tell: Callable[[str], None]) -> int:
    """Shows one journey's requests and answers; gives the exit code. Raises as `check_target`."""
    find(JOURNEY.folder, JOURNEY.suffix, journey, JOURNEY.kind)
    check_journeys()
    return _story(target, seed, ["try", journey], tell)


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


def _story(target: Target, seed: int, arguments: list[str], tell: Callable[[str], None]) -> int:
    with provisioned_briefly(_few(seed), target, seed, tell) as run:
        command = [sys.executable, "-m", "locustfiles.tryout.story", str(run.folder), *arguments]
        try:
            code = subprocess.run(command, timeout=_STORY_S, check=False, stdin=subprocess.DEVNULL).returncode
        except subprocess.TimeoutExpired:
            raise StormdrillError(f"the target was not tried to its end within {_STORY_S} s") from None
    if code not in (EXIT_PASS, EXIT_FAIL):
        raise (BadInput if code == BadInput.exit_code else StormdrillError)("it cannot be tried, see above")
    return code
