"""A drill as an exercise: the report's game day, and the record that is signed."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, SUCCESS
from handmade_stories import healthy, lost, rendered, rescued
from test_measures_observed import observed
from test_output_page import Strict

import reports
from reports.judge.judged_run import judge
from reports.languages import LANGUAGES, Language
from reports.output.exercise.next_steps import next_steps
from scenarios.plan.policy import Policy
from scenarios.run.fault_event_kinds import DrillPlanned, FaultHealed, FaultNotUndone, FaultUndone
from scenarios.run.folder import Run
from scenarios.run.mark_kinds import Marked
from scenarios.run.run_digest import RECOMPUTED, run_digest
from scenarios.run.system_event_kinds import SystemDetected, SystemLag, SystemRedundant, SystemWriters
from stormdrill.cli import run_command_line

MARKS = ((26.0, "detected"), (27.0, "switching"), (29.0, "switched"), (60.0, "returned"))
EVIL = '<script>alert("x")</script> | **bold**\n# heading'


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose people failed over, one of them with odd words."""
    story = observed(tmp_path_factory.mktemp("exercise") / "run", (25.0, 30.0), marks=MARKS)
    story.tell("marks", 28.0, Marked(mark="decided", words=EVIL, by=EVIL))
    return rendered(story)


def game_day(folder: Path) -> str:
    """That section of the report; empty where there is none."""
    found = re.search(r'<section id="game_day">.*?</section>', (folder / "report.html").read_text("utf-8"), re.DOTALL)
    return found[0] if found else ""


def test_the_report_tells_a_game_day_moment_by_moment(exercise: Path) -> None:
    """Every mark with who made it and when since zero, the steps as a bar, before and after, the policy, what is left."""
    told = game_day(exercise)
    order = [
        told.index(words)
        for words in ("<b>detected</b>", "<b>switching</b>", "<b>switched</b>", "recovered: first answer", "<b>returned</b>")
    ]
    assert order == sorted(order)
    assert "+1.030 s" in told
    assert 'class="split"' in told
    assert all(words in told for words in ("before", "until it recovered", "after", "Policy plan", "What to do next"))
    assert "<script>" not in told


def test_a_planned_drills_hypothesis_stands_in_it(tmp_path: Path) -> None:
    """As its file states it, with what the policy that judges owes, else the plan; a run without drills has no game day."""
    story = rescued(tmp_path / "run")
    told = {"domain": "database", "hypothesis": "The standby takes over.", "hits": "every write"}
    story.tell("drills", -1.0, DrillPlanned(drill="primary-kill", strike="primary-kill", at_s=25, deadline_s=15, window_s=10, **told))
    shown = game_day(rendered(story))
    assert "The standby takes over." in shown
    assert "every write" in shown
    assert "Policy plan, database" in shown
    ours = json.dumps({"name": "ours", "describe": "Ours.", "domains": {"database": {"rto": "1 s", "error_ratio": "5 %"}}})
    run = Run(story.folder)
    run.write_plan(run.plan().model_copy(update={"policy": Policy.model_validate_json(ours)}))
    shown = game_day(reports.render_run(story.folder).parent)
    assert "Policy plan" not in shown
    assert re.search(r"Policy ours, database.*?RTO</td><td class=n>2.02 s</td><td class=n>≤ 1 s<.*?error ratio", shown, re.DOTALL)
    assert game_day(rendered(healthy(tmp_path / "calm"))) == ""


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("Exercise record", "Sign-off", "Who marked what")), ("zh", ("演练记录", "签字确认", "人员标记"))]
)
def test_the_record_has_all_that_is_signed(exercise: Path, language: str, words: tuple[str, ...]) -> None:
    """In Markdown and as a page, in which nothing acts that somebody said."""
    markdown, page = (path.read_text("utf-8") for path in reports.write_record(exercise, language))
    for document in (markdown, page):
        assert all(word in document for word in (*words, "10:00:26.000", "shift", "5.05 s"))
    assert "<script>" not in page
    assert not re.search(r"(?<!\\)<script>", markdown)
    assert not re.search(r"^# heading", markdown, re.MULTILINE)
    parser = Strict()
    parser.feed(page)
    assert parser.open == []
    assert parser.links == []


def rows(document: str, title: str) -> dict[str, str]:
    """A table of the record in Markdown, by its first column."""
    part = document.partition(f"## {title}")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| (.*?) \| (.*?) \|$", part, re.MULTILINE))


