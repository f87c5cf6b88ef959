"""What a file or a service has sent does nothing in what is rendered: every document stays well-formed, and shows it as text."""

import unicodedata
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from handmade import Story
from handmade_stories import healthy, rendered
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports.evidence import Evidence, read_evidence
from reports.finding import Finding, Kind, Status
from reports.output.charts.canvas import finished, sheet
from reports.output.html import findings_table
from reports.output.junit import junit
from reports.output.markdown import markdown
from reports.output.report import Report
from scenarios.harmless import harmless
from scenarios.run.event_kinds import GateBreached, LoadLost, RunInterrupted

EVIL = "\x1b[2J\x00\u202egnp\u2066\x85\n# x\n|a|`$b_{$` <script>alert(1)</script> &amp; ]]> [x](http://e.example) \"' --> \ud800"
nasty = st.lists(st.sampled_from([EVIL, *EVIL.split(" ")]) | st.text(max_size=4), max_size=4).map("".join)
findings = st.builds(
    Finding,
    id=nasty,
    status=st.sampled_from(Status),
    measured=st.none() | st.floats(0, 1e6),
    limit=st.none() | st.integers(0, 9),
    unit=st.sampled_from(["", "s", "ms", "operations"]),
    detail=nasty,
    evidence=st.lists(nasty, max_size=2).map(tuple),
    title=nasty,
    kind=st.sampled_from(Kind),
    tainted_by=st.lists(nasty, max_size=2).map(tuple),
    waived=nasty,
)


@cache
def evidence() -> Evidence:
    """That of a run whose own texts are nasty, read once."""
    with TemporaryDirectory() as folder:
        story = healthy(Path(folder) / "run")
        story.scenario["waive"] = [{"check": "red-packet-pool", "reason": EVIL.replace("\ud800", "")}]
        return read_evidence(story.write())


@given(st.lists(findings, max_size=3))
def test_junit_is_xml_and_says_what_was_said(said: list[Finding]) -> None:
    """Names and messages are the finding's, made harmless."""
    suite = ET.fromstring(junit(Report(evidence(), said)))[0]  # noqa: S314 - our own
    assert [case.attrib["name"] for case in suite] == [harmless(finding.id) for finding in said]


@given(st.lists(findings, max_size=3))
def test_markdown_has_the_shape_that_it_has_without(said: list[Finding]) -> None:
    """No finding ends its line, opens a heading, a table, a link or a tag, or changes how many columns there are."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens, plain = (parser.parse(markdown(Report(evidence(), findings))) for findings in (said, []))
    headings = [following.content for token, following in pairwise(tokens) if token.type == "heading_open"]
    assert headings[0].startswith(("✅", "❌", "⚠️", "➖"))
    assert set(headings[1:]) <= {"What does not hold", "Gates"}
    gates = sum(finding.kind in (Kind.GATE, Kind.RECOVERY) for finding in said)
    assert [token.type for token in tokens].count("tr_open") == [token.type for token in plain].count("tr_open") + (gates and 1 + gates)
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "text_special", "strong_open", "strong_close", "softbreak"}
    assert {token.type for token in tokens} & {"code_block", "fence", "html_block", "blockquote_open", "ordered_list_open"} == set()


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert {name for name, _ in attrs} <= {"class", "translate"}

    def handle_data(self, data: str) -> None:
        self.text += data


@given(findings)
def test_the_page_shows_it_as_text(finding: Finding) -> None:
    """No tag comes of it, and all of it can be read."""
    parser = _Tags()
    parser.feed(findings_table([finding]))
    parser.close()
    assert set(parser.tags) <= {"div", "table", "thead", "tbody", "tr", "th", "td", "b", "small", "ul", "li", "em", "span"}
    assert harmless(finding.detail).removeprefix(harmless(finding.id) + ": ") in parser.text


@given(nasty, nasty)
def test_a_chart_is_svg_whatever_is_written_in_it(name: str, label: str) -> None:
    """No formula is made of it, and its name is that of no other file."""
    with sheet("x", 300, 100) as figure:
        figure.text(0.1, 0.5, label)
        chart = finished(f"pulse-{name}", label, figure)
    root = ET.fromstring(chart.svg.encode())  # noqa: S314 - our own
    assert "".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")).strip() == harmless(label).strip()
    assert chart.name.isascii()
    assert not set(chart.name) & set("/\\. \0")
    _Tags.feed(parser := HTMLParser(), chart.inline)
    assert parser.rawdata == ""


def test_a_whole_run_of_nasty_words_is_rendered_without_one_that_acts(tmp_path: Path) -> None:
    """Hosts, reasons, causes and gates as another machine's or another hand's events have them."""
    story: Story = healthy(tmp_path / "run")
    evil = EVIL.replace("\ud800", "")
    story.scenario["describe"] = story.target["describe"] = "<b>|`\u202e$x$"
    story.tell("door", 3.0, LoadLost(process="load-0", host=evil, reason=evil))
    story.tell("door", 4.0, GateBreached(gate=evil, measured=0.8, from_s=1.0, to_s=2.0))
    story.tell("door", 5.0, RunInterrupted(reason=evil))
    folder = rendered(story)
    for path in [*folder.glob("*.html"), *folder.glob("*.md"), *folder.glob("*.xml"), *(folder / "charts").iterdir()]:
        text = path.read_text("utf-8")
        acting = {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}
        assert acting == set(), f"{path.name}: {acting}"
        assert path.suffix == ".md" or "<script" not in text
        if path.suffix in (".xml", ".svg"):
            ET.fromstring(text)  # noqa: S314 - our own
