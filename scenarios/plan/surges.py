"""Surges: what drills add to the load, known before T0, because customers come by a plan and wait for nobody."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from pydantic import Field

from scenarios.plan.arrival_curves import Piece
from scenarios.plan.phases import Weights
from scenarios.strict import Strict
from scenarios.target.fields import Name

MOST_LOAD_S = 86_400  # a day

MOST_TIMES = 1000.0


class Surge(Strict):
    """A stretch in which more customers come, all at once."""

    strike: Name = Field(description="the drill whose strike it is")
    at_s: float = Field(ge=0, le=MOST_LOAD_S, description="since T0")
    lasts_s: float = Field(gt=0, le=MOST_LOAD_S)
    times: float = Field(gt=1, le=MOST_TIMES, description="so many times the arrivals that there would have been")
    mix: Weights | None = Field(
        default=None, description="weights of the journeys of those who come besides; they come like all others without"
    )

    @property
    def ends_s(self) -> float:
        """Its end, since T0."""
        return self.at_s + self.lasts_s

    @property
    def extra_share(self) -> float:
        """Which share of the arrivals in it comes besides."""
        return 1 - 1 / self.times


def surged(pieces: Iterable[Piece], surges: Sequence[Surge]) -> Iterator[Piece]:
    """The arrival rate with the surges in it."""
    for piece in pieces:
        edges = {edge for surge in surges for edge in (surge.at_s, surge.ends_s) if piece.start_s < edge < piece.end_s}
        cuts = [piece.start_s, *sorted(edges), piece.end_s]
        for start_s, end_s in pairwise(cuts):
            times = 1.0
            for surge in surges:
                if surge.at_s <= start_s < surge.ends_s:
                    times *= surge.times
            yield _part(piece, start_s, end_s, times)


def _part(piece: Piece, start_s: float, end_s: float, times: float) -> Piece:
    """So many times a piece's rate, from a moment inside it to another."""
    since = start_s - piece.start_s
    burst = piece.burst_per_s * 2.0 ** (-since / piece.half_life_s)
    floor = piece.floor_per_s + piece.slope_per_s2 * since
    return replace(
        piece, start_s=start_s, end_s=end_s, floor_per_s=floor * times, slope_per_s2=piece.slope_per_s2 * times, burst_per_s=burst * times
    )
