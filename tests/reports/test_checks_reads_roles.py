"""A check says which tables it cannot do without, so that the door can say before the load what will prove nothing."""

from pathlib import Path

import pytest
from handmade_stories import healthy, said

from scenarios.plugins import CHECK, SCENARIO, load_scenario, load_target, modules, names
from stormdrill.rehearsal.validation import unplayable, unread

ROLES = {"grants": "effects", "redpackets": "effects", "transfers": "effects"}


@pytest.mark.parametrize("role", ["effects", "stock", "ledger", "accounts", "windows"])
def test_exactly_what_says_that_it_reads_a_table_proves_nothing_without_it(tmp_path: Path, role: str) -> None:
    """The others judge on."""
    story = healthy(tmp_path / "run")
    tables: dict[str, object] = story.target["readback"]["tables"]  # type: ignore[index,assignment]  # a mapping
    for name in [name for name in tables if ROLES.get(name, name) == role]:
        del tables[name]
    invalid = {finding.check for finding in said(story).values() if finding.status == "INVALID"}
    assert invalid == {name for name, check in modules(CHECK) if role in getattr(check, "READS", ())}


def test_what_will_prove_nothing_is_said_with_what_to_do() -> None:
    """Neither of a target that has all its tables, nor of a check that is waived."""
    smoke, embedded = load_scenario("smoke"), load_target("embedded")
    assert unread(smoke, embedded) == []
    assert embedded.readback is not None
    tables = {name: table for name, table in embedded.readback.tables.items() if table.role != "ledger"}
    lesser = embedded.model_copy(update={"readback": embedded.readback.model_copy(update={"tables": tables})})
    (sentence,) = unread(smoke, lesser)
    assert sentence == (
        "double-entry will prove nothing: embedded reads back no ledger; add a table with role: ledger, "
        "or to smoke waive: [{check: double-entry, reason: …}]"
    )
    waiving = smoke.model_validate(smoke.model_dump() | {"waive": [{"check": "double-entry", "reason": "it keeps no ledger of its own"}]})
    assert unread(waiving, lesser) == []


def test_a_journey_that_breaks_for_what_is_not_mapped_is_said() -> None:
    """Before the load, with all that it lacks; what is asked only where it is offered is not missed, and neither is what nobody plays."""
    smoke, embedded = load_scenario("smoke"), load_target("embedded")
    assert unplayable(smoke, embedded) == []
    lesser = embedded.model_copy(
        update={"operations": {name: each for name, each in embedded.operations.items() if name not in ("zone.get", "coupon.redeem")}}
    )
    said = unplayable(smoke, lesser)
    assert (
        "the journey flash-sale breaks where it asks for coupon.redeem, zone.get, which embedded does not map; "
        "map them, or leave flash-sale out of the mix of smoke"
    ) in said
    calm = smoke.model_copy(update={"mix": {"flash-sale": 0, "bill-payment": 1}})
    assert unplayable(calm, lesser) == []


@pytest.mark.parametrize("name", names(SCENARIO))
def test_each_scenario_of_ours_can_be_played_on_our_world(name: str) -> None:
    """Also journeys that put the name of an operation together while they go."""
    assert unplayable(load_scenario(name), load_target("embedded")) == []
