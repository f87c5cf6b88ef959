"""Several drills, one after the other: a page for people, and the same for pipelines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from reports.finding import EXIT_CODES, Status
from reports.formatting import many
from reports.languages import Language
from reports.measures.drill_results import DrillResult
from reports.measures.policy_rows import DomainRow, policy_rows
from reports.output.drills_page import drills_page
from scenarios.plan.policy import Policy
from scenarios.run.folder import write_whole


@dataclass(frozen=True, slots=True)
class Series:
    """What a series of drills came to."""

    word: str
    exit_code: int
    sentence: str
    results: tuple[DrillResult, ...]
    rows: tuple[DomainRow, ...]  # of the policy, where it judges
    page: Path


def write_series(
    folder: Path,
    target: str,
    results: Sequence[DrillResult],
    policy: Policy,
    *,
    judging: bool,
    cut: bool,
    noticed: str | None = None,
    language: Language = "en",
) -> Series:
    """Writes both, the page in a language; raises OSError.

    A policy that is not `judging` is shown and changes no word; a series that was `cut` proves nothing.
    """
    rows = policy_rows(policy, results)
    word = series_word(results, rows if judging else (), cut=cut)
    sentence = _sentence(results, rows if judging else ())
    told = {
        "verdict": word,
        "exit_code": EXIT_CODES[word],
        "sentence": sentence,
        "target": target,
        "noticed": noticed,
        "policy": policy.name,
        "judged_by_policy": judging,
        "domains": [_row(row) for row in rows],
        "drills": [_result(result) for result in results],
    }
    page = drills_page(target, results, policy, rows, word, sentence, judging=judging, noticed=noticed, language=language)
    write_whole(folder / "drills.json", orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    write_whole(folder / "drills.html", page.encode())
    return Series(word.value, EXIT_CODES[word], sentence, tuple(results), tuple(rows) if judging else (), folder / "drills.html")


def series_word(results: Sequence[DrillResult], rows: Sequence[DomainRow], *, cut: bool) -> Status:
    """The worst of all: FAIL, where a drill or a domain of the policy failed; else INVALID, where one proves nothing or none was run."""
    ran = {result.word for result in results if result.word is not None}
    words = ran | {row.word for row in rows if ran}
    if Status.FAIL in words:
        return Status.FAIL
    return Status.PASS if words == {Status.PASS} and not cut else Status.INVALID


def _sentence(results: Sequence[DrillResult], rows: Sequence[DomainRow]) -> str:
    ran = [result for result in results if result.word is not None]
    passed, left = sum(result.word is Status.PASS for result in ran), len(results) - len(ran)
    told = f"{passed} of {many(len(ran), 'drill')} that ran passed"
    told += f", {many(left, 'drill')} not run" if left else ""
    failed = [row.domain for row in rows if row.word is Status.FAIL]
    unshown = [row.domain for row in rows if row.word is Status.INVALID]
    told += f"; the policy does not hold in: {', '.join(failed)}" if failed else ""
    return told + (f"; it is not known whether it holds in: {', '.join(unshown)}" if unshown else "")


def _row(row: DomainRow) -> Mapping[str, object]:
    return {
        "domain": row.domain,
        "verdict": row.word,
        "holds": row.holds,
        "ran": row.ran,
        "missing": list(row.missing),
        "worst": row.worst or None,
        "why": list(row.why),
    }


def _result(result: DrillResult) -> Mapping[str, object]:
    figures = result.figures
    return {
        "drill": result.drill,
        "domain": result.domain,
        "verdict": result.word,
        "sentence": result.sentence,
        "run": result.folder.name if result.folder else None,
        "rto_s": figures.rto_s,
        "rto_least_s": figures.rto_least_s,
        "rto_censored": figures.rto_censored,
        "zero_error_s": figures.zero_error_s,
        "rpo_operations": figures.rpo_operations,
        "rpo_s": figures.rpo_s,
        "rpo_fen": figures.rpo_fen,
        "detection_s": figures.detection_s,
        "redundancy_s": figures.redundancy_s,
        "redundancy_censored": figures.redundancy_censored,
        "error_ratio": figures.error_ratio,
        "shed_ratio": figures.shed_ratio,
        "injections": [{"fault": one.fault, "target": one.target, "effect_s": one.effect_s} for one in figures.injections],
    }
