"""The crowd's habits: numbers of a profile, each with where it comes from. A scenario names a profile, and says what it has otherwise."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field, model_validator

from scenarios.errors import BadInput, Misfit, choices
from scenarios.own_code import own_folders
from scenarios.plan.arrival_curves import draws
from scenarios.plan.policy import Share
from scenarios.plan.yaml_loading import load_yaml_parts
from scenarios.strict import FromFile, Strict
from scenarios.target.fields import Description, InnerName, Name

USUAL = "campaign"
"""The profile of a scenario that names none."""

_PROJECT = Path(__file__).resolve().parents[2]
_FOLDER = Path("scenarios/profiles")
STREAM_SEGMENTS = 11  # one draw for each customer
STREAM_BOTS = 12  # one draw for each customer

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


class Pause(Strict):
    """A pause of a customer's, log-normal."""

    median_s: _Seconds
    p95_s: _Seconds
    mark: Mark

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.p95_s <= self.median_s:
            raise ValueError(f"p95_s is {self.p95_s:g}; allowed: more than median_s, which is {self.median_s:g}")
        return self


PauseName = Literal["glance", "tap", "look", "read", "browse", "poll", "hesitate"]


class Pauses(Strict):
    """How long customers think, by what about."""

    glance: Pause = Field(description="at what was to be expected")
    tap: Pause = Field(description="before the next tap, where all is clear")
    look: Pause = Field(description="at a page that says little")
    read: Pause = Field(description="what takes reading")
    browse: Pause = Field(description="about a page with much on it")
    poll: Pause = Field(description="between two looks at what may change any moment")
    hesitate: Pause = Field(description="over a price that holds for a few seconds")


class Coupling(Habits):
    """What follows where a step that is about money or a prize fails: so often each."""

    contact: Share
    ticket: Share
    sentiment: Share


class Skew(Habits):
    """How few the things are that many want at once."""

    merchants: int = Field(ge=1, le=10_000)
    teams: int = Field(ge=1, le=10_000)
    links: int = Field(ge=1, le=10_000)
    adviser_hours: int = Field(ge=1, le=10_000)


class JourneyWeight(Strict):
    """How often customers go on a journey, beside the others."""

    weight: float = Field(ge=0, le=1_000_000)
    mark: Mark


class Bots(Habits):
    """Customers who are programs: how many, and how they claim. Who is one the harness alone knows."""

    share: Share
    taps_mean: float = Field(ge=1, le=1000)
    gap_median_s: _Seconds
    gap_p95_s: _Seconds

    def patience(self, of_people: Patience) -> Patience:
        """Theirs: they tap so often and so fast, stay to the last, and do not care for Retry-After."""
        own = {name: getattr(self, name) for name in ("taps_mean", "gap_median_s", "gap_p95_s")}
        return of_people.model_copy(update={**own, "leaves_early": 0.0, "polite": 0.0})


class Segment(Strict):
    """Customers who want other things than the others do."""

    name: InnerName
    share: Share
    journeys: dict[InnerName, Annotated[float, Field(ge=0, le=1000)]] = Field(
        default={}, description="how much more often than the mix says they go on a journey; 1 where nothing is said"
    )
    mark: Mark

    def weights(self, mix: Mapping[str, float]) -> dict[str, float]:
        """A mix as they have it."""
        return {name: weight * self.journeys.get(name, 1.0) for name, weight in mix.items()}


class Crowd(Strict):
    """All of a crowd's habits."""

    patience: Patience
    inviting: Inviting
    pauses: Pauses
    skew: Skew
    coupling: Coupling
    weights: dict[InnerName, JourneyWeight] = Field(description="what a scenario's mix is where it says none", max_length=200)
    segments: list[Segment] = Field(default=[], max_length=50)
    bots: Bots | None = None

    @model_validator(mode="after")
    def _segments_are_all(self) -> Self:
        names = [segment.name for segment in self.segments]
        if len(set(names)) < len(names):
            raise Misfit(f"two segments have one name; there are: {', '.join(names)}", "segments")
        total = sum(segment.share for segment in self.segments)
        if self.segments and abs(total - 1) > _ROUNDING:
            raise Misfit(f"the segments' shares make {total * 100:g} % together; allowed: 100 %", "segments")
        return self


