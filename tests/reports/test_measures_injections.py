"""How soon faults took hold, from the start of the injection call to their own probe's word."""

from pathlib import Path

import orjson
import pytest
from handmade_stories import rendered, rescued

import reports
from reports.evidence import read_evidence
from reports.measures.injections import Injection, injections
from reports.output.series import write_series
from scenarios.run.fault_event_kinds import FaultEffective, FaultInjecting
from stormdrill.commands.drill_all import load_policy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A primary killed, the link to it slowed a second later, and a third fault of which nobody says that it took hold."""
    story = rescued(tmp_path_factory.mktemp("injections") / "run")
    who = {"drill": "primary-kill", "strike": "primary-kill"}
    story.tell("watchdog", 26.0, FaultInjecting(fault="link-toxic", target="bank-a.db <&>", lease="2", **who))
    story.tell("watchdog", 26.253, FaultEffective(fault="link-toxic", lease="2", evidence="answered after 251 ms", **who))
    story.tell("watchdog", 26.5, FaultInjecting(fault="link-cut", target="bank-b.db", lease="3", **who))
    story.tell("watchdog", 26.504, FaultEffective(fault="link-cut", lease="4", evidence="refused", drill="another"))
    return rendered(story)


def test_each_fault_of_a_strike_has_its_time_to_effect(folder: Path) -> None:
    """Each by its own lease, and none of another strike's; one that was never confirmed has none."""
    events = read_evidence(folder).events
    assert injections("primary-kill", events) == [
        Injection("process-kill", "", 0.05),
        Injection("link-toxic", "bank-a.db <&>", 0.253),
        Injection("link-cut", "bank-b.db", None),
    ]
    assert injections("primary-kill#2", events) == []


def test_it_stands_in_the_report_and_in_the_series_for_pipelines(folder: Path, tmp_path: Path) -> None:
    """In milliseconds for people, in seconds for pipelines."""
    page = (folder / "report.html").read_text("utf-8")
    assert "from injection to effect" in page
    assert "bank-a.db &lt;&amp;&gt;</span></td><td class=n>253 ms</td>" in page
    result = reports.drill_result(reports.judge_run(folder), "primary-kill", "database")
    write_series(tmp_path, "bank", [result], load_policy("plan"), judging=False, cut=False)
    (told,) = orjson.loads((tmp_path / "drills.json").read_bytes())["drills"]
    assert told["injections"] == [
        {"fault": "process-kill", "target": "", "effect_s": 0.05},
        {"fault": "link-toxic", "target": "bank-a.db <&>", "effect_s": 0.253},
        {"fault": "link-cut", "target": "bank-b.db", "effect_s": None},
    ]
