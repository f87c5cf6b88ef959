"""What it meant: measures, checks, verdict, pictures. Never talks to the target.

`judge_run` and `render_run` are the whole of it for callers. What they need (pandas, matplotlib) is imported when they are called.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to "may we launch?"."""

    word: str  # PASS, FAIL or INVALID
    exit_code: int  # 0, 1 or 2
    sentence: str  # why
    folder: Path  # the run


def judge_run(folder: Path) -> Verdict:
    """Judges a run folder from its records alone: writes `findings.json` and `verdict.json`, the same bytes every time.

    Raises:
        BadInput: it is no run folder, or of another format.
    """
    from reports.evidence import read_evidence  # noqa: PLC0415 - pandas is slow to import
    from reports.finding import EXIT_CODES, merge  # noqa: PLC0415 - as above
    from reports.judge.check_runner import findings  # noqa: PLC0415 - as above
    from reports.judge.verdict_json import findings_bytes, sentence, verdict_bytes  # noqa: PLC0415 - as above
    from scenarios.run.folder import write_whole  # noqa: PLC0415 - as above

    evidence = read_evidence(folder)
    said = findings(evidence)
    write_whole(folder / "findings.json", findings_bytes(said))
    write_whole(folder / "verdict.json", verdict_bytes(evidence, said))
    word = merge(said)
    return Verdict(word.value, EXIT_CODES[word], sentence(said), folder)


def render_run(folder: Path) -> Path:
    """Writes `report.html`, `summary.md`, `junit.xml` and `charts/*.svg` from a run's records alone, and gives the report's path.

    Raises:
        BadInput: it is no run folder, or of another format.
    """
    from reports.evidence import read_evidence  # noqa: PLC0415 - pandas and matplotlib are slow to import
    from reports.judge.check_runner import findings  # noqa: PLC0415 - as above
    from reports.output.page import page  # noqa: PLC0415 - as above
    from reports.output.report import Report  # noqa: PLC0415 - as above
    from reports.output.summary import junit, summary  # noqa: PLC0415 - as above
    from scenarios.run.folder import write_whole  # noqa: PLC0415 - as above

    evidence = read_evidence(folder)
    report = Report(evidence, findings(evidence))
    (folder / "charts").mkdir(exist_ok=True)
    for chart in report.charts.values():
        write_whole(folder / "charts" / f"{chart.name}.svg", chart.svg.encode())
    write_whole(folder / "summary.md", summary(report).encode())
    write_whole(folder / "junit.xml", junit(report))
    write_whole(folder / "report.html", page(report).encode())
    return folder / "report.html"
