"""The crowd's habits: numbers of a profile, each with where it comes from. A scenario names a profile, and says what it has otherwise."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from scenarios.errors import Misfit, choices
from scenarios.own_code import own_folders
from scenarios.plan.policy import Share
from scenarios.plan.yaml_loading import load_yaml
from scenarios.strict import FromFile, Strict
from scenarios.target.fields import Description, Name

USUAL = "campaign"
"""The profile of a scenario that names none."""

_PROJECT = Path(__file__).resolve().parents[2]
_FOLDER = Path("scenarios/profiles")
_ROUNDING = 1e-6
_OWN_MARK = "A: the scenario's own"
_MARK = re.compile(r"(V\d{1,3}|[DLAK])(: .{1,200})?")


def _mark(value: str) -> str:
    if not _MARK.fullmatch(value):
        raise ValueError(f"{value!r} is no mark; allowed: V and a source's number, D, L, A or K, and a reason behind a colon")
    return value


Mark = Annotated[str, Field(max_length=210), AfterValidator(_mark)]
_Seconds = Annotated[float, Field(gt=0, le=3600)]


class Habits(Strict):
    """Numbers that belong together, each with its mark."""

    marks: dict[str, Mark] = Field(description="V and a source's number, D follows from one, L was seen, A is an assumption, K unconfirmed")

    @model_validator(mode="after")
    def _every_number_has_its_mark(self) -> Self:
        numbers = set(type(self).model_fields) - {"marks"}
        if bare := sorted(numbers - set(self.marks)):
            raise ValueError(f"{bare[0]} has no mark; each number needs one")
        if strange := sorted(set(self.marks) - numbers):
            raise ValueError(f"the mark of {strange[0]} is of no number here; {choices(strange[0], sorted(numbers))}")
        return self


class Patience(Habits):
    """How often a customer tries again, how fast, and when they leave."""

    taps_mean: float = Field(ge=1, le=1000)
    gap_median_s: _Seconds
    gap_p95_s: _Seconds
    leaves_early: Share
    early_s: _Seconds
    late_s: _Seconds
    automatic_retries: int = Field(ge=0, le=100)
    backoff_s: _Seconds
    backoff_most_s: _Seconds
    polite: Share

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.gap_p95_s <= self.gap_median_s:
            raise ValueError(f"gap_p95_s is {self.gap_p95_s:g}; allowed: more than gap_median_s, which is {self.gap_median_s:g}")
        if self.late_s < self.early_s:
            raise ValueError(f"late_s is {self.late_s:g}; allowed: early_s, which is {self.early_s:g}, or more")
        return self


class Inviting(Habits):
    """How many friends a customer invites."""

    nobody: Share
    one_or_two: Share
    three_to_five: Share
    more: Share
    exponent: float = Field(gt=1, le=10)
    most: int = Field(ge=6, le=10_000)

    @model_validator(mode="after")
    def _sums_up(self) -> Self:
        total = self.nobody + self.one_or_two + self.three_to_five + self.more
        if abs(total - 1) > _ROUNDING:
            raise ValueError(f"nobody, one_or_two, three_to_five and more make {total * 100:g} % together; allowed: 100 %")
        if self.nobody == 1:
            raise ValueError("nobody is 100 %; allowed: less, for a customer who invites must invite somebody")
        return self

    @property
    def edges(self) -> tuple[float, float]:
        """Of those who invite at all: the share that invites one or two, and that which invites five at most."""
        inviting = self.one_or_two + self.three_to_five + self.more
        return self.one_or_two / inviting, (self.one_or_two + self.three_to_five) / inviting


class Crowd(Strict):
    """All of a crowd's habits."""

    patience: Patience
    inviting: Inviting


class Profile(FromFile, Crowd):
    """A profile file."""

    name: Name
    describe: Description


def usual_crowd() -> Crowd:
    """That of a scenario which says nothing of it."""
    return Crowd.model_validate(_habits(_file(USUAL)))


def with_crowd(plain: object) -> object:
    """A scenario as it was read, with the habits of its profile where it says nothing else; what is no mapping is for the models to judge.

    Raises:
        Misfit: there is no such profile.
        BadInput: it is wrong; with its file and line.
    """
    if not isinstance(plain, dict):
        return plain
    own, name = plain.get("crowd", {}), plain.get("profile", USUAL)
    if not isinstance(own, dict) or not isinstance(name, str) or _is_whole(own):
        return plain
    base = _habits(_file(name))
    return {**plain, "crowd": {**base, **{group: _laid_over(base.get(group), habits) for group, habits in own.items()}}}


def _is_whole(own: Mapping[str, Any]) -> bool:
    """As the copy in a run folder is: it needs no profile any more."""
    groups = ((own.get(name), field.annotation) for name, field in Crowd.model_fields.items())
    return all(isinstance(group, dict) and isinstance(model, type) and set(group) >= _numbers(model) for group, model in groups)


def _numbers(model: type[object]) -> set[str]:
    return set(model.model_fields) if issubclass(model, Strict) else set()


def _laid_over(base: dict[str, Any] | None, own: object) -> object:
    """What a scenario says itself stands instead, and is its own assumption unless it says where it comes from."""
    if base is None or not isinstance(own, dict):
        return own
    told = own.get("marks", {})
    if not isinstance(told, dict):
        return {**base, **own}
    assumed = dict.fromkeys(own.keys() & base.keys() - {"marks"}, _OWN_MARK)
    return {**base, **own, "marks": {**base["marks"], **assumed, **told}}


def _file(name: str) -> Path:
    """The profile's file; the user's own come before ours. Raises Misfit."""
    folders = [root / _FOLDER for root in (*own_folders(), _PROJECT)]
    there = {path.stem: path for folder in reversed(folders) for path in folder.glob("*.yaml")}
    if name not in there:
        raise Misfit(f"there is no profile {name!r}; {choices(name, sorted(there))}", "profile")
    return there[name]


@cache
def _habits(path: Path) -> dict[str, dict[str, Any]]:
    return load_yaml(path, Profile).model_dump(include=set(Crowd.model_fields))
