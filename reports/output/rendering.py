"""Writes all that people and pipelines read of a judged run."""

from pathlib import Path

from reports.judge.judged_run import JudgedRun
from reports.output.junit import junit
from reports.output.markdown import markdown
from reports.output.page import page
from reports.output.report import Report
from scenarios.run.folder import write_whole


def write_report(folder: Path, run: JudgedRun) -> Path:
    """Writes `report.html`, `summary.md`, `junit.xml` and `charts/*.svg`; gives the report's path."""
    report = Report(run.evidence, run.findings)
    (folder / "charts").mkdir(exist_ok=True)
    for chart in report.charts.values():
        write_whole(folder / "charts" / f"{chart.name}.svg", chart.svg.encode())
    write_whole(folder / "summary.md", markdown(report).encode())
    write_whole(folder / "junit.xml", junit(report))
    write_whole(folder / "report.html", page(report).encode())
    return folder / "report.html"
