"""`report.html`: one file, nothing loaded from anywhere, light and dark as the reader's system is."""

from pathlib import Path

from reports.output.html import text
from reports.output.report import Report
from scenarios.plugins import SECTION, modules

_CSS = Path(__file__).with_name("page.css")


def page(report: Report) -> str:
    """The whole page: the sections of `reports/output/sections` by their order."""
    sections = sorted((module for _, module in modules(SECTION)), key=lambda module: (module.ORDER, module.__name__))
    body = "\n".join(_wrapped(module.__name__.rpartition(".")[2], module.TITLE, module.section(report)) for module in sections)
    plan = report.evidence.plan
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{report.word}: {text(plan.scenario.name)} · Stormdrill</title>"
        f'<style>{_CSS.read_text("utf-8")}</style></head>\n<body class="{report.word.lower()}"><main>\n{body}\n</main></body></html>\n'
    )


def _wrapped(name: str, title: str, html: str) -> str:
    """A section under its title; none where it has nothing to say."""
    if not html:
        return ""
    heading = f"<h2>{title}</h2>" if title else ""
    return f'<section id="{text(name)}">{heading}{html}</section>'
