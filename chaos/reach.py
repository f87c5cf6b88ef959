"""Whether what is to be broken can be reached, asked once before the load: nobody waits for a drill that cannot be."""

import time
from collections.abc import Callable, Mapping
from functools import partial

from chaos.errors import ChaosError
from chaos.planned_strikes import prepare_strikes
from chaos.registry import drill_facts
from chaos.target_handles import Handles
from scenarios.client.http import NO_PINS, Pins
from scenarios.errors import BadInput, StormdrillError
from scenarios.plan.scenario import Scenario
from scenarios.plugins import FAULT, HANDLE, Contract
from scenarios.plugins.failures import RAISED, failure_of
from scenarios.target.model import Target

_WHOLE_S = 10.0
"""Who has just been started may not be whole yet."""
_ASK_AGAIN_S = 0.2


def check_reach(scenario: Scenario, target: Target, statics: Mapping[str, object], pins: Pins = NO_PINS) -> None:
    """Asks each handle that a drill of the scenario needs, and for the thing that each of its faults is to hit. Changes nothing.

    Its health is read at the addresses that are pinned.

    Raises:
        BadInput: one does not answer, there is no such thing, or the target itself says that it is not whole, or nothing at all.
    """
    handles = Handles.of(target, statics, pins)
    strikes = prepare_strikes(scenario)
    for prepared in strikes:
        facts = drill_facts(prepared.strike.drill)
        for name in facts.access if facts else ():
            _asked(prepared.strike.id, HANDLE, name, partial(handles.probe, name))
        for step in prepared.steps:
            _asked(prepared.strike.id, FAULT, step.fault.kind(), partial(step.fault.check, handles))
    if strikes and handles.health:
        _check_whole(handles)


def _check_whole(handles: Handles) -> None:
    until = time.monotonic() + _WHOLE_S
    while not (seen := handles.probe_health()).holds:
        if time.monotonic() > until:
            why = "is not whole before" if seen.answered else "nobody can ask whether it is whole"
            raise BadInput(f"nothing is broken of a target that {why}: {seen.evidence}")
        time.sleep(_ASK_AGAIN_S)


def _asked(strike: str, contract: Contract, name: str, question: Callable[[], None]) -> None:
    """Whatever a plug-in of the user's own raises is named with its file and line."""
    try:
        question()
    except ChaosError as error:
        raise BadInput(f"drill {strike} cannot be: {error}") from None
    except StormdrillError:
        raise
    except RAISED as error:
        failure = failure_of(contract, name, error)
        raise BadInput(f"drill {strike} cannot be: {contract.kind} {name}: {failure.what}", path=failure.file, line=failure.line) from None
