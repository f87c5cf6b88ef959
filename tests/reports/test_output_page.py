"""The page: whole, self-contained, the same bytes every time, and true to the verdict."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import orjson
import pytest
from handmade import Story
from handmade_plan import UNKNOWN
from handmade_stories import healthy, lost, rendered, rescued

import reports
from reports.formatting import yuan
from scenarios.plugins import SECTION, modules
from scenarios.run.event_kinds import GateBreached, RunInterrupted

VOID = {"meta", "br", "img", "link", "hr", "input"}


STORIES = {"healthy": healthy, "lost": lost}


def test_rendering_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Charts, page and all."""
    folder = rendered(lost(tmp_path / "run"))
    names = ["report.html", "summary.md", "junit.xml", *(f"charts/{path.name}" for path in (folder / "charts").iterdir())]
    first = {name: (folder / name).read_bytes() for name in names}
    reports.render_run(folder)
    assert first == {name: (folder / name).read_bytes() for name in names}
    assert {"charts/timeline.svg", "charts/heatmap.svg", "charts/burndown.svg", "charts/pulse-primary-kill.svg"} <= set(names)


def test_what_stopped_the_run_is_seen_in_the_timeline(tmp_path: Path) -> None:
    """FAIL by that gate, whole as far as it went: its rates are those of the time it lasted, and the chart shows when and why."""
    story = Story(tmp_path / "run")
    story.scenario["gates"] = ["error ratio <= 5 % abort after 4 s", "tps >= 18/s"]
    story.probes()
    story.crowd(0, 20)
    story.beat(0, 24)
    story.crowd(20, 24, UNKNOWN, 900)
    story.tell("door", 24.2, GateBreached(gate=str(story.scenario["gates"][0]), measured=0.8, from_s=20.0, to_s=24.0))  # type: ignore[index]  # a list
    folder = rendered(story)
    verdict = orjson.loads((folder / "verdict.json").read_bytes())
    found = {finding["id"]: finding for finding in verdict["findings"]}
    assert verdict["verdict"] == "FAIL"
    assert found["whole-run"]["detail"] == "a gate stopped the run"
    assert "80 % from 20.0 to 24.0 s, which stopped the run at 24.2 s" in found["gate: error ratio <= 5 % abort after 4 s"]["detail"]
    assert found["gate: tps >= 18/s"]["measured"] == pytest.approx(201 / 24.2, abs=0.01)
    assert "broken until stopped: error ratio &lt;= 5 % abort after 4 s" in (folder / "charts" / "timeline.svg").read_text("utf-8")
    assert "A gate stopped the run at 24.2 s: error ratio &lt;= 5 %" in (folder / "report.html").read_text("utf-8")


def test_names_of_phases_do_not_run_into_each_other(tmp_path: Path) -> None:
    """Where a phase has no room for its name it is cut, and where hardly any it is left out."""
    story = healthy(tmp_path / "run")
    lasts = {"long": 50, "three-quarters": 3, "blink": 1, "rest": 6}
    story.scenario["phases"] = [{"name": name, "lasts": lasts_s, "arrivals": 10} for name, lasts_s in lasts.items()]
    chart = (rendered(story) / "charts" / "timeline.svg").read_text("utf-8")
    assert [name for name in (*lasts, "three-…") if f">{name}<" in chart] == ["long", "rest", "three-…"]


def test_what_the_page_styles_by_name_is_there(tmp_path: Path) -> None:
    """No rule for a section that is called otherwise by now."""
    page = (rendered(rescued(tmp_path / "run")) / "report.html").read_text("utf-8")
    styled = set(re.findall(r"#([a-z][\w-]*)\s*[,{. ]", re.sub(r"#[0-9a-f]{3,6}\b(?=[;\s}])", "", page.partition("</style>")[0])))
    assert styled
    assert styled <= set(re.findall(r'id="([\w-]+)"', page))


