"""One language at a time: what the program says is told in the reader's, what others have named stays as it is."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest
import yaml
from handmade_stories import lost, rescued, struck_twice
from test_output_reviews import day

import reports
from chaos.registry import all_drills, drill_facts
from reports import languages
from reports.languages import LANGUAGES
from reports.languages.catalogue import Catalogue, catalogue, texts
from reports.languages.telling import in_language
from scenarios.plugins import CHECK, SECTION, modules
from scenarios.run.folder import Run
from stormdrill.commands.drill_all import load_policy

CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
WORD = re.compile(r"[A-Za-z][A-Za-z-]*[A-Za-z]")
UNITS = {"ms", "min", "fen", "UTC", "MiB", "TPS", "RTO", "RPO", "HTTP", "TLS", "Stormdrill", "stormdrill", "Python", "Linux", "max", "pid"}

NAMES = {"process-kill", "supervisor", "detected"}  # a fault, a writer of events, a mark as it is typed


class Visible(HTMLParser):
    """What people see of a page, without what is marked as nobody's to translate."""

    def __init__(self, page: str) -> None:
        """Reads it all."""
        super().__init__()
        self.texts: list[str] = []
        self._untold: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that stays as it is, and those within."""
        told = dict(attrs)
        if tag not in ("meta", "br", "image", "use"):
            untold = bool(self._untold and self._untold[-1]) or tag in ("style", "code") or told.get("translate") == "no"
            self._untold.append(tag if untold else "")
        self.texts.append(told.get("aria-label") or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing is within."""

    def handle_endtag(self, tag: str) -> None:
        """Ends the last one."""
        del tag
        self._untold.pop()

    def handle_data(self, data: str) -> None:
        """A text."""
        if not any(self._untold):
            self.texts.append(data)


