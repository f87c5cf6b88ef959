"""What needs a challenge is done once its customer has answered one; an answer is good once, for a moment, for that transfer alone."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.step_up import Passed, Recorded, answered, forged, matched, passed, recorded, rules_of

ID = "step-up"
TITLE = "Nothing large is moved before its challenge is answered"
KIND = Kind.INVARIANT
PLAN = ("P1-03",)

_ROUNDED_S = 0.001
"""Of a millisecond in which both times are told."""


def check(evidence: Evidence) -> Finding:
    """By what customers were told and have answered; then by the answer that each row of the read-back names."""
    rules, t0_ms = rules_of(evidence), evidence.t0_ms or 0.0
    acknowledged, rows = passed(evidence, rules), recorded(evidence, rules)
    wrong = [
        Offender(t0_ms + one.at_s * 1000, 1, f"{one.name}: customer {one.customer} is told that a forged answer is right")
        for one in forged(evidence, rules)
    ]
    for one, age_s in matched(acknowledged, answered(evidence, rules)):
        wrong += _seen(one, age_s, t0_ms)
    wrong += [offender for row in rows for offender in _told(row)]
    wrong += _used_twice(rows)
    detail = f"{many(len(acknowledged), 'effect')} behind a challenge acknowledged; {len(wrong) or 'none'} not by the rules"
    return judged(not wrong, ID, len(wrong), 0, "effects", detail, first_worst_last(wrong))


def _seen(one: Passed, age_s: float | None, t0_ms: float) -> Iterator[Offender]:
    at_ms = t0_ms + one.last_s * 1000
    if age_s is None:
        yield Offender(
            at_ms,
            one.amount_fen,
            f"{one.name}: {one.amount_fen} fen of customer {one.customer}, done without an answer of theirs before it",
        )
    elif age_s > one.within_s:
        yield Offender(
            at_ms, age_s, f"{one.name}: done {age_s:.1f} s after customer {one.customer} had answered; good for {one.within_s:g} s"
        )


def _told(row: Recorded) -> Iterator[Offender]:
    answer = row.answer
    if answer is None:
        yield Offender(
            row.at_ms, row.amount_fen, f"{row.name} of customer {row.customer} names {row.ref or 'no challenge'}, which nobody answered"
        )
        return
    if answer.customer != row.customer:
        yield Offender(row.at_ms, row.amount_fen, f"{row.name} of customer {row.customer} names {row.ref} of customer {answer.customer}")
    if answer.of_fen is not None and answer.of_fen != row.amount_fen:
        yield Offender(row.at_ms, row.amount_fen, f"{row.name} moves {row.amount_fen} fen; {row.ref} is for {answer.of_fen} fen")
    if answer.payee and row.payee and answer.payee != row.payee:
        yield Offender(row.at_ms, row.amount_fen, f"{row.name} goes to {row.payee}; {row.ref} is for {answer.payee}")
    age_s = (row.at_ms - answer.at_ms) / 1000
    if age_s < -_ROUNDED_S:
        yield Offender(row.at_ms, -age_s, f"{row.name} is {-age_s:.1f} s older than the answer to {row.ref}")
    elif age_s > row.within_s + _ROUNDED_S:
        yield Offender(row.at_ms, age_s, f"{row.name}: the answer to {row.ref} was {age_s:.1f} s old; good for {row.within_s:g} s")


def _used_twice(rows: list[Recorded]) -> Iterator[Offender]:
    used: dict[str, list[Recorded]] = {}
    for row in rows:
        if row.answer is not None:
            used.setdefault(row.ref, []).append(row)
    for ref, ones in used.items():
        if len(ones) > 1:
            names = ", ".join(one.name for one in ones)
            yield Offender(max(one.at_ms for one in ones), len(ones), f"{ref} lets through {len(ones)}: {names}")
