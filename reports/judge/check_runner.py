"""Runs every check over the evidence of a run. Pure: the same evidence gives the same findings."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite
from numbers import Real
from types import ModuleType

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, NoEvidence, NotMapped, Status, explained, severity, tainted
from scenarios.plan.scenario import Waiver
from scenarios.plugins import CHECK, modules
from scenarios.plugins.failures import RAISED, failure_of

_KINDS = (Kind.INVARIANT, Kind.RECOVERY, Kind.GATE, Kind.VALIDITY)

_OF_ALL = ("event-chain",)
"""What explains whatever else cannot be told: nothing is known of a run whose events cannot be read."""


def findings(evidence: Evidence) -> list[Finding]:
    """What every check has to say, by kind and then by check; gates in the scenario's order."""
    waivers = evidence.plan.scenario.waive
    checks = [module for _, module in modules(CHECK)]
    said = [finding for module in checks for finding in _ask(module, evidence)]
    said += _strangers(waivers, checks, said)
    causes = {check.ID: (*getattr(check, "EXPLAINED_BY", ()), *_OF_ALL) for check in checks if check.ID not in _OF_ALL}
    marked = explained(tainted([_waived(finding, waivers) for finding in said]), causes)
    return sorted(marked, key=lambda finding: _KINDS.index(finding.kind))


def worst(said: Sequence[Finding]) -> Finding | None:
    """The finding that weighs most; None where nothing was said."""
    return min(said, key=severity, default=None)


def _ask(check: ModuleType, evidence: Evidence) -> list[Finding]:
    """Its findings. Where it has no evidence, or breaks, that is INVALID: never PASS."""
    stopped = evidence.stopped_by_gate and check.KIND != Kind.VALIDITY
    try:
        said = _findings(check.check(evidence))
    except NoEvidence as missing:
        said = _unknown(check, f"{check.ID} cannot be judged: {missing}")
    except NotMapped as missing:
        required = check.ID in evidence.plan.scenario.require
        said = [Finding(check.ID, Status.INVALID if required else Status.SKIPPED, None, None, "", f"{check.ID} is not judged: {missing}")]
    except RAISED as error:  # whatever goes wrong in a check, it did not find the run sound
        said, stopped = _unknown(check, str(failure_of(CHECK, check.ID, error))), False
    if stopped:
        said = [_owed_no_more(finding) for finding in said]
    kind = Kind(check.KIND)
    taints = tuple(getattr(check, "TAINTS", About)) if kind is Kind.VALIDITY else ()
    return [
        replace(_written(finding), kind=kind, check=check.ID, title=finding.title or check.TITLE, about=finding.about or taints)
        for finding in said
    ]


def _written(finding: Finding) -> Finding:
    """It, with what is no text shown as the bytes it is: a file may have any name."""
    detail, *evidence = (text.encode("utf-8", "backslashreplace").decode() for text in (finding.detail, *finding.evidence))
    return replace(finding, detail=detail, evidence=tuple(evidence))


def _findings(said: object) -> list[Finding]:
    """What a check gave, if it can be written down. Raises TypeError."""
    found = [said] if isinstance(said, Finding) else said
    if not isinstance(found, Iterable):
        raise TypeError(f"it gave {said!r}; allowed: a Finding or several")
    return [_sound(finding) for finding in found]


def _sound(finding: object) -> Finding:
    if not isinstance(finding, Finding):
        raise TypeError(f"it gave {finding!r} among its findings; allowed: a Finding")
    if not isinstance(finding.status, Status):
        raise TypeError(f"its finding has the status {finding.status!r}; allowed: Status.PASS, Status.FAIL, Status.INVALID")
    for field in ("id", "unit", "detail", "title", "sign"):
        if not isinstance(getattr(finding, field), str):
            raise TypeError(f"its finding has the {field} {getattr(finding, field)!r}; allowed: a text")
    for field in ("measured", "limit"):
        value = getattr(finding, field)
        if value is not None and (not isinstance(value, Real) or not isfinite(value)):
            raise TypeError(f"its finding {finding.id} has the {field} {value!r}; allowed: a number, or None")
    if not all(isinstance(line, str) for line in finding.evidence):
        raise TypeError(f"its finding {finding.id} has the evidence {finding.evidence!r}; allowed: texts")
    return finding


def _owed_no_more(finding: Finding) -> Finding:
    """A run that a gate stopped has its word; what would have shown later is not missed."""
    if finding.status is not Status.INVALID:
        return finding
    return replace(finding, status=Status.SKIPPED, detail=f"{finding.detail} (a gate stopped the run before)")


def _unknown(check: ModuleType, reason: str) -> list[Finding]:
    return [Finding(check.ID, Status.INVALID, None, None, "", reason)]


def _waived(finding: Finding, waivers: Iterable[Waiver]) -> Finding:
    """A waiver excuses a check from proving anything; it does not excuse what was proven."""
    reason = next((waiver.reason for waiver in waivers if waiver.check in (finding.id, finding.check)), "")
    if not reason:
        return finding
    return replace(finding, waived=reason, status=Status.SKIPPED if finding.status is Status.INVALID else finding.status)


def _strangers(waivers: Iterable[Waiver], checks: Iterable[ModuleType], said: Iterable[Finding]) -> list[Finding]:
    known = {check.ID for check in checks} | {finding.id for finding in said}
    unknown = sorted({waiver.check for waiver in waivers} - known)
    if not unknown:
        return []
    detail = f"the scenario waives {', '.join(unknown)}, which no check is called"
    return [Finding("waivers", Status.INVALID, len(unknown), 0, "waivers", detail, kind=Kind.VALIDITY, check="waivers", about=tuple(About))]