MEASURED = {
    "en": {
        "RTO": "2.02 s, at least 1.97 s without its uncertainty",
        "RTO of account.balance, pooled, 1 address": "2.02 s, at least 1.97 s without its uncertainty",
        "RTO of transfer.submit, pooled, 1 address": "2.02 s, at least 1.97 s without its uncertainty",
        "Without redundancy, from its loss to its return": "9.5 s",
        "Sends for each operation while it was broken": "1.07",
        "Lag as claimed just before / operations lost": "0.7 ms / 2",
        "Longest time with two writers": "1.5 s (from 26.000 to 27.500 s: the system told of 2 writers)",
        "What was broken was taken back": "yes, the last 36 s after zero",
    },
    "zh": {
        "恢复时间（RTO）": "2.02 s，扣除误差至少 1.97 s",
        "恢复时间（RTO）：account.balance（长连接，1 个地址）": "2.02 s，扣除误差至少 1.97 s",
        "失去冗余至恢复的时长": "9.5 s",
        "重试放大（故障期间）": "1.07",
        "故障前系统自报延迟／实际丢失笔数": "0.7 ms / 2",
        "双写最长时间": "1.5 s (自 26.000 至 27.500 s：系统报告有 2 个写入者)",
        "所破坏的均已撤回": "是，最后一项于零点后 36 s 撤销",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_record_has_every_figure_that_was_measured(language: Language, tmp_path: Path) -> None:
    """RTO of each access path without what is uncertain of it, retries, the claimed lag beside the loss, two writers, the clean-up."""
    story = rescued(tmp_path / "run")
    for _ in range(2):
        story.ask("transfer.submit", 24, effect=False, amount_fen=100)
    for at_s in ticks(30, 35, 10):
        story.ask("account.balance", at_s, FAILURE, retries=[(SUCCESS, 20.0)])
    story.tell("system", 24.5, SystemLag(lag_ms=0.7))
    story.tell("system", 20.0, SystemRedundant(source="supervisor"))
    story.tell("system", 35.05, SystemRedundant(source="supervisor"))
    story.tell("system", 26.0, SystemWriters(count=2))
    story.tell("system", 27.5, SystemWriters(count=1))
    (markdown, _) = reports.write_record(rendered(story), language)
    told = rows(markdown.read_text("utf-8"), {"en": "Figures", "zh": "指标"}[language])
    assert {name: told.get(name) for name in MEASURED[language]} == MEASURED[language], told


def left(folder: Path) -> Story:
    """A drill of which nobody tells that its fault was taken back."""
    story = rescued(folder)
    story.events = [event for event in story.events if not isinstance(event[2], (FaultUndone, FaultHealed))]
    return story


def still_broken(folder: Path, by_hand: str = "no") -> Story:
    """One whose undo failed, and what a person has to type."""
    story = left(folder)
    who = {"drill": "primary-kill", "strike": "primary-kill", "fault": "process-kill"}
    story.tell("watchdog", 61, FaultNotUndone(**who, target="db-a", tries=9, reason="refused", by_hand=by_hand))
    return story


def test_the_record_says_of_a_fault_that_is_still_there_what_a_person_has_to_do(tmp_path: Path) -> None:
    """And of one of which nobody tells, nothing; what others broke is not ours to take back."""

    def told(story: Story) -> str | None:
        (markdown, _) = reports.write_record(rendered(story), "en")
        return rows(markdown.read_text("utf-8"), "Figures").get("What was broken was taken back")

    assert told(left(tmp_path / "untold")) == "–"
    broken = told(still_broken(tmp_path / "broken", "kill -CONT 4711"))
    assert broken == "no: process-kill of db-a was not taken back in 9 tries: refused; by hand: kill -CONT 4711"
    assert told(observed(tmp_path / "observed", (25.0, 30.0), marks=MARKS)) is None


def chinese(folder: Path) -> dict[str, str]:
    """The record and the game day in Chinese."""
    (markdown, page) = reports.write_record(folder, "zh")
    report = reports.render_run(folder, "zh").parent
    return {"markdown": markdown.read_text("utf-8"), "page": page.read_text("utf-8"), "game day": game_day(report)}


def test_what_people_and_the_system_said_is_nobodys_to_translate(tmp_path: Path) -> None:
    """It is evidence: words that the catalogue knows stand in the Chinese record and page as they were said; so do names."""
    story = observed(tmp_path / "run", (25.0, 30.0))
    story.tell("marks", 26.0, Marked(mark="detected", words="no", by="Audit"))
    story.tell("marks", 27.0, Marked(mark="switching", words="Failover", by="pulse"))
    story.tell("system", 26.5, SystemDetected(source="pulse", told="Decision"))
    story.tell("system", 26.7, SystemDetected(source="target", told="Stock", detail="promoted"))
    for name, document in chinese(rendered(story)).items():
        told = re.sub("<.*?>", "|", document)
        for said in ("Audit", "no", "Failover", "Decision", "Stock promoted"):
            assert re.search(rf"\| *{said} *\|", told), (name, said)
        assert re.search(r"\| *pulse *\|", told), name


def test_the_programs_own_sentences_are_chinese_in_the_chinese_record(tmp_path: Path) -> None:
    """The verdict's, the plan's, those about faults and what does not hold; a command to type and the answer it is for are as they were."""
    story = still_broken(tmp_path / "run", "alter system; no")
    hypothesis = "The standby takes over, and nothing that was acknowledged is lost."
    told = {"domain": "database", "hypothesis": hypothesis, "hits": "every write, until the standby leads"}
    story.tell("drills", -1.0, DrillPlanned(drill="primary-kill", strike="primary-kill", at_s=25, deadline_s=15, window_s=10, **told))
    for name, document in chinese(rendered(story)).items():
        shown = re.sub("<.*?>", "", document)
        assert "备库接管，已确认的不丢失" in shown, name
        assert "备库接管前的所有写入" in shown, name
        assert "db-a: refused: alter system; no" in shown.replace("：", ": "), name
    record = chinese(story.folder)["markdown"]
    assert re.search(r"\| 结论 \| FAIL: primary-kill：db-a 的 process-kill 尝试 9 次仍未撤回：refused；人工处理：alter system; no", record)
    assert re.search(r"^- FAIL: .*仍未撤回", record, re.MULTILINE)
    assert "| 故障域 | 数据库 |" in record


def recomputed(folder: Path) -> str:
    """What the command says that stands in the record."""
    return subprocess.run(RECOMPUTED, shell=True, cwd=folder, capture_output=True, text=True, check=True).stdout.split()[0]  # noqa: S602 - as printed


def test_the_digest_is_made_again_by_the_command_that_stands_beside_it(exercise: Path, tmp_path: Path) -> None:
    """With the system's own tools; one byte more of evidence makes another."""
    (page, _) = reports.write_record(exercise, "en")
    made = recomputed(exercise)
    assert made in page.read_text("utf-8")
    more = shutil.copytree(exercise, tmp_path / "more")
    with (more / "samples" / "load-0.bin").open("ab") as samples:
        samples.write(b"\0")
    assert recomputed(more) == run_digest(Run(more)) != made


def test_what_is_left_to_do_follows_from_the_figures(tmp_path: Path) -> None:
    """What was not marked is asked for, what never came back is looked for, what proves nothing is repeated; else nothing is owed."""

    def steps(name: str, *outages: tuple[float, float], marks: tuple[tuple[float, str], ...] = ()) -> str:
        return " ".join(next_steps(judge(observed(tmp_path / name, *outages, marks=marks).write()), "en"))

    assert "Nobody knows detection, decision, failover, redundancy restored of observed" in steps("unmarked", (25.0, 27.0))
    assert "observed has not recovered in its time" in steps("late", (25.0, 88.0))
    assert steps("nothing").startswith("Repeat it: nothing was seen to fail")
    assert steps("unfelt", marks=((20.0, "detected"), (21.0, "switching"), (30.0, "switched"), (40.0, "returned"))).startswith(
        "Nothing is owed"
    )


def steps_of(story: Story, language: Language = "en") -> list[str]:
    """What a story leaves to do."""
    return next_steps(judge(story.write()), language)


def test_a_limit_that_does_not_hold_is_left_to_do(tmp_path: Path) -> None:
    """By its own sentence, though the drill recovered in its time."""
    story = observed(tmp_path / "run", (25.0, 30.0), marks=MARKS)
    story.scenario["gates"] = ["rto of observed <= 1 s"]
    assert steps_of(story)[0] == "Make it hold: rto of observed <= 1 s: 5.05 s."


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "Do by hand what is still broken of primary-kill: process-kill of db-a was not taken back in 9 tries: refused; by hand: no"),
        ("zh", "primary-kill 仍有故障未撤回，须人工处理：db-a 的 process-kill 尝试 9 次仍未撤回：refused；人工处理：no"),
    ],
)
def test_what_is_still_broken_is_the_first_thing_to_do(language: Language, says: str, tmp_path: Path) -> None:
    """With the command as it is typed and the answer as it was given, in every language; it is said once."""
    story = still_broken(tmp_path / "run")
    told = steps_of(story, language)
    assert told[0] == says
    assert sum("process-kill" in step for step in told) == 1


