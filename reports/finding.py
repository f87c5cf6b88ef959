"""What a check has to say, and how all that was said becomes one word."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from scenarios.errors import EXIT_FAIL, EXIT_INVALID, EXIT_PASS


class Status(StrEnum):
    """What a check found."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    FAIL = "FAIL"
    INVALID = "INVALID"  # cannot tell
    SKIPPED = "SKIPPED"  # cannot tell, and need not: the scenario waived it, or a gate stopped the run before


class Kind(StrEnum):
    """What a finding's failure means for the whole."""

    INVARIANT = "invariant"  # a breach is proof: FAIL, whatever else is wrong
    VALIDITY = "validity"  # cannot fail, only make the rehearsal prove nothing
    RECOVERY = "recovery"
    GATE = "gate"


class About(StrEnum):
    """The evidence that a gate or a recovery stands on; what makes that evidence untrustworthy taints it."""

    TRAFFIC = "traffic"
    PULSE = "pulse"
    EFFECTS = "effects"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the run, with its figure and its limit."""

    id: str
    status: Status
    measured: float | None
    limit: float | None
    unit: str
    detail: str
    evidence: tuple[str, ...] = ()  # a few offenders by name
    title: str = ""
    kind: Kind = Kind.INVARIANT
    check: str = ""
    about: tuple[About, ...] = ()  # for a gate or recovery: what it stands on; for a validity: what it taints
    sign: str = "<="
    tainted_by: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()  # checks whose own trouble is the cause of this one
    waived: str = ""
    censored: bool = False  # the true figure is greater than the measured one


def judged(
    holds: bool,  # noqa: FBT001 - the first thing a check has to say
    id: str,  # noqa: A002 - as the field
    measured: float | None,
    limit: float | None,
    unit: str,
    detail: str,
    evidence: tuple[str, ...] = (),
    title: str = "",
) -> Finding:
    """PASS or FAIL. Without a title of its own it bears its check's."""
    return Finding(id, Status.PASS if holds else Status.FAIL, measured, limit, unit, detail, evidence, title)


def trusted(
    holds: bool,  # noqa: FBT001 - as in judged
    id: str,  # noqa: A002 - as the field
    measured: float | None,
    limit: float | None,
    unit: str,
    detail: str,
    evidence: tuple[str, ...] = (),
) -> Finding:
    """PASS or INVALID."""
    return Finding(id, Status.PASS if holds else Status.INVALID, measured, limit, unit, detail, evidence)


class NoEvidence(Exception):
    """A check has nothing to judge by, though it should: says what is missing."""


class NotMapped(Exception):
    """The target's file does not say what a check needs: it is skipped, unless the scenario requires it. Says what is missing."""


EXIT_CODES = {Status.PASS: EXIT_PASS, Status.FAIL: EXIT_FAIL, Status.INVALID: EXIT_INVALID}


def merge(findings: Iterable[Finding]) -> Status:
    """The word: a proven breach is FAIL; else what cannot be trusted INVALID; else a broken limit FAIL; else PASS.

    Where nothing was said there is nothing to trust: INVALID.
    """
    said = list(findings)
    if any(finding.status is Status.FAIL and finding.kind is Kind.INVARIANT for finding in said):
        return Status.FAIL
    if not said or any(finding.status is Status.INVALID for finding in said):
        return Status.INVALID
    return Status.FAIL if any(finding.status is Status.FAIL for finding in said) else Status.PASS


def tainted(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, each gate and recovery marked with the validity findings that take its ground away."""
    doubts = [finding for finding in findings if finding.kind is Kind.VALIDITY and finding.status is Status.INVALID]
    return [
        replace(finding, tainted_by=tuple(sorted(doubt.id for doubt in doubts if set(doubt.about) & set(finding.about))))
        if finding.kind in (Kind.GATE, Kind.RECOVERY)
        else finding
        for finding in findings
    ]


def explained(findings: Sequence[Finding], causes: Mapping[str, Collection[str]]) -> list[Finding]:
    """The findings, each that proves nothing marked with the checks that prove nothing either and are its cause.

    `causes` gives, by check, the checks whose trouble would be the cause of its own: where a load process was killed, no drill strikes.
    """
    doubtful = {finding.check for finding in findings if finding.status is Status.INVALID}
    return [
        replace(finding, explained_by=tuple(sorted(doubtful & set(causes.get(finding.check, ())))))
        if finding.status is Status.INVALID
        else finding
        for finding in findings
    ]


_WORST = (
    (Status.FAIL, Kind.INVARIANT),
    (Status.INVALID, Kind.VALIDITY),
    (Status.INVALID, Kind.INVARIANT),
    (Status.INVALID, Kind.RECOVERY),
    (Status.INVALID, Kind.GATE),
    (Status.FAIL, Kind.RECOVERY),
    (Status.FAIL, Kind.GATE),
    (Status.FAIL, Kind.VALIDITY),
)


def severity(finding: Finding) -> tuple[int, bool]:
    """Place among the findings, the least for what weighs most; a cause comes before its consequences."""
    pair = (finding.status, finding.kind)
    weight = _WORST.index(pair) if pair in _WORST else len(_WORST) + (0 if finding.status is Status.SKIPPED else 1)
    return weight, bool(finding.explained_by)
