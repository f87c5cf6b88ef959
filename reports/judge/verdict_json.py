"""`verdict.json` and `findings.json`: the same bytes for the same run folder, whenever and wherever it is judged."""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from reports.evidence import Evidence
from reports.finding import EXIT_CODES, Finding, Status, merge
from reports.judge.check_runner import worst
from reports.measures.quantiles import Ranked
from reports.measures.recovery import Recovery
from reports.measures.unsent import unsent
from scenarios.run.outcomes import Outcome

Json = Mapping[str, object]

_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1.0}
_DIGITS = 6


def verdict_bytes(evidence: Evidence, said: Sequence[Finding]) -> bytes:
    """`verdict.json`."""
    word = merge(said)
    heaviest = worst(said) if word is not Status.PASS else None
    return _dumped(
        {
            "verdict": word,
            "exit_code": EXIT_CODES[word],
            "sentence": sentence(said),
            "worst": heaviest.id if heaviest else None,
            "scenario": evidence.plan.scenario.name,
            "run": evidence.plan.run,
            "traffic": _traffic(evidence),
            "recovery": [_recovery(recovery) for recovery in evidence.recoveries],
            "findings": [_short(finding) for finding in said],
        }
    )


def findings_bytes(said: Iterable[Finding]) -> bytes:
    """`findings.json`."""
    return _dumped({"findings": [_long(finding) for finding in said]})


def sentence(said: Sequence[Finding]) -> str:
    """Why the word is what it is."""
    heaviest = worst(said)
    if heaviest is None:
        return "no check had anything to say"
    if merge(said) is Status.PASS:
        skipped = [finding for finding in said if finding.status is Status.SKIPPED]
        waived = sum(bool(finding.waived) for finding in skipped)
        unjudged = len(skipped) - waived
        excused = (f", {waived} waived" if waived else "") + (f", {unjudged} not judged" if unjudged else "")
        return f"all {sum(finding.status is Status.PASS for finding in said)} findings hold{excused}"
    return heaviest.detail


def _dumped(tree: Json) -> bytes:
    return orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _rounded(value: float | None) -> float | int | None:
    """A figure that prints the same everywhere: whole numbers whole, others to a millionth."""
    if value is None:
        return None
    near = round(float(value), _DIGITS)
    return int(near) if near.is_integer() else near


def _short(finding: Finding) -> Json:
    """A finding as `verdict.json` lists it."""
    return {
        "id": finding.id,
        "status": finding.status,
        "kind": finding.kind,
        "measured": _rounded(finding.measured),
        "censored": finding.censored,
        "limit": _rounded(finding.limit),
        "sign": finding.sign,
        "unit": finding.unit,
        "detail": finding.detail,
        "tainted_by": list(finding.tainted_by),
        "waived": finding.waived or None,
    }


def _long(finding: Finding) -> Json:
    return {**_short(finding), "title": finding.title, "check": finding.check, "evidence": list(finding.evidence)}


def _traffic(evidence: Evidence) -> Json:
    offered, missed = unsent(evidence, pulse=False)
    traffic = evidence.traffic
    span_s, rates = traffic.span_s(None), traffic.rates
    kept = evidence.sessions.outcome
    sessions = {"sessions": {"asked": len(kept), "succeeded": int((kept == Outcome.SUCCESS).sum())}} if evidence.plan.target.session else {}
    return {
        "offered": offered,
        "sent": offered - missed,
        "unsent": missed,
        "goodput_per_s": _per_s(int(traffic.good.sum()) / span_s if span_s else None),
        "offered_per_s_mean": _per_s(rates.offered_mean),
        "offered_per_s_peak": rates.offered_peak,
        "tps_mean": _per_s(rates.tps_mean),
        "tps_peak": rates.tps_peak,
        "outcomes": {outcome.label: traffic.count(outcome) for outcome in Outcome},
        "latency_ms": _percentiles(traffic.latencies),
        "service_ms": _percentiles(evidence.customer_attempts.services),
        **sessions,
    }


def _per_s(rate: float | None) -> float | int | None:
    return None if rate is None else _rounded(round(rate, 3))


def _percentiles(ranked: Ranked) -> Json:
    """Percentiles by name; null where there is no value, and the names of those that are lower bounds only."""
    found = {name: ranked.at(quantile) for name, quantile in _QUANTILES.items()}
    values: dict[str, object] = {name: quantile.ms if quantile else None for name, quantile in found.items()}
    return {**values, "censored": [name for name, quantile in found.items() if quantile and quantile.censored]}


def _recovery(recovery: Recovery) -> Json:
    effective_s = recovery.strike.effective_s
    zero_s = recovery.strike.zero_s or 0.0
    loss = recovery.loss
    return {
        "drill": recovery.strike.drill.drill,
        "strike": recovery.id,
        "zero_s": _rounded(zero_s),
        "zero_error_s": _rounded(effective_s - zero_s) if effective_s is not None else None,
        "detection_s": _rounded(recovery.detection_s),
        "decision_s": _rounded(recovery.decision_s),
        "failover_s": _rounded(recovery.failover_s),
        "redundancy_s": _rounded(recovery.redundancy_s),
        "rto_first_s": _rounded(recovery.rto_first_s),
        "rto_s": _rounded(recovery.rto_s),
        "felt_by_latecomers_s": _rounded(recovery.felt_by_latecomers_s),
        "rto_censored": recovery.rto_censored,
        "rpo_operations": loss.rpo_operations,
        "lost_before_fault": loss.lost_before,
        "lost_after_fault": loss.lost_after,
        "rpo_s": _rounded(loss.rpo_s),
        "rpo_fen": loss.rpo_fen,
        "lag_claimed_ms": _rounded(recovery.lag_claimed_ms),
        "unknown_present": loss.unknown_present,
        "unknown_absent": loss.unknown_absent,
        "duplicates": loss.duplicates,
        "outage_equivalent_s": _rounded(recovery.outage_equivalent_s),
        "metastable": "not assessed" if recovery.metastable is None else recovery.metastable,
        "paths": [
            {
                "operation": path.operation,
                "r0": _rounded(path.r0),
                "rto_s": _rounded(path.rto_s),
                "felt_by_latecomers_s": _rounded(path.felt_by_latecomers_s),
                "rto_censored": path.censored,
                "rto_first_s": _rounded(path.rto_first_s),
                "outage_equivalent_s": _rounded(path.outage_equivalent_s),
            }
            for path in recovery.paths
        ],
        "reasons": dict(sorted(recovery.reasons.items())),
    }