@pytest.fixture(scope="module", params=[lost, struck_twice, day], ids=["lost", "struck twice", "reviews"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hand-written run, judged."""
    story = request.param(tmp_path_factory.mktemp("language") / "run")
    story.scenario["describe"] = "A sale of winter gloves that nobody has translated."
    return reports.judge_run(story.write()).folder


def test_the_chinese_report_has_no_english_word(run: Path) -> None:
    """But for ids, units, names of the scenario's writer (never translated, whatever they are), and checks new to the catalogue."""
    page = reports.render_run(run, "zh").read_text("utf-8")
    assert '<html lang="zh-Hans">' in page
    plan = Run(run).plan()
    named = [
        plan.run,
        *plan.operations,
        plan.scenario.model_dump_json(),
        plan.target.name,
        plan.target.describe,
        *_ids(run),
        *_of_new_checks(run),
    ]
    allowed = UNITS | set(WORD.findall(" ".join(named))) | _in_target_files() | NAMES
    english = {word: text for text in Visible(page).texts for word in WORD.findall(text) if word not in allowed}
    assert english == {}
    assert "winter gloves" in page
    assert "不可上线" in page or "不能证明" in page or "可以上线" in page


def test_the_chinese_page_of_drills_has_no_english_word(run: Path, tmp_path: Path) -> None:
    """Drills that ran, one that was not run, domains, and the classes of standards beside them; the other page has no Chinese one."""
    ran = reports.drill_result(reports.judge_run(run), "primary-kill", "database")
    stopped = reports.not_run("node-kill", "node", "stopped by the user before its turn")
    policy = load_policy("plan")
    pages = {}
    for language in LANGUAGES:
        series = reports.write_drills(tmp_path, "our-bank", [ran, stopped], policy, judging=True, cut=False, language=language)
        pages[language] = series.page.read_text("utf-8")
    drills = (name for domain in policy.domains.stated.values() for name in domain.require)
    allowed = (
        UNITS
        | set(WORD.findall(" ".join(["our-bank", *Run(run).plan().operations, *drills, *_ids(run)])))
        | _in_target_files()
        | {"GB", "JR"}
    )
    assert {word: text for text in Visible(pages["zh"]).texts for word in WORD.findall(text) if word not in allowed} == {}
    of_standards = CJK.findall("".join(one.name for one in policy.classes))
    assert CJK.findall("".join(Visible(pages["en"]).texts)) == of_standards


@pytest.mark.parametrize(
    ("english", "told"),
    [
        (
            "gray-node: RTO 1.363 s of 240 s, RPO 0 operations of 1 operations, detection 0.9 s of 2 s, error ratio 2 % of 5 %",
            "gray-node：RTO 1.363 s（限 240 s），丢失 0 笔（限 1 笔），发现 0.9 s（限 2 s），错误率 2 %（限 5 %）",
        ),
        (
            "node-kill: RTO 9 s, allowed 4 s, but 0.07 s without the load generator's own delay",
            "node-kill：RTO 9 s，允许 4 s，但除去压测端自身延迟则为 0.07 s",
        ),
        ("slow: redundancy > 3 s, allowed 20 s", "slow：冗余恢复 > 3 s，允许 20 s"),
        (
            "1 of 2 drills that ran passed, 1 drill not run; the policy does not hold in: node; it is not known whether it holds in: link",
            "已执行的 2 项演练中通过 1 项，未执行 1 项演练；韧性策略未达标的故障域：节点；韧性策略是否达标尚不可知的故障域：链路",
        ),
    ],
)
def test_what_a_policy_says_of_a_domain_is_told_limit_by_limit(english: str, told: str) -> None:
    """Each with its own limit."""
    assert catalogue("zh").tell(english) == told


def test_the_english_report_has_no_chinese_character(run: Path) -> None:
    """Nor do its charts."""
    page = reports.render_run(run).read_text("utf-8")
    assert '<html lang="en">' in page
    assert CJK.findall(page) == []
    assert [path.name for path in (run / "charts").iterdir() if CJK.search(path.read_text("utf-8"))] == []


def test_the_verdict_is_the_same_whatever_the_language(run: Path) -> None:
    """What pipelines read is English, to the byte."""
    files = ("verdict.json", "findings.json", "summary.md", "junit.xml")
    reports.conclude_run(run, "en")
    english = {name: (run / name).read_bytes() for name in files}
    reports.conclude_run(run, "zh")
    assert {name: (run / name).read_bytes() for name in files} == english


def _ids(run: Path) -> list[str]:
    return [finding["id"] for finding in orjson.loads((run / "verdict.json").read_bytes())["findings"]]


def _of_new_checks(run: Path) -> list[str]:
    """What checks say whose titles are not in the catalogue: how many those may be, another test says."""
    said = orjson.loads((run / "findings.json").read_bytes())["findings"]
    new = [one for one in said if catalogue("zh").tell(one["title"]) is None]
    return [text for one in new for text in (one["title"], one["detail"], *one["evidence"])]


def _in_target_files() -> set[str]:
    """Keys that a target's file may have, which sentences name in brackets."""
    return {word for english, _ in texts("zh") for key in re.findall(r"[`'](\w+)[`']", english) for word in WORD.findall(key)}


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Stock", "库存消耗"),
        ("none of 7 acknowledged operations lost", "已确认的 7 笔操作丢失 0 笔"),
        ("1 promise, 2 not paid as owed", "1 笔承诺，未按应付支付 2 笔"),
        ("p99 of claim.submit <= 1 s in ten: 1.5 s over 2,428 operations", "p99 of claim.submit <= 1 s in ten：1.5 s（共 2,428 笔操作）"),
        ("Nobody is overdrawn.", "无人透支。"),
        ("caps cannot be judged: T0 is not known on the wall clock", "caps 无法判定：零点对应的系统时间未知"),
        (
            "¥150.00 in 15 grants from reserve, ¥2.00 in 1 grant from gifts; none not as planned",
            "reserve 15 笔发放共 ¥150.00，gifts 1 笔发放共 ¥2.00；与计划不符 0 项",
        ),
        (
            "2 fen won 1 times of 9: 1 to 3 %, 2 % published; 5 fen ran out and is not judged",
            "2 分奖 9 次中出 1 次：区间 1 至 3 %，公示 2 %；5 分奖已发完，不作判定",
        ),
        ("12.5 %", "12.5 %"),
        (
            "turned away: 12.5 % of 1,000 that give way first, 0 % of 40 that give way last",
            "被限流：最先让路的 1,000 笔中 12.5 %，最后让路的 40 笔中 0 %",
        ),
        (
            "customer 3, campaign.get at 12.200 s: was told of 1 claim.submit before, and reads 0",
            "客户 3，campaign.get 在 12.200 s：此前被告知 claim.submit 1 项，查得 0",
        ),
        ("no standby of the moon at 12 s: no standby", "no standby of the moon 在 12 s：无备库"),
    ],
)
def test_a_sentence_is_told_with_its_figures_and_names(english: str, chinese: str) -> None:
    """Whole texts, counted nouns, sentences with holes, and sentences in sentences."""
    assert catalogue("zh").tell(english) == chinese


def test_what_a_language_counts_is_its_own() -> None:
    """A hole that is called as the plural of one of its nouns takes a count of those, in another language anything."""
    texts = {"{moons} seen": "{moons} gesehen"}
    assert Catalogue(texts, ["moons"]).tell("two or three seen") is None
    assert Catalogue(texts, []).tell("two or three seen") == "two or three gesehen"


def test_what_nobody_has_translated_stays_english() -> None:
    """It is never half told, and never left out."""
    assert catalogue("zh").tell("the moon is made of green cheese") is None
    assert in_language("<p>the moon &amp; the <b>Stock</b></p>", "zh") == "<p>the moon &amp; the <b>库存消耗</b></p>"


