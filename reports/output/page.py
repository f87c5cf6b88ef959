"""`report.html`: one file, nothing loaded from anywhere, light and dark as the reader's system is."""

from dataclasses import dataclass
from types import ModuleType

from reports.output.html import document, text
from reports.output.report import Report
from scenarios.plugins import SECTION, modules
from scenarios.plugins.failures import RAISED, failure_of
from scenarios.run.event_kinds import PluginFailed


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page, and what sections raised."""

    html: str
    broken: tuple[PluginFailed, ...]


def page(report: Report) -> Page:
    """The sections of `reports/output/sections` by their order; in place of one that raises stands what it raised."""
    sections = sorted(modules(SECTION), key=lambda named: (named[1].ORDER, named[0]))
    drawn = [(name, module.TITLE, _drawn(name, module, report)) for name, module in sections]
    body = "\n".join(_wrapped(name.replace("-", "_"), title, _shown(what)) for name, title, what in drawn)
    return Page(
        document(report.word, report.evidence.plan.scenario.name, body),
        tuple(what for _, _, what in drawn if isinstance(what, PluginFailed)),
    )


def _drawn(name: str, section: ModuleType, report: Report) -> str | PluginFailed:
    try:
        html = section.section(report)
        return html if isinstance(html, str) else _refused(html)
    except RAISED as error:
        return failure_of(SECTION, name, error)


def _refused(gave: object) -> str:
    raise TypeError(f"it gave {gave!r}; allowed: HTML as a text, empty for none")


def _shown(what: str | PluginFailed) -> str:
    return what if isinstance(what, str) else f'<p><em class="taint">{text(what)}</em></p>'


def _wrapped(name: str, title: str, html: str) -> str:
    """A section under its title; none where it has nothing to say."""
    if not html:
        return ""
    heading = f"<h2>{title}</h2>" if title else ""
    return f'<section id="{text(name)}">{heading}{html}</section>'
