"""What a world tells to a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scenarios.errors import BadInput
from scenarios.plugins import load_target
from scenarios.target.model import Target
from scenarios.target.world_facts import flattened, world_statics

TREE = {
    "supervisor": {"url": "u"},
    "gateways": [{"name": f"gateway-{c}", "campaign": c, "bank": "b", "socket": "/s", "db": "d"} for c in "ab"],
    "proxy_api": "p",
    "suppliers": {"url": "s"},
    "operator_token": "t",
    "control_token": "steer",
    "people": dict.fromkeys(("head-of-risk", "president", "intern"), "mine"),
    "database": {"name": "n", "user": "r", "password": "word"},
}


def test_a_topology_is_known_by_paths_and_its_secrets_only_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that the target uses, nothing else; no secret among them."""
    declared = (
        "OPERATOR_TOKEN",
        "CONTROL_TOKEN",
        "DATABASE_TOKEN",
        "PERSON_HEAD_OF_RISK_TOKEN",
        "PERSON_PRESIDENT_TOKEN",
        "PERSON_INTERN_TOKEN",
    )
    for name in declared:
        monkeypatch.setenv(f"STORMDRILL_{name}", "before")
    statics = world_statics(load_target("embedded"), flattened(TREE), None)
    assert statics["topology.gateways.gateway-a.campaign"] == "a"
    assert statics["topology.supervisor.url"] == "u"
    assert not {"t", "steer", "word", "mine"} & set(statics.values())


def test_what_the_world_does_not_have_is_named() -> None:
    """One sentence, before anything is sent."""
    with pytest.raises(BadInput, match=r"names topology\.\S+, which the world does not have"):
        world_statics(load_target("embedded"), flattened(TREE | {"gateways": []}), None)


@pytest.mark.parametrize("place", ["health", "events"])
def test_the_systems_own_health_and_events_are_asked_with_declared_secrets_only(place: str) -> None:
    """A header that names anything else is refused where it stands."""
    target = load_target("embedded").model_dump(mode="json", by_alias=True, exclude_unset=True)
    target[place]["headers"] = {"X-Token": "{secret.HOME}"}
    with pytest.raises(ValidationError, match=r"\{secret\.HOME\} is none of the declared secrets"):
        Target.model_validate(target)


@given(
    st.recursive(
        st.integers() | st.text(), lambda inner: st.dictionaries(st.text("abc", min_size=1), inner) | st.lists(inner), max_leaves=20
    )
)
def test_any_tree_is_flattened(tree: object) -> None:
    """Without a crash, to values that are no trees."""
    assert not any(isinstance(value, (dict, list)) for value in flattened(tree).values())
