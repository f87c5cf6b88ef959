"""Runs every check over the evidence of a run. Pure: the same evidence gives the same findings."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import ModuleType

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, NoEvidence, NotMapped, Status, severity, tainted
from scenarios.plan.scenario import Waiver
from scenarios.plugins import CHECK, modules

_KINDS = (Kind.INVARIANT, Kind.RECOVERY, Kind.GATE, Kind.VALIDITY)


def findings(evidence: Evidence) -> list[Finding]:
    """What every check has to say, by kind and then by check; gates in the scenario's order."""
    waivers = evidence.plan.scenario.waive
    checks = [module for _, module in modules(CHECK)]
    said = [finding for module in checks for finding in _ask(module, evidence)]
    said += _strangers(waivers, checks, said)
    return sorted(tainted([_waived(finding, waivers) for finding in said]), key=lambda finding: _KINDS.index(finding.kind))


def worst(said: Sequence[Finding]) -> Finding | None:
    """The finding that weighs most; None where nothing was said."""
    return min(said, key=severity, default=None)


def _ask(check: ModuleType, evidence: Evidence) -> list[Finding]:
    """Its findings. Where it has no evidence, or breaks, that is INVALID: never PASS."""
    stopped = evidence.stopped_by_gate and check.KIND != Kind.VALIDITY
    try:
        said = check.check(evidence)
    except NoEvidence as missing:
        said = _unknown(check, f"{check.ID} cannot be judged: {missing}")
    except NotMapped as missing:
        required = check.ID in evidence.plan.scenario.require
        said = [Finding(check.ID, Status.INVALID if required else Status.SKIPPED, None, None, "", f"{check.ID} is not judged: {missing}")]
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a check, it did not find the run sound
        said, stopped = _unknown(check, f"the check {check.ID} broke: {type(error).__name__}: {error}"), False
    if stopped:
        said = [_owed_no_more(finding) for finding in ([said] if isinstance(said, Finding) else said)]
    kind = Kind(check.KIND)
    taints = tuple(getattr(check, "TAINTS", About)) if kind is Kind.VALIDITY else ()
    return [
        replace(finding, kind=kind, check=check.ID, title=finding.title or check.TITLE, about=finding.about or taints)
        for finding in ([said] if isinstance(said, Finding) else said)
    ]


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
