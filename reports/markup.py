"""Small pieces of HTML, every text escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from reports.finding import Finding, Status
from reports.pictures.canvas import Chart
from reports.wording import measured

_SIGNS = {"<=": "≤", ">=": "≥", "==": "="}
_UPPER = ("<=", "<")


def text(value: object) -> str:
    """Any value as text of the page."""
    return escape(str(value))


def chip(status: Status) -> str:
    """A finding's status."""
    return f'<span class="chip {status.lower()}">{status}</span>'


def second(chinese: str) -> str:
    """A term's Chinese name, in the second line of a label."""
    return f' <span class="zh" lang="zh-Hans">{text(chinese)}</span>'


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
    """Findings with what was measured and what is allowed."""
    return table(
        ("Finding", "Measured", "Limit", "What was found", ""),
        (
            (
                f"<b>{text(finding.title if finding.id == finding.check else finding.id.removeprefix('gate: '))}</b>"
                f"<small>{text(finding.id)}</small>"
                if finding.id == finding.check
                else f"<b>{text(finding.id.removeprefix('gate: '))}</b>",
                text(measured(finding.measured, finding.unit)),
                text(limit(finding)),
                detail(finding),
                chip(finding.status),
            )
            for finding in findings
        ),
        numbers=(1, 2),
        css="findings",
    )


def limit(finding: Finding) -> str:
    """What is allowed."""
    if finding.limit is None:
        return "–"
    return f"{_SIGNS.get(finding.sign, finding.sign)} {measured(finding.limit, finding.unit)}"


def detail(finding: Finding) -> str:
    """The sentence, the offenders, and what else must be known."""
    parts = [text(finding.detail)]
    if finding.evidence and finding.status is not Status.PASS:
        parts.append("<ul>" + "".join(f"<li>{text(line)}</li>" for line in finding.evidence) + "</ul>")
    if finding.tainted_by:
        parts.append(f'<em class="taint">tainted by {text(", ".join(finding.tainted_by))}</em>')
    if finding.waived:
        parts.append(f'<em class="waiver">waived: {text(finding.waived)}</em>')
    return "".join(parts)


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values, side by side; both HTML already."""
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in pairs) + "</dl>"