class Strict(HTMLParser):
    """Notices what is opened and never closed, and what stands twice."""

    def __init__(self) -> None:
        """Nothing open."""
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens."""
        if tag not in VOID:
            self.open.append(tag)
        self._note(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens and closes."""
        del tag
        self._note(attrs)

    def _note(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href"):
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        """Closes the last one opened."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", STORIES)
def test_the_page_is_whole_and_loads_nothing(tmp_path: Path, name: str) -> None:
    """Tags match, ids are unique, and no address leads out of the file."""
    page = (rendered(STORIES[name](tmp_path / "run")) / "report.html").read_text("utf-8")
    parser = Strict()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert all(link.startswith(("#", "data:")) for link in parser.links)
    outside = set(re.findall(r"https?://[^\"' <)]+", page)) - {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert outside == set()
    assert "<script" not in page
    assert "prefers-color-scheme: dark" in page
    assert {reference[1:] for reference in parser.links if reference.startswith("#")} <= set(parser.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(parser.ids)


def test_every_colour_of_a_chart_follows_the_page(tmp_path: Path) -> None:
    """No colour of the light page is left in the charts of the report: the dark one would not change it."""
    page = (rendered(lost(tmp_path / "run")) / "report.html").read_text("utf-8")
    charts = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    charts = re.sub(r"data:image/png;base64,[^\"]*", "", charts)
    assert re.findall(r"#[0-9a-f]{6}\b", charts) == []


def test_the_page_says_the_word_why_and_each_finding(tmp_path: Path) -> None:
    """Nothing of the verdict is missing from the page."""
    folder = rendered(lost(tmp_path / "run"))
    page = (folder / "report.html").read_text("utf-8")
    verdict = orjson.loads((folder / "verdict.json").read_bytes())
    assert f"<h1>{verdict['verdict']}" in page
    assert "Do not launch" in page
    for finding in verdict["findings"]:
        assert finding["id"].removeprefix("gate: ").replace("<", "&lt;").replace(">", "&gt;") in page
    assert "¥124.45" in page


def test_outcomes_that_nobody_had_are_no_columns(tmp_path: Path) -> None:
    """What some had is one, for every operation; success is always."""
    page = (rendered(rescued(tmp_path / "run")) / "report.html").read_text("utf-8")
    head = re.findall(r"<th[^>]*>([a-z]+)</th>", page.partition('id="operations"')[2].partition("</thead>")[0])
    counted = {label for label in ("refusal", "challenge", "shed", "failure", "unknown") if label in head}
    assert "success" in head
    assert counted
    assert "challenge" not in counted


def test_money_that_was_taken_out_has_its_sign_before_the_unit() -> None:
    """As a reserve of which some was released."""
    assert [yuan(fen) for fen in (-8000, 0, 1234567, None)] == ["−¥80.00", "¥0.00", "¥12,345.67", "–"]


def test_texts_of_the_run_cannot_break_out_of_the_page(tmp_path: Path) -> None:
    """Business keys and reasons come from outside."""
    story = rescued(tmp_path / "run")
    story.ask("transfer.submit", 22, effect=False, business="<script>alert(1)</script>")
    story.tell("door", 30, RunInterrupted(reason="<b>&\x00"))
    folder = rendered(story)
    assert "<script" not in (folder / "report.html").read_text("utf-8")
    ET.fromstring((folder / "junit.xml").read_bytes())  # noqa: S314 - our own


@pytest.mark.parametrize("name", ["empty", "no T0", "cut"])
def test_damaged_runs_are_reported_too(tmp_path: Path, name: str) -> None:
    """Whatever is left of a run, its report says what it proves."""
    story = Story(tmp_path / "run") if name == "empty" else rescued(tmp_path / "run")
    if name == "no T0":
        story.t0_wall, story.t0_ns = "", 0
    story.ends = name != "cut"
    folder = rendered(story)
    assert "INVALID" in (folder / "report.html").read_text("utf-8")
    if name == "cut":
        for part in ("samples/load-0.bin", "acks/load-0.bin", "events/door.jsonl"):
            (folder / part).write_bytes((folder / part).read_bytes()[:-13])
        for path in (folder / "readback").iterdir():
            path.unlink()
        reports.judge_run(folder)
        reports.render_run(folder)


@pytest.mark.parametrize("name", [name for name, _ in modules(SECTION)])
def test_every_section_says_what_it_is(name: str) -> None:
    """A section's file has an order, a title and the one function."""
    module = dict(modules(SECTION))[name]
    assert isinstance(module.ORDER, int)
    assert isinstance(module.TITLE, str)
    assert callable(module.section)
    assert module.__doc__


def _rules(page: str, inside: str = "") -> dict[str, str]:
    """The page's rules by selector, those of one @media alone; later ones have the last word."""
    sheet = page.partition("<style>")[2].partition("</style>")[0]
    blocks = re.findall(r"@media ([^{]+?) \{\n(.*?)\n\}", sheet, flags=re.DOTALL)
    text = "\n".join(body for media, body in blocks if media == inside) if inside else re.sub(r"@media .*?\n\}", "", sheet, flags=re.DOTALL)
    found: dict[str, str] = {}
    for selector, rule in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
        for one in selector.split(","):
            found[one.strip()] = found.get(one.strip(), "") + rule
    return found


def test_key_figures_cannot_overflow_their_cards(tmp_path: Path) -> None:
    """A figure's size follows its card's width, and what is longer still breaks anywhere, on paper too."""
    page = (rendered(lost(tmp_path / "run")) / "report.html").read_text("utf-8")
    screen, paper = _rules(page), _rules(page, "print")
    for rules in (screen, paper):
        assert re.search(r"font-size: min\([\d.]+p[xt], [\d.]+cqi\)", rules[".tile .value"])
        assert "nowrap" not in rules[".tile .value"] + rules[".tile"]
    assert {"container-type: inline-size", "overflow-wrap: anywhere", "min-width: 0"} <= set(map(str.strip, screen[".tile"].split(";")))


def test_paper_has_a_layout_of_its_own(tmp_path: Path) -> None:
    """It is neither the phone's, though as narrow, nor dark; rows are not cut, and nothing waits to be scrolled or unfolded."""
    page = (rendered(lost(tmp_path / "run")) / "report.html").read_text("utf-8")
    widths = re.findall(r"@media ([^{]*(?:max-width|prefers-color)[^{]*)\{", page)
    assert widths
    assert all(media.startswith("screen and ") for media in widths)
    paper = _rules(page, "print")
    assert "break-inside: avoid" in paper["tr"] and "break-inside: avoid" in paper["figure"]  # noqa: PT018 - of a kind
    assert "overflow: visible" in paper[".scroll"]
    assert "display: none" in paper["details"]
    abreast = re.search(r'<div class="abreast"><section id="latency" class=half>(.*?)</div>\n<section', page, re.DOTALL)
    assert abreast
    assert '<section id="stock" class=half>' in abreast[1]
