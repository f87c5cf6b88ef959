"""A drill that shapes the load: what is planned of it before T0, and what is refused."""

import re
from pathlib import Path

import pytest
from chaos_plans import scenario, target

from chaos.planned_load import with_surges
from chaos.planned_strikes import check_drills
from scenarios.errors import BadInput
from scenarios.plan.scenario import MOST_ARRIVALS, Scenario
from scenarios.plan.surges import Surge
from scenarios.plugins import PATH_VARIABLE, PROJECT

PAGE = PROJECT / "docs" / "extending.md"
LATE_RUSH = '''"""Comes to a bank that has just lost a node."""
from chaos.drill import Drill, FaultStep
from chaos.faults.load_surge import LoadSurge
from chaos.faults.process_kill import ProcessKill

class LateRush(Drill):
    """Comes to a bank that has just lost a node."""
    times: float = 5
    lasts_s: float = 3
    def steps(self):
        return FaultStep(ProcessKill(role="bank"), sets_up=True), FaultStep(LoadSurge(times=self.times), after_s=1, lasts_s=self.lasts_s)
'''
ENDLESS = '''"""Comes and stays."""
from chaos.drill import Drill, FaultStep
from chaos.faults.load_surge import LoadSurge

class Endless(Drill):
    """Comes and stays."""
    def steps(self): return (FaultStep(LoadSurge()),)
'''


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own folder of drills: the one that the page shows, one that strikes twice, and one that forgets its end."""
    folder = tmp_path / "chaos" / "drills"
    folder.mkdir(parents=True)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (example,) = [block for block in blocks if "class RaffleRush" in block]
    (folder / "raffle_rush.py").write_text(example, "utf-8")
    (folder / "late_rush.py").write_text(LATE_RUSH, "utf-8")
    (folder / "endless.py").write_text(ENDLESS, "utf-8")
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    return tmp_path


def test_customers_of_a_surge_are_planned_at_the_time_of_their_strike() -> None:
    """In mid-phase, so many times as many, by the drill's own settings and after its earlier steps; else all is as it was."""
    planned = with_surges(scenario("late-rush", settings={"times": 4, "lasts_s": 3}))
    assert planned.surges == [Surge(strike="late-rush", at_s=12, lasts_s=3, times=4)]
    assert [planned.curve.rate(at_s) for at_s in (11.9, 12.0, 14.9, 15.0)] == pytest.approx([10, 40, 40, 10])
    assert planned.curve.total == pytest.approx(60 * 10 + 3 * 30)


def test_planning_the_load_again_changes_nothing() -> None:
    """A surge comes once, and one that no drill brings is none."""
    planned = with_surges(scenario("late-rush"))
    assert with_surges(planned) == planned
    stray = planned.model_copy(update={"drills": []})
    assert with_surges(stray).surges == []
    assert Scenario.model_validate_json(planned.model_dump_json()) == planned


def test_a_drill_that_breaks_only_parts_leaves_the_load_as_it_is() -> None:
    """The arrivals are those of the phases."""
    assert with_surges(scenario("primary-kill")).curve == scenario("primary-kill").curve


def test_the_drill_that_the_page_shows_brings_customers_with_a_mix_of_their_own() -> None:
    """Found in a folder of the user's own, and planned."""
    (surge,) = with_surges(scenario("raffle-rush")).surges
    assert surge.times == 3
    assert surge.mix == {"take-a-ticket": 1}


@pytest.mark.parametrize(
    ("drill", "settings", "message"),
    [
        ("raffle-rush", {}, "drill raffle-rush asks for the operation 'ticket.take', which target stand-in does not map; it maps: balance"),
        ("endless", {}, "drill endless: a load-surge needs an end; give its step lasts_s"),
        ("raffle-rush", {"lasts_s": 100}, "load-surge of raffle-rush would end at 111 s, after the load, which ends at 60 s"),
        ("late-rush", {"times": 1}, "the steps of drill late-rush: "),
    ],
    ids=["not mapped", "no end", "longer than the load", "no more than usual"],
)
def test_a_surge_that_cannot_be_is_refused_before_the_run(drill: str, settings: dict[str, float], message: str) -> None:
    """One sentence says whose it is and what is allowed."""
    with pytest.raises(BadInput) as error:
        check_drills(with_surges(scenario(drill, settings=settings)), target())
    assert message in str(error.value)


def test_more_customers_than_any_machine_could_offer_are_refused_with_the_surge_counted() -> None:
    """The scenario alone would be allowed."""
    many = scenario("late-rush", settings={"times": 1000})
    crowd = many.model_copy(update={"phases": [many.phases[0].model_copy(update={"arrivals": MOST_ARRIVALS / 200})]})
    with pytest.raises(BadInput, match="with the load that its drills add"):
        with_surges(crowd)
