"""Phases: the stretches of a campaign, and the shapes that arrivals can take in them."""

import math
import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic.config import JsonDict

from scenarios.plan.arrival_curves import Piece
from scenarios.strict import Strict
from scenarios.target.fields import Name

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|min|h)$", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_RATE = re.compile(r"^(\d+(?:\.\d+)?)\s*/\s*(s|min)$", re.ASCII)
_MULTIPLE = re.compile(r"^(\d+(?:\.\d+)?)\s*x$", re.ASCII)


def _duration(value: object) -> object:
    return seconds(value) if isinstance(value, str) else value


def is_duration(text: str) -> bool:
    """Whether it is written as a duration is."""
    return _DURATION.match(text.strip()) is not None


def seconds(text: str) -> float:
    """A duration such as '15 s', '2 min' or '1 h' in seconds. Raises ValueError."""
    found = _DURATION.match(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no duration; allowed: a number with ms, s, min or h, as in '15 s'")
    return float(found[1]) * _SECONDS[found[2]]


def _rate(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _RATE.match(value.strip())
    if found is None and _MULTIPLE.match(value.strip()):
        raise ValueError(f"{value!r} is a multiple of the busy hour, and the scenario has none; add busy_hour: 10/s")
    if found is None:
        raise ValueError(f"{value!r} is no rate; allowed: a number of 0 or more per second or minute, as in '40/s'")
    return float(found[1]) / _SECONDS[found[2]]


MOST_S = 7 * 86_400
"""A week, before it is compressed."""
LEAST_S = 0.001
MOST_PER_S = 1_000_000
_LEAST_PER_S = 0.001

_EITHER: JsonDict = {"type": ["number", "string"]}
Duration = Annotated[float, BeforeValidator(_duration), Field(ge=LEAST_S, le=MOST_S, json_schema_extra=_EITHER)]
DurationOrNone = Annotated[float, BeforeValidator(_duration), Field(ge=0, le=MOST_S, json_schema_extra=_EITHER)]
Rate = Annotated[float, BeforeValidator(_rate), Field(ge=0, le=MOST_PER_S, json_schema_extra=_EITHER)]
Weights = Annotated[dict[str, Annotated[float, Field(ge=0, le=1_000_000)]], Field(min_length=1, max_length=200)]


class Spike(Strict):
    """A peak on top of the phase's rate: 90 % of it is reached after `rise`, it stays for `hold`, and every `half_life` it halves."""

    to: Rate
    rise: Duration = 3.0
    hold: DurationOrNone = 0.0
    half_life: Duration = 30.0


class Phase(Strict):
    """A stretch of the campaign with its arrival rate: level, or a ramp or staircase from the first rate to the second, or with a spike."""

    name: Name
    lasts: Duration
    compress: float = Field(default=1.0, ge=1, le=10_000, description="lasts so many times shorter, at the same rate; never a spike")
    arrivals: Rate | Annotated[list[Rate], Field(min_length=2, max_length=2)]
    ramp: Literal["straight", "exponential"] = Field(default="straight", description="how the first rate becomes the second")
    steps: int | None = Field(default=None, ge=2, le=1000, description="a staircase of so many level steps instead of a ramp")
    spike: Spike | None = None
    mix: Weights | None = Field(default=None, description="weights of the journeys in this phase, instead of the scenario's")

    @property
    def lasts_s(self) -> float:
        """How long it really lasts, in seconds."""
        return self.lasts / self.compress

    @property
    def ends(self) -> tuple[float, float]:
        """The rates, spike apart, at which it begins and ends."""
        first, last = self.arrivals if isinstance(self.arrivals, list) else (self.arrivals, self.arrivals)
        return first, last


def in_busy_hours(plain: object) -> object:
    """A scenario as it was read, with '1.5 x' in its phases turned into the rate that it means; the rest is for the models to judge."""
    if not isinstance(plain, dict) or not isinstance(plain.get("phases"), list) or plain.get("busy_hour") is None:
        return plain
    try:
        busy_hour = float(str(_rate(plain["busy_hour"])))
    except ValueError:
        return plain
    return {**plain, "phases": [_multiplied(phase, busy_hour) for phase in plain["phases"]]}


def _multiplied(value: object, busy_hour: float) -> object:
    if isinstance(value, dict):
        return {key: _multiplied(part, busy_hour) if key in ("arrivals", "spike", "to") else part for key, part in value.items()}
    if isinstance(value, list):
        return [_multiplied(part, busy_hour) for part in value]
    found = _MULTIPLE.match(value.strip()) if isinstance(value, str) else None
    return float(found[1]) * busy_hour if found else value


def phase_problems(phase: Phase) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What in a phase cannot be together: a sentence, and the key that it is about."""
    first, last = phase.ends
    if phase.lasts_s < LEAST_S:
        yield f"compressed, it lasts {phase.lasts_s:g} s; allowed: {LEAST_S:g} s or more", ("compress",)
    if phase.spike and phase.spike.to < max(first, last):
        yield f"spike.to {phase.spike.to:g}/s is less than its arrivals of {max(first, last):g}/s", ("spike",)
    if phase.spike and phase.compress != 1:
        yield (
            f"a spike keeps its real seconds; leave compress {phase.compress:g} out, or put the spike into a phase of its own",
            ("compress",),
        )
    shaped = [name for name, there in (("steps", phase.steps), ("ramp", phase.ramp != "straight")) if there]
    if shaped and not isinstance(phase.arrivals, list):
        yield f"{shaped[0]} leads from one rate to another; give arrivals two, as in [10/s, 100/s]", (shaped[0],)
    if shaped and phase.spike:
        yield f"a spike rises from a level rate or a straight ramp; leave {shaped[0]} out", (shaped[0],)
    if phase.steps and phase.ramp != "straight":
        yield "steps are level; leave ramp out", ("ramp",)
    if phase.ramp == "exponential" and min(first, last) < _LEAST_PER_S:
        yield f"an exponential ramp neither begins nor ends at 0/s; allowed: {_LEAST_PER_S:g}/s or more", ("arrivals",)


def phase_pieces(phase: Phase, start_s: float) -> Iterator[Piece]:
    """The phase's arrival rate, from the second in which it begins."""
    end_s = start_s + phase.lasts_s
    first, last = phase.ends
    slope = (last - first) / phase.lasts_s
    if phase.spike is not None:
        yield from _spiked(phase.spike, start_s, end_s, first, slope)
    elif phase.steps is not None:
        yield from _stairs(phase.steps, start_s, end_s, first, last)
    elif phase.ramp == "exponential" and first != last:
        yield Piece(start_s, end_s, 0.0, 0.0, first, phase.lasts_s / math.log2(first / last))
    else:
        yield Piece(start_s, end_s, first, slope)


def _spiked(spike: Spike, start_s: float, end_s: float, low: float, slope: float) -> Iterator[Piece]:
    """A straight rise that reaches 90 % at `rise` and the whole a ninth of it later, the plateau, then decay by half-lives."""
    burst = spike.to - low
    top_s = min(start_s + spike.rise / 0.9, end_s)
    falls_s = min(top_s + spike.hold, end_s)
    yield Piece(start_s, top_s, low, slope + burst / (top_s - start_s))
    if top_s < falls_s:
        yield Piece(top_s, falls_s, low + slope * (top_s - start_s) + burst, slope)
    if falls_s < end_s:
        yield Piece(falls_s, end_s, low + slope * (falls_s - start_s), slope, burst, spike.half_life)


def _stairs(steps: int, start_s: float, end_s: float, first: float, last: float) -> Iterator[Piece]:
    """Level steps of one length; the first has the first rate, the last the last."""
    edges = [start_s + (end_s - start_s) * step / steps for step in range(steps)] + [end_s]
    for step in range(steps):
        yield Piece(edges[step], edges[step + 1], first + (last - first) * step / (steps - 1))
