"""What is refused of planned drills before the run, and what each drill and fault must say of itself."""

import pytest
from chaos_plans import scenario, target

from chaos.planned_strikes import check_drills
from chaos.registry import all_drills, all_faults
from scenarios.errors import BadInput
from scenarios.plan.strikes import PlannedDrill
from scenarios.target.model import Target


@pytest.mark.parametrize(
    ("drill", "settings", "message"),
    [
        (
            "primary-kil",
            {},
            f"there is no drill 'primary-kil'; did you mean 'primary-kill'? there are: {', '.join(sorted(all_drills()))}",
        ),
        ("primary-kill", {"hard": True}, "drill primary-kill: hard: extra inputs are not permitted; its settings are: none"),
        ("node-kill", {"lasts_s": -1}, "drill node-kill: lasts_s: input should be greater than 0"),
    ],
    ids=["unknown drill", "unknown setting", "wrong setting"],
)
def test_a_drill_that_cannot_be_built_is_refused_before_the_run(drill: str, settings: dict[str, float], message: str) -> None:
    """One sentence names the offender and what is allowed."""
    with pytest.raises(BadInput) as error:
        check_drills(scenario(drill, settings=settings), target())
    assert message in str(error.value)


@pytest.mark.parametrize("drill", ["node-kill", "slow-standby"])
def test_a_scenario_whose_drill_needs_a_handle_that_the_target_does_not_give_is_refused(drill: str) -> None:
    """Before the run, and not when the drill is to strike; the sentence says what is given."""
    given = target().model_copy(update={"handles": {"proxy_api": "http://127.0.0.1:1"}})
    with pytest.raises(BadInput) as error:
        check_drills(scenario(drill), given)
    assert str(error.value) == f"drill {drill} needs the handle 'topology', which target stand-in does not give; it gives: proxy_api"


@pytest.mark.parametrize("name", sorted(all_drills()))
def test_every_drill_can_be_built_and_says_what_it_is(name: str) -> None:
    """Each file holds one drill whose defaults make strikes of faults that the watchdog can build again from their fields."""
    strikes = all_drills()[name].model_validate({}).steps()
    for strike in strikes:
        assert all_faults()[strike.fault.kind()].model_validate(strike.fault.model_dump(mode="json")) == strike.fault
    assert [strike.sets_up for strike in strikes].count(False) >= 1
    assert PlannedDrill(drill=name, at="20 s").drill == name


@pytest.mark.parametrize("name", sorted(all_faults()))
def test_every_fault_says_what_it_is(name: str) -> None:
    """Each file holds one fault, named as the file, with a line for `stormdrill list`."""
    assert all_faults()[name].kind() == name
    assert all_faults()[name].__doc__


@pytest.mark.parametrize(
    ("first", "second", "may_hit"),
    [
        (("primary-kill", {}), ("primary-kill", {}), "database"),
        (("primary-kill", {}), ("primary-freeze", {}), "database"),
        (("primary-freeze", {}), ("frozen-standby", {}), "database"),
        (("node-kill", {}), ("node-kill", {}), "node bank in A"),
        (("node-kill", {}), ("node-kill", {"datacentre": "B"}), ""),
        (("node-kill", {}), ("node-kill", {"service": "campaign"}), ""),
        (("node-kill", {}), ("primary-kill", {}), ""),
    ],
    ids=str,
)
def test_strikes_that_may_hit_one_part_at_one_time_are_refused(
    first: tuple[str, dict[str, object]], second: tuple[str, dict[str, object]], may_hit: str
) -> None:
    """Both are named, with the part and the time from which the second may strike; after the first one's deadline it may."""
    settings: dict[str, object] = {"settings": second[1]}
    overlapping = scenario(first[0], {"drill": second[0], "at": "12.9 s"} | settings, settings=first[1])
    if may_hit:
        with pytest.raises(BadInput) as error:
            check_drills(overlapping, target())
        name = f"{second[0]}#2" if first[0] == second[0] else second[0]
        assert str(error.value) == (
            f"scenario s: {first[0]} (from 11 s to its deadline at 13 s) and {name} (at 12.9 s) may hit one {may_hit}; "
            f"let {name} strike at 13 s or later"
        )
    else:
        check_drills(overlapping, target())
    check_drills(scenario(first[0], {"drill": second[0], "at": "13 s"} | settings, settings=first[1]), target())


@pytest.mark.parametrize(("drill", "lasts_s"), [("node-kill", 49.0), ("link-loss", 49.0), ("circuit-breaker", 24.5)])
def test_a_fault_that_would_outlast_the_load_is_refused(drill: str, lasts_s: float) -> None:
    """It would be taken back early and unsaid; one that ends with the load is taken as it is. All steps count, not the first alone."""
    setting = "each_lasts_s" if drill == "circuit-breaker" else "lasts_s"
    check_drills(scenario(drill, settings={setting: lasts_s}), everything())
    with pytest.raises(BadInput) as error:
        check_drills(scenario(drill, settings={setting: lasts_s + 1}), everything())
    end_s = 62 if drill == "circuit-breaker" else 61
    assert f" of {drill} would end at {end_s} s, after the load, which ends at 60 s; let it last shorter" in str(error.value)


def everything() -> Target:
    """The stand-in with every handle that a drill asks for, at addresses where nothing is."""
    handles = dict.fromkeys(("proxy_api", "suppliers"), "http://127.0.0.1:1")
    return target().model_copy(update={"handles": target().handles | handles})
