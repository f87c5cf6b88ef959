"""Small pieces of HTML, every text escaped."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from reports.finding import Finding, Status, severity
from reports.formatting import measured, number
from reports.languages import HTML_NAMES, Language
from reports.languages.telling import in_language
from reports.output.charts.canvas import Chart
from scenarios.harmless import harmless

_SIGNS = {"<=": "≤", ">=": "≥", "==": "="}
_MEASURES = ("s", "ms", "min", "ratio", "/s", "fen")
_CSS = [Path(__file__).with_name(name) for name in ("page.css", "print.css")]  # the latter has the last word


def text(value: object) -> str:
    """Any value as text of the page."""
    return escape(harmless(value))


def chip(status: Status) -> str:
    """A finding's status."""
    return f'<span class="chip {status.lower()}">{status}</span>'


def named(value: object) -> str:
    """A name that somebody gave: it is the same in every language."""
    return f'<span translate="no">{text(value)}</span>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int] = (), css: str = "") -> str:
    """A table from cells that are HTML already; the columns in `numbers` stand to the right."""
    right = set(numbers)

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(f"<{tag}{' class=n' if column in right else ''}>{cell}</{tag}>" for column, cell in enumerate(row))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="scroll"><table class="{css}"><thead><tr>{cells("th", head)}</tr></thead><tbody>{body}</tbody></table></div>'


def figure(chart: Chart | None, caption: str = "") -> str:
    """A chart with its caption; nothing where there is no chart."""
    if chart is None:
        return ""
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure><div class="scroll chart">{chart.inline}</div>{below}</figure>'


def findings_table(findings: Iterable[Finding]) -> str:
    """Findings with what was measured and what is allowed, those that weigh most first."""
    rows = (
        (_name(finding), text(figure_of(finding)), text(limit(finding)), detail(finding), chip(finding.status))
        for finding in sorted(findings, key=severity)
    )
    return table(("Finding", "Measured", "Limit", "What was found", ""), rows, numbers=(1, 2), css="findings")


def _name(finding: Finding) -> str:
    if finding.id.startswith("gate: "):
        return f"<b>{named(finding.id.removeprefix('gate: '))}</b>"
    return f"<b>{text(finding.title)}</b><small>{named(finding.id)}</small>"


def figure_of(finding: Finding) -> str:
    """What was measured."""
    return f"{'> ' if finding.censored else ''}{measured(finding.measured, finding.unit)}"


def limit(finding: Finding) -> str:
    """What is allowed."""
    if finding.limit is None:
        return "–"
    figure = measured(finding.limit, finding.unit) if finding.unit in _MEASURES else number(finding.limit)
    return f"{_SIGNS.get(finding.sign, finding.sign)} {figure}"


def detail(finding: Finding) -> str:
    """The sentence, the offenders, and what else must be known."""
    parts = [text(without_name(finding))]
    if finding.evidence and finding.status is not Status.PASS:
        parts.append("<ul>" + "".join(f"<li>{text(line)}</li>" for line in finding.evidence) + "</ul>")
    if finding.tainted_by:
        parts.append(f'<em class="taint">tainted by {text(", ".join(finding.tainted_by))}</em>')
    if finding.waived:
        parts.append(f'<em class="waiver">waived: {named(finding.waived)}</em>')
    return "".join(parts)


def without_name(finding: Finding) -> str:
    """Its sentence, where its name stands before it anyway."""
    return finding.detail.removeprefix(f"{finding.id.removeprefix('gate: ')}: ")


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values, side by side; both HTML already."""
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in pairs) + "</dl>"


def document(word: Status, of_what: str, body: str, language: Language = "en") -> str:
    """A page in a language, about what came to that word; nothing is loaded from anywhere, light and dark as the reader's system is."""
    style = "".join(sheet.read_text("utf-8") for sheet in _CSS)
    whole = (
        f'<!doctype html>\n<html lang="{HTML_NAMES[language]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{word}: {text(of_what)} · Stormdrill</title>'
        f'<style>{style}</style></head>\n<body class="{word.lower()}"><main>\n{body}\n</main></body></html>\n'
    )
    return in_language(whole, language)
