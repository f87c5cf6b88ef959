"""What is promised for another day than the third working day, or paid behind it, is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads_back

from reports.checks.invariants.payout_days import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from reports.output.report import Report
from reports.output.sections.payout_ageing import section


def paid(folder: Path, rows: list[tuple[str, str, str]]) -> Story:
    """For each row a coupon redeemed at noon of a day, the day that it is promised for, and the day at whose end it is paid."""
    story = brief(folder)
    effect: dict[str, object] = {"business": "{key}", "id": "$.id", "pays": {"from": "house", "working_days": 3}}
    maps(story, "coupon.cash", "cashed", effect, pays_by="")
    reads_back(story, "payouts", "payouts", "ref", "customer", "amount_fen", "at_ms")
    for number, (earned, promised, done) in enumerate(rows):
        happens(story, "coupon.cash", number, 100 + number, 5, pays_by=promised, at_ms=_ms(earned, "12:00"), id=f"C-{number}")
        story.tables["payouts"].append({"ref": f"C-{number}", "customer": 100 + number, "amount_fen": 100, "at_ms": _ms(done, "23:59")})
    return story


def _ms(day: str, time: str) -> int:
    return int(datetime.fromisoformat(f"{day}T{time}:00+08:00").astimezone(UTC).timestamp() * 1000)


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def test_payouts_of_the_third_working_day_pass(tmp_path: Path) -> None:
    """Over a holiday, on a weekend that is worked, on the last minute; and beyond the calendar nothing is said."""
    rows = [("2026-09-30", "2026-10-10", "2026-10-10"), ("2026-05-07", "2026-05-11", "2026-05-07"), ("2026-12-30", "any day", "2027-02-01")]
    found = judged(paid(tmp_path / "run", rows))
    assert found.status == "PASS", found.evidence
    beyond = "1 reach beyond 2026, whose holidays are the last that are known"
    assert found.detail == f"3 promises, none for another working day, or kept later; {beyond}"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("2026-09-30", "2026-10-03", "2026-10-01"), "C-0 of 2026-09-30: promised for 2026-10-03, the day is 2026-10-10"),
        (("2026-05-07", "2026-05-12", "2026-05-08"), "C-0 of 2026-05-07: promised for 2026-05-12, the day is 2026-05-11"),
        (("2026-03-03", "2026-03-06", "2026-03-07"), "C-0 of 2026-03-03: paid on 2026-03-07, due by 2026-03-06"),
    ],
    ids=["any-day-works", "worked-weekend-forgotten", "paid-late"],
)
def test_payout_for_another_day_is_named(tmp_path: Path, row: tuple[str, str, str], sentence: str) -> None:
    """Too early a promise is as wrong as too late a one."""
    found = judged(paid(tmp_path / "run", [row]))
    assert (found.status, found.evidence) == ("FAIL", (sentence,))


def test_payouts_without_working_days_are_not_judged_by_them(tmp_path: Path) -> None:
    """A target whose file says nothing of them."""
    with pytest.raises(NotMapped, match="no effect in the target's file is paid within working days"):
        judged(brief(tmp_path / "run"))


def test_ages_of_payments_stand_in_the_report(tmp_path: Path) -> None:
    """One that is paid on its day, one late, one not at all; and nothing where the target promises no days."""
    day = "2026-03-03"
    story = paid(tmp_path / "run", [(day, "2026-03-06", "2026-03-06"), (day, "2026-03-06", "2026-03-09"), (day, "2026-03-06", day)])
    del story.tables["payouts"][2]
    page = section(Report(read_evidence(story.write()), []))
    for name, count in (("within a second", 0), ("by the last working day", 1), ("later (late)", 1), ("not paid at the read-back", 1)):
        assert f"<td>{name}</td><td class=n>{count}</td>" in page
    assert section(Report(read_evidence(brief(tmp_path / "unmapped").write()), [])) == ""
