"""`report.html`: one file, nothing loaded from anywhere, light and dark as the reader's system is."""

from dataclasses import dataclass
from itertools import groupby
from types import ModuleType

from reports.languages import Language
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


def page(report: Report, language: Language = "en") -> Page:
    """The sections of `reports/output/sections` by their order; in place of one that raises stands what it raised. In a language."""
    sections = sorted(modules(SECTION), key=lambda named: (named[1].ORDER, named[0]))
    drawn = [_Drawn(name.replace("-", "_"), module, _drawn(name, module, report)) for name, module in sections]
    return Page(
        document(report.word, report.evidence.plan.scenario.name, _body(drawn), language),
        tuple(one.what for one in drawn if isinstance(one.what, PluginFailed)),
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A section, and what it gave."""

    id: str
    module: ModuleType
    what: str | PluginFailed

    @property
    def half(self) -> bool:
        """Whether half of the page's width is enough for it."""
        return getattr(self.module, "HALF", False) is True

    @property
    def html(self) -> str:
        """The section under its title; none where it has nothing to say."""
        html = _shown(self.what)
        if not html:
            return ""
        heading = f"<h2>{self.module.TITLE}</h2>" if self.module.TITLE else ""
        return f'<section id="{text(self.id)}"{" class=half" if self.half else ""}>{heading}{html}</section>'


def _body(drawn: list[_Drawn]) -> str:
    """Sections below each other; those that follow each other and need half of the width stand abreast."""
    rows = []
    for half, run in groupby((one for one in drawn if one.html), key=lambda one: one.half):
        html = "\n".join(one.html for one in run)
        rows.append(f'<div class="abreast">{html}</div>' if half else html)
    return "\n".join(rows)


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
