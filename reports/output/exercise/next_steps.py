"""What an exercise leaves to do, by its findings and figures."""

from collections.abc import Iterator

from reports.finding import Status, severity
from reports.formatting import number
from reports.judge.judged_run import JudgedRun
from reports.languages import Language
from reports.languages.telling import tell
from reports.measures.failover_split import NO_SURPRISE, NONE_LOST
from reports.measures.recovery import Recovery
from reports.output.exercise.words import word

_STEPS = ("detection", "decision", "failover", "redundancy")


def next_steps(run: JudgedRun, language: Language) -> list[str]:
    """Sentences, what weighs most first: what to do by hand, to prove again, to make hold. Only a run that passed can leave nothing."""
    return list(_steps(run, language)) or [word("nothing" if run.word is Status.PASS else "repeat", language, what=run.sentence)]


def _steps(run: JudgedRun, language: Language) -> Iterator[str]:
    broken = {f"{strike.id}: {strike.not_undone}": strike for strike in run.evidence.strikes if strike.not_undone}
    for strike in broken.values():
        yield word("by_hand", language, drill=strike.id, what=tell(strike.not_undone, language))
    by_weight = sorted(run.findings, key=severity)
    doubts = [finding for finding in by_weight if finding.status is Status.INVALID]
    for finding in doubts[:1]:
        yield word("repeat", language, what=tell(finding.detail, language))
    for finding in by_weight:
        if finding.status is Status.FAIL and finding.detail not in broken:
            yield word("make_hold", language, what=tell(finding.detail, language))
    for recovery in run.evidence.recoveries:
        yield from _of_strike(recovery, language)


def _of_strike(recovery: Recovery, language: Language) -> Iterator[str]:
    loss, drill = recovery.loss, recovery.id
    known = {name: step for name in _STEPS[:3] if (step := getattr(recovery, f"{name}_s")) is not None}
    if recovery.rto_censored or (recovery.rto_s or 0.0) > recovery.strike.drill.deadline:
        yield word("over", language, drill=drill)
        if known:
            longest = max(known, key=known.__getitem__)
            yield word("longest", language, drill=drill, step=word(longest, language).lower(), seconds=number(known[longest], 2))
    if loss.rpo_operations:
        yield word("lost", language, drill=drill, count=f"{loss.rpo_operations:,}")
    if unknown := (loss.unknown_present or 0) + (loss.unknown_absent or 0):
        yield word("ask_again", language, drill=drill, count=f"{unknown:,}")
    missing = [name for name in _STEPS if getattr(recovery, f"{name}_s") is None and not _needless(recovery, name)]
    if missing:
        steps = (", " if language == "en" else "、").join(word(name, language).lower() for name in missing)
        yield word("mark_more" if recovery.strike.observed else "tell_more", language, drill=drill, steps=steps)


def _needless(recovery: Recovery, name: str) -> bool:
    """What nobody owes: where the system lost nothing of its redundancy, and where an outage was no surprise."""
    reason = recovery.reasons.get(f"{name}_s")
    return reason in (NO_SURPRISE, NONE_LOST) or (not recovery.strike.observed and recovery.failover_s is None)