class Profile(FromFile, Crowd):
    """A profile file."""

    name: Name
    describe: Description
    like: Name | None = Field(default=None, description="the profile that says what this one does not")


def segments_of(segments: Sequence[Segment], seed: int, customers: int) -> npt.NDArray[np.intp]:
    """The number of each customer's segment, drawn by the run's seed, so that crowd and judge know the same of each."""
    found = np.searchsorted(np.cumsum([segment.share for segment in segments]), draws(seed, STREAM_SEGMENTS, 0, customers), "right")
    return np.minimum(found, len(segments) - 1)


def bots_of(crowd: Crowd, seed: int, customers: int) -> npt.NDArray[np.bool_]:
    """Which customers are bots, drawn as their segments are. It is never sent, nor told to anybody but the judge."""
    found: npt.NDArray[np.bool_] = draws(seed, STREAM_BOTS, 0, customers) < (crowd.bots.share if crowd.bots else 0.0)
    return found


def usual_crowd() -> Crowd:
    """That of a scenario which says nothing of it."""
    return Crowd.model_validate(_habits(_file(USUAL)))


def with_crowd(plain: object) -> object:
    """A scenario as it was read, with the habits and the mix of its profile where it says none; what is no mapping the models judge.

    Raises:
        Misfit: there is no such profile.
        BadInput: it is wrong; with its file and line.
    """
    if not isinstance(plain, dict):
        return plain
    own, name = plain.get("crowd", {}), plain.get("profile", USUAL)
    if not isinstance(own, dict) or not isinstance(name, str) or _is_whole(own):
        return plain
    try:
        base = _habits(_file(name))
    except BadInput as error:
        if error.path is None:
            raise Misfit(error.what, "profile") from None
        raise
    crowd = {**base, **{group: _laid_over(base.get(group), habits) for group, habits in own.items()}}
    return {"mix": _mix(crowd["weights"]), **plain, "crowd": crowd}


def _is_whole(own: Mapping[str, Any]) -> bool:
    """As the copy in a run folder is: it needs no profile any more."""
    groups: dict[str, type[Strict]] = {"patience": Patience, "inviting": Inviting, "pauses": Pauses, "skew": Skew, "coupling": Coupling}
    whole = all(isinstance(own.get(name), dict) and set(own[name]) >= set(model.model_fields) for name, model in groups.items())
    return whole and "weights" in own


def _mix(weights: object) -> object:
    """What these weights make; what is none the models judge."""
    told = weights if isinstance(weights, dict) else {}
    return {name: one["weight"] for name, one in told.items() if isinstance(one, dict) and "weight" in one}


def _laid_over(base: object, own: object) -> object:
    """What a scenario says itself stands instead, and is its own assumption unless it says where it comes from."""
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    if "marks" not in base:
        return {**base, **{name: _own(base.get(name), said) for name, said in own.items()}}
    told = own.get("marks", {})
    if not isinstance(told, dict):
        return {**base, **own}
    assumed = dict.fromkeys(own.keys() & base.keys() - {"marks"}, _OWN_MARK)
    return {**base, **own, "marks": {**base["marks"], **assumed, **told}}


def _own(base: object, said: object) -> object:
    """One habit of a scenario's own, of which it need not say all."""
    return {**(base if isinstance(base, dict) else {}), "mark": _OWN_MARK, **said} if isinstance(said, dict) else said


def _file(name: str) -> Path:
    """The profile's file; the user's own come before ours. Raises BadInput."""
    folders = [root / _FOLDER for root in (*own_folders(), _PROJECT)]
    there = {path.stem: path for folder in reversed(folders) for path in folder.glob("*.yaml")}
    if name not in there:
        raise BadInput(f"there is no profile {name!r}; {choices(name, sorted(there))}")
    return there[name]


@cache
def _habits(path: Path) -> dict[str, Any]:
    read = load_yaml_parts([path], Profile, frozenset(), ("like", lambda name: [_file(name)]))
    return read.model_dump(include=set(Crowd.model_fields))