def test_nothing_is_owed_only_where_the_run_has_passed(tmp_path: Path) -> None:
    """What fails is to be mended, what proves nothing to be repeated, both by what the finding says."""
    failed = steps_of(lost(tmp_path / "lost"))
    assert "Make it hold: rto of primary-kill <= 2 s: 3.02 s." in failed
    doubtful = observed(tmp_path / "doubtful", (25.0, 30.0))
    doubtful.scenario["gates"] = ["decision of observed <= 5 s", "rto of observed <= 1 s"]
    told = steps_of(doubtful)
    assert told[0] == "Repeat it: decision of observed <= 5 s: nobody marked both 'detected' and 'switching' or 'decided'."
    assert told[1] == "Make it hold: rto of observed <= 1 s: 5.05 s."
    assert not any(step.startswith("Nothing is owed") for step in (*failed, *told))


def test_evidence_is_written_beside_the_run(exercise: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And its language is one of two. The verdict stays the same: it is no evidence."""
    before = (exercise / "verdict.json").read_bytes()
    assert run_command_line(["evidence", str(exercise), "--lang", "zh"]) == 0
    assert [Path(line).name for line in capsys.readouterr().out.split()] == ["exercise-record.md", "exercise-record.html"]
    assert reports.judge_run(exercise).word == "PASS"
    assert (exercise / "verdict.json").read_bytes() == before
    assert run_command_line(["evidence", str(exercise), "--lang", "fr"]) == 64
    assert "--lang is 'fr'; allowed: zh, en" in capsys.readouterr().err
