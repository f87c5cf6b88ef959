"""Every plug-in, held to the contract of its kind before a world is started: a mistake in one costs a second and no rehearsal."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scenarios.errors import BadInput, StormdrillError
from scenarios.plugins import CONTRACTS, JOURNEY, Contract, modules
from stormdrill.rehearsal.interrupts import started

_LOAD_S = 60.0
_SAID = "stormdrill: "


def check_plugins() -> None:
    """Loads all there are, in the project and in the user's folders.

    Raises:
        BadInput: one cannot be loaded, or lacks what its kind must have; names file and line.
    """
    with _checked_apart(JOURNEY):
        for contract in CONTRACTS:
            if contract is not JOURNEY and contract.suffix == ".py":
                for _ in modules(contract):
                    continue


def check_journeys() -> None:
    """The journeys alone. Raises as `check_plugins`."""
    with _checked_apart(JOURNEY):
        pass


@contextmanager
def _checked_apart(contract: Contract) -> Iterator[None]:
    """Plug-ins that this process must not import (a journey may import Locust, which changes its process) are loaded by another one."""
    command = [sys.executable, "-m", "scenarios.plugins", contract.plural]
    with started(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        try:
            yield
            _, told = process.communicate(timeout=_LOAD_S)
        except subprocess.TimeoutExpired:
            raise BadInput(f"the {contract.plural} cannot be loaded within {_LOAD_S:g} s") from None
        finally:
            process.kill()
    if process.returncode:
        lines = [line.removeprefix(_SAID) for line in told.splitlines() if line.startswith(_SAID)] or told.strip().splitlines()
        kind = BadInput if process.returncode == BadInput.exit_code else StormdrillError
        raise kind(lines[-1] if lines else f"the {contract.plural} cannot be loaded (exit code {process.returncode})")
