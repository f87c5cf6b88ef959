"""Things that somebody else knows how to break and to mend, each by its name, and of which he says how it stands."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from scenarios.errors import BadInput
from scenarios.target.templates import Scope

_HIDDEN = "secret."
"""How placeholders for secrets begin."""


class SwitchState(StrEnum):
    """How a switch stands."""

    WHOLE = "whole"
    BROKEN = "broken"
    NEITHER = "neither whole nor broken"


def known(placeholders: Iterable[str], statics: Scope, target: str, what: str) -> dict[str, object]:
    """What fills these placeholders of a target, which `what` of its file names. Secrets are left out: a lease holds none.

    Raises:
        BadInput: nothing is known to fill one with.
    """
    named = {name for name in placeholders if not name.startswith(_HIDDEN)}
    if unknown := sorted(named - set(statics)):
        raise BadInput(f"target {target}: nothing is known as {{{unknown[0]}}}, which its {what} name")
    return {name: statics[name] for name in named}


def with_secrets(statics: Scope, secrets: Mapping[str, str]) -> dict[str, object]:
    """All that placeholders are filled with, in the moment when that is sent."""
    return {**statics, **{f"{_HIDDEN}{name}": value for name, value in secrets.items()}}


class Switches(Protocol):
    """All that one way of reaching a target has. Each method raises NoTarget where there is none of that name; OutOfReach."""

    def state(self, switch: str) -> SwitchState:
        """How it stands now."""
        ...

    def inject(self, switch: str) -> None:
        """Breaks what it stands for."""
        ...

    def undo(self, switch: str) -> None:
        """Mends it; may be called again at any time."""
        ...
