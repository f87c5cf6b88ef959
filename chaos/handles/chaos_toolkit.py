"""Chaos Toolkit's drivers, as the target's file maps them under `toolkit`. It is strangers' code: each call is a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson
from pydantic import JsonValue

from chaos.errors import NoTarget, OutOfReach, Unanswered
from chaos.handles.switch import SwitchState, known, with_secrets
from scenarios.errors import BadInput
from scenarios.own_code import code_is_allowed
from scenarios.strict import Strict
from scenarios.target.model import Target
from scenarios.target.secrets import without_values
from scenarios.target.templates import JsonTemplate, Scope
from scenarios.target.toolkit import Toolkit, ToolkitActivity, ToolkitSwitch

_CALL_S = 8.0  # three tries of an undo take less than anybody waits for the watchdog
_PROJECT = Path(__file__).resolve().parents[2]


class ToolkitAccess(Strict):
    """What the actions are given. Secrets are placeholders still: a lease holds none."""

    toolkit: Toolkit = Toolkit()
    statics: dict[str, str | int | float | bool | None] = {}
    folder: Path | None = None  # where the rehearsal is made, for an experiment's own functions lie there; None: nobody knows

    @classmethod
    def of(cls, target: Target, statics: Scope) -> Self:
        """A target's, and what fills their placeholders. Raises BadInput where nothing is known to fill one with."""
        named = (name for _, name in target.toolkit.placeholders())
        filled = known(named, statics, target.name, "toolkit actions")
        return cls(toolkit=target.toolkit, statics=filled, folder=_here() if target.toolkit.switches else None)


@dataclass(frozen=True, slots=True)
class ChaosToolkit:
    """All switches that a target maps, at whatever their drivers reach."""

    access: ToolkitAccess
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def state(self, switch: str) -> SwitchState:
        """How a switch stands now; how it is broken and mended is looked for too, and not called.

        Raises:
            NoTarget: the target maps none of that name. OutOfReach: code is not allowed, not installed, fails, or does not end in time.
        """
        mapped = self._switch(switch)
        told = self._call(mapped.state, also=(mapped.inject, mapped.undo), tolerances={"whole": mapped.whole, "broken": mapped.broken})
        if told["broken"]:
            return SwitchState.BROKEN
        return SwitchState.WHOLE if told["whole"] else SwitchState.NEITHER

    def inject(self, switch: str) -> None:
        """Breaks what the switch stands for. Raises as `state`."""
        self._call(self._switch(switch).inject)

    def undo(self, switch: str) -> None:
        """Mends it. Raises as `state`."""
        self._call(self._switch(switch).undo)

    def _switch(self, name: str) -> ToolkitSwitch:
        there = self.access.toolkit.switches
        if name not in there:
            raise NoTarget(f"the target maps no toolkit switch {name!r}; there are: {', '.join(there) or 'none'}")
        return there[name]

    def _call(
        self, activity: ToolkitActivity, *, also: tuple[ToolkitActivity, ...] = (), tolerances: Mapping[str, JsonValue] | None = None
    ) -> dict[str, Any]:
        if not code_is_allowed():
            raise OutOfReach(f"{activity.call} is code of somebody else's; allow it with: stormdrill --allow-code …")
        try:
            told = _told(self._question(activity, also, tolerances or {}), None if self._moved else self.access.folder)
        except TimeoutError:
            raise Unanswered(f"{activity.call}: does not end within {_CALL_S:g} s") from None
        except (BadInput, ValueError) as error:
            raise OutOfReach(without_values(f"{activity.call}: {error}", self.secrets.values())) from None
        if "error" in told:  # a driver may repeat what it was given
            raise Unanswered(without_values(f"{activity.call}: {told['error']}{self._moved}", self.secrets.values()))
        return told

    @property
    def _moved(self) -> str:
        """That the folder is gone where the rehearsal was made, so that ours is taken for it; empty where it is there."""
        folder = self.access.folder
        if folder is None or os.access(folder, os.X_OK):
            return ""
        return f"; {folder} is gone, where it was called from before: call this from where its functions lie now"

    def _question(self, activity: ToolkitActivity, also: tuple[ToolkitActivity, ...], tolerances: Mapping[str, JsonValue]) -> bytes:
        return orjson.dumps(
            {
                "activities": [{"call": each.call, "arguments": self._filled(each.arguments)} for each in (activity, *also)],
                "configuration": self._filled(self.access.toolkit.configuration),
                "tolerances": tolerances,
            }
        )

    def _filled(self, tree: JsonValue) -> orjson.Fragment:
        return orjson.Fragment(JsonTemplate.of(tree).render(with_secrets(self.access.statics, self.secrets)))


def _here() -> Path | None:
    with suppress(OSError):
        return Path.cwd()
    return None  # it is gone


def _told(question: bytes, folder: Path | None) -> dict[str, Any]:
    """What the process of a call says, in that folder or else in ours. Raises TimeoutError; ValueError where it says nothing of ours."""
    path = os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH")]))
    with subprocess.Popen(
        [sys.executable, "-m", "chaos.handles.toolkit_call"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        start_new_session=True,
    ) as process:
        try:
            said, grumbled = process.communicate(question, _CALL_S)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        finally:
            with suppress(ProcessLookupError):  # with whatever the driver has started
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        last = grumbled.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
        raise ValueError(last[0][:300])
    answer = orjson.loads(said)
    if not isinstance(answer, dict):
        raise ValueError("its process said nothing")  # noqa: TRY004 - whatever it says came from a pipe
    return answer
