"""Writes all that people and pipelines read of a judged run."""

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reports.evidence import Evidence
from reports.judge.judged_run import JudgedRun
from reports.languages import Language
from reports.languages.telling import in_language
from reports.output.junit import junit
from reports.output.markdown import markdown
from reports.output.page import page
from reports.output.report import Report
from scenarios.run.event_kinds import PluginFailed
from scenarios.run.folder import open_run, write_whole


@dataclass(frozen=True, slots=True)
class Written:
    """A report that is written."""

    path: Path
    broken: tuple[PluginFailed, ...]  # what its sections raised


def write_report(folder: Path, run: JudgedRun, language: Language = "en", baseline: Evidence | None = None) -> Written:
    """Writes `report.html` and `charts/*.svg` in a language, and, for pipelines always in English, `summary.md` and `junit.xml`."""
    report = Report(run.evidence, run.findings, baseline)
    (folder / "charts").mkdir(exist_ok=True)
    for chart in report.charts.values():
        write_whole(folder / "charts" / f"{chart.name}.svg", in_language(chart.svg, language).encode())
    write_whole(folder / "summary.md", markdown(report).encode())
    write_whole(folder / "junit.xml", junit(report))
    drawn = page(report, language)
    write_whole(folder / "report.html", drawn.html.encode())
    return Written(folder / "report.html", drawn.broken)


def note_failures(folder: Path, failures: Iterable[PluginFailed]) -> None:
    """Makes what sections raised part of the run's evidence, so that whoever judges it later comes to the same word."""
    run = open_run(folder)
    with closing(run.event_writer("report", run.plan().t0_monotonic_ns)) as events:
        for failure in failures:
            events.write(failure, time.monotonic_ns())
