"""A whole world that Patroni leads; where Patroni is not installed these are skipped (`make patroni` installs it and runs them)."""

import importlib.util
from pathlib import Path

import pytest
from world_lab import kill, running, until, world

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("patroni") is None or importlib.util.find_spec("pysyncobj") is None,
    reason="Patroni is not installed: uv sync --extra patroni",
)


def test_patroni_has_the_other_one_lead_while_nobody_supervises_and_down_leaves_nothing(tmp_path: Path) -> None:
    """Supervisor and primary die together: the standby leads, the next supervisor takes agents and servers over, a switch leads back."""
    with world(tmp_path / "world", "--failover", "patroni") as bank:
        before, since = bank.topology(), bank.last_seq()
        first, agents = bank.database("primary"), {agent["name"]: agent["pid"] for agent in before["agents"]}
        assert before["failover"] == "patroni"
        kill(before["supervisor"]["pid"])
        kill(first["pid"])
        until(bank.answers, "the next supervisor's API", 30)
        until(lambda: bank.database("primary")["name"] != first["name"], "the other one leads", 40)
        bank.event("supervisor-back", since)
        bank.healthy()
        after = bank.topology()
        assert {agent["name"]: agent["pid"] for agent in after["agents"]} == agents
        bank.ask("POST", "/switch", json={"to": first["name"]})
        until(lambda: bank.database("primary")["name"] == first["name"], "the former one leads again", 40)
        bank.healthy()
        everything = {part["pid"] for kind in ("databases", "agents", "gateways", "nodes") for part in bank.topology()[kind]}
    assert not [pid for pid in everything if running(pid)]
