"""A quote is honoured until it expires, never after, once, and at the sum that it showed."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.quotes import Age, Deal, ages, deals

ID = "quotes"
TITLE = "A quote holds until it expires, at the sum it showed"
KIND = Kind.INVARIANT
PLAN = ("P1-12",)

_ROUNDED_S = 0.001
"""Of a millisecond in which both times are told."""


def check(evidence: Evidence) -> Finding:
    """What customers saw first: sums, and times as they know them. Then how old each quote was by the system's own word."""
    found = deals(evidence)
    wrong = [*(offender for deal in found for offender in _seen(deal)), *(offender for age in ages(evidence) for offender in _told(age))]
    done = sum(deal.done for deal in found)
    detail = f"{many(done, 'deal')} in quotes, {len(found) - done} turned away as too late; {len(wrong) or 'none'} not by the rules"
    return judged(not wrong, ID, len(wrong), 0, "deals", detail, first_worst_last(wrong))


def _seen(deal: Deal) -> Iterator[Offender]:
    quote, at_ms = deal.quote, deal.at_ms
    if quote is None:
        if deal.done:
            yield Offender(at_ms, 1, f"{deal.name}: done in a quote that nobody was given")
        return
    if deal.shown_fen is not None and deal.shown_fen != quote.shown_fen:
        by_fen = abs(deal.shown_fen - quote.shown_fen)
        yield Offender(at_ms, by_fen, f"{deal.name}: {deal.shown_fen} fen, where the quote showed {quote.shown_fen} fen")
    if deal.done and deal.asked_s > quote.last_s:
        late_s = deal.asked_s - quote.last_s
        yield Offender(at_ms, late_s, f"{deal.name}: asked for {late_s:.3f} s after the quote had expired, and done")
    if not deal.done and deal.answered_s < quote.first_s:
        early_s = quote.first_s - deal.answered_s
        yield Offender(at_ms, early_s, f"{deal.name}: told {early_s:.3f} s before the quote expired that it had")


def _told(age: Age) -> Iterator[Offender]:
    if age.age_s > age.good_s + _ROUNDED_S:
        yield Offender(age.at_ms, age.age_s, f"{age.name}: the quote was {age.age_s:.3f} s old; good for {age.good_s:g} s")
