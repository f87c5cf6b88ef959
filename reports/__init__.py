"""What it meant: measures, checks, verdict, pictures. Never talks to the target.

`conclude_run`, `judge_run` and `render_run` are the whole of it for callers. What they need (pandas, matplotlib) is imported when they
are called.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.judge.judged_run import JudgedRun


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to "may we launch?"."""

    word: str  # PASS, FAIL or INVALID
    exit_code: int  # 0, 1 or 2
    sentence: str  # why
    folder: Path  # the run


def conclude_run(folder: Path) -> Verdict:
    """Judges a run and renders its report, from one reading of its folder: what `judge_run` and `render_run` write, the verdict first.

    Raises:
        BadInput: it is no run folder, or of another format.
    """
    run = _judged(folder)
    verdict = _write_verdict(folder, run)
    _write_report(folder, run)
    return verdict


def judge_run(folder: Path) -> Verdict:
    """Judges a run folder from its records alone: writes `findings.json` and `verdict.json`, the same bytes every time.

    Raises:
        BadInput: it is no run folder, or of another format.
    """
    return _write_verdict(folder, _judged(folder))


def render_run(folder: Path) -> Path:
    """Writes `report.html`, `summary.md`, `junit.xml` and `charts/*.svg` from a run's records alone, and gives the report's path.

    Raises:
        BadInput: it is no run folder, or of another format.
    """
    return _write_report(folder, _judged(folder))


def _judged(folder: Path) -> "JudgedRun":
    from reports.judge.judged_run import judge  # noqa: PLC0415 - pandas is slow to import

    return judge(folder)


def _write_verdict(folder: Path, run: "JudgedRun") -> Verdict:
    from reports.finding import EXIT_CODES  # noqa: PLC0415 - as above
    from reports.judge.judged_run import write_verdict  # noqa: PLC0415 - as above

    write_verdict(folder, run)
    return Verdict(run.word.value, EXIT_CODES[run.word], run.sentence, folder)


def _write_report(folder: Path, run: "JudgedRun") -> Path:
    from reports.output.rendering import write_report  # noqa: PLC0415 - matplotlib is slow to import

    return write_report(folder, run)
