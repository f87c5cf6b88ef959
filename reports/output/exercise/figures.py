"""The figures of a strike for its record, each with what is uncertain of it where its measure says so."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import NoEvidence
from reports.formatting import measured, number, yuan
from reports.languages import Language
from reports.languages.telling import tell
from reports.measures.classes import retries_after, retries_during
from reports.measures.drill_outcomes import taken_back
from reports.measures.failover_split import LOST, loss_of_redundancy
from reports.measures.recovery import Path, Recovery, paths_of
from reports.measures.writers import by_either
from reports.output.access_paths import access_path
from reports.output.exercise.words import word
from scenarios.run.system_event_kinds import SystemRedundant, SystemRejoined

Figure = tuple[str, str]


def figures(evidence: Evidence, recovery: Recovery, language: Language) -> Iterator[Figure]:
    """Names and values; where there is none, why."""
    yield from _times(recovery, language)
    yield from _rto(evidence, recovery, language)
    yield from _redundancy(evidence, recovery, language)
    yield word("equivalent", language), measured(recovery.outage_equivalent_s, "s")
    yield from _retries(evidence, recovery, language)
    yield from _loss(recovery, language)
    yield word("two_writers", language), _two_writers(evidence, recovery, language)
    if not recovery.strike.observed:
        yield word("taken_back", language), _taken_back(evidence, recovery, language)


def _times(recovery: Recovery, language: Language) -> Iterator[Figure]:
    for key in ("detection", "decision", "failover", "redundancy"):
        yield word(key, language), _or_why(measured(getattr(recovery, f"{key}_s"), "s"), recovery.reasons.get(f"{key}_s", ""), language)


def _rto(evidence: Evidence, recovery: Recovery, language: Language) -> Iterator[Figure]:
    """The system's and each access path's: as it was measured, and without what zero and the load generator are uncertain by."""
    strike = recovery.strike
    zero_s = strike.zero_s or 0.0
    error_s = None if strike.effective_s is None else strike.effective_s - zero_s
    quick = paths_of(strike, evidence.at_least(evidence.pulse, zero_s), evidence.load_ends_s)
    least_s = [_least_s(path, without, error_s or 0.0) for path, without in zip(recovery.paths, quick, strict=True)]
    bound = "> " if recovery.rto_censored else ""
    least = max(least_s, default=0.0)
    whole = bound + measured(recovery.rto_s, "s")
    yield word("rto", language), _or_why(_with_least(whole, recovery.rto_s, least, language), recovery.reasons.get("rto_s", ""), language)
    for path, at_least_s in zip(recovery.paths, least_s, strict=True):
        way = access_path(evidence.plan.target, path.operation)
        told = ("> " if path.censored else "") + measured(path.rto_s, "s")
        yield word("rto_of", language, operation=path.operation, way=way), _with_least(told, path.rto_s, at_least_s, language)
    first = measured(recovery.rto_first_s, "s")
    yield word("first", language), _or_why(first, recovery.reasons.get("rto_first_s", ""), language)
    yield word("zero_error", language), measured(error_s, "s")


def _least_s(path: Path, without: Path, error_s: float) -> float:
    """What is left of a path's RTO without the generator's own delay, if the fault took hold as late as it can have."""
    rto_s = path.rto_s or 0.0
    quick_s = rto_s if without.rto_s is None or without.censored else min(rto_s, without.rto_s)
    return max(0.0, quick_s - error_s)


def _with_least(told: str, value: float | None, least_s: float, language: Language) -> str:
    return told if value is None else word("at_least", language, value=told, shortest=measured(least_s, "s"))


def _redundancy(evidence: Evidence, recovery: Recovery, language: Language) -> Iterator[Figure]:
    """How long it was missing in all; nothing where the system lost none, or does not tell."""
    loss = loss_of_redundancy(recovery.strike, evidence.of_kind(*LOST, SystemRedundant, SystemRejoined))
    if loss is not None:
        missing = "–" if loss.back_s is None else measured(loss.back_s - loss.lost_s, "s")
        yield word("without_redundancy", language), missing


def _retries(evidence: Evidence, recovery: Recovery, language: Language) -> Iterator[Figure]:
    for key, measure in (("retries_during", retries_during), ("retries_after", retries_after)):
        try:
            yield word(key, language), number(measure(recovery.strike, evidence), 2)
        except NoEvidence as error:
            yield word(key, language), _or_why("–", str(error), language)


def _loss(recovery: Recovery, language: Language) -> Iterator[Figure]:
    loss, lost = recovery.loss, number(recovery.loss.rpo_operations)
    yield word("rpo_operations", language), _or_why(lost, recovery.reasons.get("rpo_operations", ""), language)
    lag = _or_why(measured(recovery.lag_claimed_ms, "ms"), recovery.reasons.get("lag_claimed_ms", ""), language)
    yield word("lag", language), f"{lag} / {lost}"
    yield word("rpo_s", language), measured(loss.rpo_s, "s")
    yield word("rpo_fen", language), yuan(loss.rpo_fen)
    yield word("unknown", language), f"{number(loss.unknown_present)} / {number(loss.unknown_absent)}"
    yield word("duplicates", language), number(loss.duplicates)


def _two_writers(evidence: Evidence, recovery: Recovery, language: Language) -> str:
    """The longest time with two that began between this strike and the next."""
    strike = recovery.strike
    try:
        spans = [span for span in by_either(evidence) if (strike.zero_s or 0.0) <= span.from_s < strike.next_zero_s]
    except NoEvidence as error:
        return _or_why("–", str(error), language)
    longest = max(spans, key=lambda span: span.lasts_s, default=None)
    return "0 s" if longest is None else f"{measured(longest.lasts_s, 's')} ({tell(str(longest), language)})"


def _taken_back(evidence: Evidence, recovery: Recovery, language: Language) -> str:
    """Whether the clean-up worked, which is apart from whether the system recovered; a dash where nobody tells."""
    strike = recovery.strike
    match taken_back(strike, evidence.events):
        case None:
            return "–"
        case False:
            return f"{word('no', language)}: {tell(strike.not_undone, language)}"
        case True:
            after_s = (strike.undone_s or 0.0) - (strike.zero_s or 0.0)
            return word("taken_back_after", language, seconds=number(after_s))


def _or_why(value: str, reason: str, language: Language) -> str:
    """Where there is none, why."""
    return f"– ({tell(reason, language)})" if value == "–" and reason else value
