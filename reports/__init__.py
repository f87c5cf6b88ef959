"""What it meant: measures, checks, verdict, pictures. Never talks to the target.

`conclude_run`, `judge_run` and `render_run` are the whole of it for callers. What they need (pandas, matplotlib) is imported when they
are called.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.errors import BadInput

if TYPE_CHECKING:
    from reports.evidence import Evidence
    from reports.judge.judged_run import JudgedRun
    from reports.languages import Language
    from reports.measures.drill_results import DrillResult
    from reports.output.rendering import Written
    from reports.output.series import Series
    from scenarios.plan.policy import FaultDomain, Policy


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to "may we launch?"."""

    word: str  # PASS, FAIL or INVALID
    exit_code: int  # 0, 1 or 2
    sentence: str  # why
    folder: Path  # the run


def conclude_run(folder: Path, language: "Language" = "en") -> Verdict:
    """Ends a rehearsal: judges its run and renders its report in a language, from one reading of its folder, the verdict first.

    What a section of the report raises becomes an event of the run, which is then judged and rendered once more. Call it once.

    Raises:
        BadInput: it is no run folder, or of another format, or nothing can be written there.
    """
    run = _judged(folder)
    verdict = _write_verdict(folder, run)
    broken = _write_report(folder, run, language).broken
    if broken:
        from reports.output.rendering import note_failures  # noqa: PLC0415 - matplotlib is slow to import

        note_failures(folder, broken)
        run = _judged(folder)
        verdict = _write_verdict(folder, run)
        _write_report(folder, run, language)
    return verdict


def judge_run(folder: Path) -> Verdict:
    """Judges a run folder from its records alone: writes `findings.json` and `verdict.json`, the same bytes every time.

    Raises:
        BadInput: it is no run folder, or of another format, or nothing can be written there.
    """
    return _write_verdict(folder, _judged(folder))


def render_run(folder: Path, language: "Language" = "en", baseline: Path | None = None) -> Path:
    """Writes `report.html` and the charts in a language, `summary.md` and `junit.xml` from a run's records, and gives the report's path.

    With the folder of a baseline run the report shows what differs from it.

    Raises:
        BadInput: one is no run folder, of another format, or cannot be written to; they did not have the same load to bear; or a section
            raised, and everything else is written.
    """
    run = _judged(folder)
    written = _write_report(folder, run, language, _comparable(run, baseline) if baseline else None)
    if written.broken:
        raise BadInput(f"{written.broken[0]}; everything else is drawn: {written.path}")
    return written.path


def _judged(folder: Path) -> "JudgedRun":
    from reports.judge.judged_run import judge  # noqa: PLC0415 - pandas is slow to import

    return judge(folder)


def _write_verdict(folder: Path, run: "JudgedRun") -> Verdict:
    from reports.finding import EXIT_CODES  # noqa: PLC0415 - as above
    from reports.judge.judged_run import write_verdict  # noqa: PLC0415 - as above

    with _told_where(folder):
        write_verdict(folder, run)
    return Verdict(run.word.value, EXIT_CODES[run.word], run.sentence, folder)


def _comparable(run: "JudgedRun", baseline: Path) -> "Evidence":
    from reports.evidence import read_evidence  # noqa: PLC0415 - pandas is slow to import
    from reports.measures.baseline import comparable  # noqa: PLC0415 - as above

    before = read_evidence(baseline)
    comparable(run.evidence, before)
    return before


def _write_report(folder: Path, run: "JudgedRun", language: "Language", baseline: "Evidence | None" = None) -> "Written":
    from reports.output.rendering import write_report  # noqa: PLC0415 - as above

    with _told_where(folder):
        return write_report(folder, run, language, baseline)


def write_record(folder: Path, language: "Language") -> tuple[Path, Path]:
    """Writes the exercise record of a run, `exercise-record.md` and `.html`, in `en` or `zh`. Raises BadInput as `render_run`."""
    from reports.output.exercise.record import Record, as_markdown, as_page  # noqa: PLC0415 - pandas is slow to import
    from scenarios.run.folder import Run, write_whole  # noqa: PLC0415 - as above
    from scenarios.run.run_digest import run_digest  # noqa: PLC0415 - as above

    paths = folder / "exercise-record.md", folder / "exercise-record.html"
    with _told_where(folder):
        record = Record(_judged(folder), language, run_digest(Run(folder)))
        for path, made in zip(paths, (as_markdown(record), as_page(record)), strict=True):
            write_whole(path, made.encode())
    return paths


def drill_result(verdict: Verdict, drill: str, domain: "FaultDomain | None") -> "DrillResult":
    """What a drill that ran alone came to, from its run's records. Raises BadInput as `judge_run`."""
    from reports.evidence import read_evidence  # noqa: PLC0415 - as above
    from reports.finding import Status  # noqa: PLC0415 - as above
    from reports.measures.drill_results import DrillResult, figures_of  # noqa: PLC0415 - as above

    figures = figures_of(read_evidence(verdict.folder))
    return DrillResult(drill, domain, Status(verdict.word), verdict.sentence, verdict.folder, figures)


def not_run(drill: str, domain: "FaultDomain | None", reason: str) -> "DrillResult":
    """A drill of a series that was not run, and why."""
    from reports.measures.drill_results import DrillResult  # noqa: PLC0415 - as above

    return DrillResult(drill, domain, sentence=reason)


def broke_down(drill: str, domain: "FaultDomain | None", reason: str) -> "DrillResult":
    """A drill of a series that was to run and came to nothing, or whose run cannot be judged: it proves nothing; the reason says why."""
    from reports.finding import Status  # noqa: PLC0415 - as above
    from reports.measures.drill_results import DrillResult  # noqa: PLC0415 - as above

    return DrillResult(drill, domain, Status.INVALID, reason)


def write_drills(
    folder: Path,
    target: str,
    results: "Sequence[DrillResult]",
    policy: "Policy",
    *,
    judging: bool,
    cut: bool,
    noticed: str | None = None,
    language: "Language" = "en",
) -> "Series":
    """Writes `drills.html`, in a language, and `drills.json` of a series of drills into the folder of its runs.

    `noticed` is by what the target notices a loss. The word is by the policy too where it is `judging`; it is never PASS where the
    series was `cut`.

    Raises:
        BadInput: they cannot be written.
    """
    from reports.output.series import write_series  # noqa: PLC0415 - as above

    with _told_where(folder):
        return write_series(folder, target, results, policy, judging=judging, cut=cut, noticed=noticed, language=language)


@contextmanager
def _told_where(folder: Path) -> Iterator[None]:
    """Raises BadInput, with the file's name, where something cannot be written into a run's folder."""
    try:
        yield
    except OSError as error:
        path = error.filename2 or error.filename or folder
        raise BadInput(f"cannot be written: {(error.strerror or type(error).__name__).lower()}", path=path) from None
