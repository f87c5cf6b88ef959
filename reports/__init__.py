"""What it meant: measures, checks, verdict, pictures. Never talks to the target.

`conclude_run`, `judge_run` and `render_run` are the whole of it for callers. What they need (pandas, matplotlib) is imported when they
are called.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.errors import BadInput

if TYPE_CHECKING:
    from reports.judge.judged_run import JudgedRun
    from reports.output.rendering import Written


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to "may we launch?"."""

    word: str  # PASS, FAIL or INVALID
    exit_code: int  # 0, 1 or 2
    sentence: str  # why
    folder: Path  # the run


def conclude_run(folder: Path) -> Verdict:
    """Ends a rehearsal: judges its run and renders its report, from one reading of its folder, the verdict first.

    What a section of the report raises becomes an event of the run, which is then judged and rendered once more. Call it once.

    Raises:
        BadInput: it is no run folder, or of another format, or nothing can be written there.
    """
    run = _judged(folder)
    verdict = _write_verdict(folder, run)
    broken = _write_report(folder, run).broken
    if broken:
        from reports.output.rendering import note_failures  # noqa: PLC0415 - matplotlib is slow to import

        note_failures(folder, broken)
        run = _judged(folder)
        verdict = _write_verdict(folder, run)
        _write_report(folder, run)
    return verdict


def judge_run(folder: Path) -> Verdict:
    """Judges a run folder from its records alone: writes `findings.json` and `verdict.json`, the same bytes every time.

    Raises:
        BadInput: it is no run folder, or of another format, or nothing can be written there.
    """
    return _write_verdict(folder, _judged(folder))


def render_run(folder: Path) -> Path:
    """Writes `report.html`, `summary.md`, `junit.xml` and `charts/*.svg` from a run's records alone, and gives the report's path.

    Raises:
        BadInput: it is no run folder, of another format, or cannot be written to; or a section raised, and everything else is written.
    """
    written = _write_report(folder, _judged(folder))
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


def _write_report(folder: Path, run: "JudgedRun") -> "Written":
    from reports.output.rendering import write_report  # noqa: PLC0415 - as above

    with _told_where(folder):
        return write_report(folder, run)


@contextmanager
def _told_where(folder: Path) -> Iterator[None]:
    """Raises BadInput, with the file's name, where something cannot be written into a run's folder."""
    try:
        yield
    except OSError as error:
        path = error.filename2 or error.filename or folder
        raise BadInput(f"cannot be written: {(error.strerror or type(error).__name__).lower()}", path=path) from None