def test_names_and_code_are_nobodys_to_translate() -> None:
    """Not even a phase that is called as a heading is, with elements in it."""
    page = '<style>Stock</style><code>Stock</code><span translate="no">Stock <span>Stock</span> Stock</span><td>Stock</td>'
    assert in_language(page, "zh") == page.replace("<td>Stock", "<td>库存消耗")


@pytest.mark.parametrize(
    ("english", "kept"),
    [
        ("failover: lost 3 s after the fault, and never restored", "failover"),
        ("not whole 5 s after the fault was taken back: no", "no"),
        ("FAIL: capacity · Stormdrill", "capacity"),
        ("network, 60 s of load", "network"),
    ],
)
def test_a_name_or_an_answer_in_a_sentence_is_nobodys_to_translate(english: str, kept: str) -> None:
    """Though the catalogue has the word: a drill or a scenario may be called so, and a system may say it."""
    told = catalogue("zh").tell(english) or ""
    assert kept in told
    assert CJK.search(told)


def test_names_stand_in_the_chinese_page_and_its_charts_as_they_were_given(tmp_path: Path) -> None:
    """A scenario, a phase and a target whose names the catalogue has."""
    story = rescued(tmp_path / "run")
    story.scenario |= {"name": "capacity", "phases": [{"name": "failover", "lasts": 60, "arrivals": 10}]}
    story.target |= {"name": "network"}
    page = reports.render_run(story.write(), "zh").read_text("utf-8")
    assert "<title>通过：capacity · Stormdrill</title>" in page
    assert re.search(r'translate="no">network</span>', page)
    assert "capacity，压测 60 s" in page
    chart = (story.folder / "charts" / "timeline.svg").read_text("utf-8")
    assert re.search(r"<text[^>]*>failover</text>", chart)


def test_both_sides_of_the_catalogue_have_the_same_holes() -> None:
    """A hole that only one side has would lose a figure; an English text that stands twice would have two meanings."""
    seen: set[str] = set()
    for english, chinese in texts("zh"):
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese)), english
        assert english not in seen, f"{english} stands twice"
        seen.add(english)
    for path in Path(languages.__file__).parent.rglob("*.yaml"):
        keys = [key.value for key, _ in yaml.compose(path.read_text("utf-8")).value]
        assert not [key for key, times in Counter(keys).items() if times > 1], path.name


def test_nearly_all_titles_are_in_the_catalogue() -> None:
    """Of sections and checks, nine of ten. Whoever adds one may leave its Chinese to somebody else: until then it is told in English."""
    titles = [module.TITLE for kind in (SECTION, CHECK) for _, module in modules(kind) if module.TITLE]
    unknown = [title for title in titles if catalogue("zh").tell(title) is None]
    assert len(unknown) <= len(titles) / 10, unknown


def test_nearly_everything_that_checks_say_is_in_the_catalogue() -> None:
    """By the fixed words of their sentences: nine of ten are in some text of the catalogue. The rest is told in English."""
    known = "\n".join(english for english, _ in texts("zh"))
    said = [words for path in sorted((Path(reports.__file__).parent / "checks").rglob("*.py")) for words in _fixed_words(path)]
    unknown = sorted({words for words in said if words not in known})
    assert len(unknown) <= len(set(said)) / 10, unknown


def test_what_shipped_drills_state_of_themselves_is_in_the_catalogue() -> None:
    """It is the plan of the exercise that people sign: domain, hypothesis, and what it hits."""
    stated = {name: drill_facts(name) for name in all_drills()}
    said = {words: name for name, facts in stated.items() if facts for words in (facts.domain, facts.hypothesis, facts.blast_radius)}
    assert {words: name for words, name in said.items() if not CJK.search(catalogue("zh").tell(words) or "")} == {}


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("link-toxic: a probe through a-b.bank: closed after 1 ms (usually answered after 0.6 ms)", "经 a-b.bank 的探查：1 ms 后"),
        ("sessions-end: 0 of 32 sessions are left", "sessions-end：32 个会话中剩 0 个"),
        ("supplier-dial: a question to risk: no answer after 302 ms", "对 risk 的询问：302 ms 内无应答"),
        ("load-surge: 3 x the customers are planned from now on", "load-surge：自此计划的客户为 3 倍"),
    ],
)
def test_what_a_faults_own_probe_saw_is_told_behind_its_name(english: str, chinese: str) -> None:
    """As the timeline of an exercise has it."""
    assert chinese in (catalogue("zh").tell(english) or "")


def _fixed_words(path: Path) -> Iterator[str]:
    """Words between the holes of a file's f-strings, as far as they are at least two."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            pieces = [piece.value for piece in node.values if isinstance(piece, ast.Constant)]
            yield from (piece.strip() for piece in pieces if re.search(r"[a-z]+ [a-z]+", piece))
