"""Actions of Chaos Toolkit's drivers, as faults may use them: which function breaks a thing, mends it, and says how it stands."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, JsonValue

from scenarios.strict import Strict
from scenarios.target.fields import BodyTree, InnerName
from scenarios.target.templates import JsonTemplate

DottedName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$", max_length=300)]


class ToolkitActivity(Strict):
    """A function of a driver, by its dotted name, and what it is given."""

    call: DottedName
    arguments: dict[InnerName, BodyTree] = Field(default={}, max_length=100)


class ToolkitSwitch(Strict):
    """One thing that such actions break: how it is seen, broken and mended. `whole` and `broken` are tolerances, as in an experiment."""

    state: ToolkitActivity
    whole: JsonValue
    broken: JsonValue
    inject: ToolkitActivity
    undo: ToolkitActivity

    @property
    def activities(self) -> dict[str, ToolkitActivity]:
        """All three by their names in the file."""
        return {"state": self.state, "inject": self.inject, "undo": self.undo}


class Toolkit(Strict):
    """All that a target's file names. It is code of somebody else's, and needs --allow-code."""

    configuration: dict[InnerName, BodyTree] = Field(
        default={}, max_length=100, description="as in an experiment, for drivers that want it"
    )
    switches: dict[InnerName, ToolkitSwitch] = Field(default={}, max_length=100)

    def placeholders(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Where the file names something that must be known, and its name."""
        places: list[tuple[tuple[str, ...], dict[str, JsonValue]]] = [(("toolkit", "configuration"), self.configuration)]
        for name, switch in self.switches.items():
            places += [(("toolkit", "switches", name, place), activity.arguments) for place, activity in switch.activities.items()]
        for place, tree in places:
            yield from ((place, name) for name in sorted(JsonTemplate.of(tree).placeholders))
