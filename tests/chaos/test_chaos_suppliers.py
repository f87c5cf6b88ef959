"""The fault of a supplier's dial, over the suppliers' real process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos_support import wait
from pydantic import ValidationError

from chaos.errors import NoTarget, OutOfReach
from chaos.handles.suppliers import Suppliers
from chaos.registry import all_drills, build_fault
from chaos.target_handles import Handles
from mock_bank.layout.ports import free_ports
from mock_bank.services.campaign.dependencies.dependencies import POLICIES

CONTROL = "control-token"


@pytest.fixture(scope="module")
def handles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handles]:
    """A topology that names the suppliers, and this process as the world's first."""
    folder = tmp_path_factory.mktemp("suppliers")
    config, topology = folder / "suppliers.json", folder / "topology.json"
    (port,) = free_ports(1)
    told = {"host": "127.0.0.1", "port": port, "ledger": str(folder / "suppliers.jsonl")}
    config.write_text(json.dumps(told | {"control_token": CONTROL, "services_token": "services"}))
    url = f"http://127.0.0.1:{port}"
    started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    world = {"pid": os.getpid(), "started": started, "supervisor": {"url": url}, "control_token": CONTROL}
    topology.write_text(json.dumps(world | {"suppliers": {"url": url}}))
    with subprocess.Popen([sys.executable, "-m", "mock_bank.suppliers", str(config)], start_new_session=True) as process:
        wait(lambda: _lives(url), "the suppliers answer")
        yield Handles(topology_file=topology)
        process.terminate()
        process.wait(10)


def _lives(url: str) -> bool:
    try:
        Suppliers(url).probe()
    except OutOfReach:
        return False
    return True


@pytest.mark.parametrize(
    ("dial", "value"),
    [("errors", 1.0), ("blackhole", 1.0), ("unanswered", 1.0), ("latency_ms", 150.0), ("duplicates", 0.5), ("out_of_order", 0.5)],
)
def test_a_dial_is_shown_to_be_turned_and_put_to_rest_again(handles: Handles, dial: str, value: float) -> None:
    """Not before it is turned, and not after; a second undo is none too many."""
    fault = build_fault("supplier-dial", {"supplier": "sms", "dial": dial, "value": value})
    target = fault.find_target(handles)
    assert not fault.is_effective(handles, target).holds
    assert fault.is_healed(handles, target).holds
    fault.inject(handles, target)
    shown = fault.is_effective(handles, target)
    assert shown.holds, shown.evidence
    assert not fault.is_healed(handles, target).holds
    for _ in range(2):
        fault.undo(handles, target)
    assert fault.is_healed(handles, target).holds
    assert not fault.is_effective(handles, target).holds


def test_a_dial_that_somebody_else_has_turned_is_left_alone(handles: Handles) -> None:
    """Putting it to rest would not be ours."""
    handles.suppliers().turn("biller", "errors", 0.2)
    with pytest.raises(NoTarget, match=r"errors of biller stands at 0\.2 already"):
        build_fault("supplier-dial", {"supplier": "biller", "dial": "errors", "value": 1.0}).find_target(handles)
    handles.suppliers().turn("biller", "errors", None)


def test_two_dials_of_one_supplier_are_undone_one_by_one(handles: Handles) -> None:
    """What the first undo puts to rest is its own dial alone."""
    erring = build_fault("supplier-dial", {"supplier": "risk", "dial": "errors", "value": 1.0})
    silent = build_fault("supplier-dial", {"supplier": "risk", "dial": "blackhole", "value": 1.0})
    targets = [erring.find_target(handles), silent.find_target(handles)]
    erring.inject(handles, targets[0])
    silent.inject(handles, targets[1])
    silent.undo(handles, targets[1])
    assert silent.is_healed(handles, targets[1]).holds
    assert erring.is_effective(handles, targets[0]).holds
    erring.undo(handles, targets[0])


def test_a_world_without_suppliers_has_none_that_could_fail(handles: Handles, tmp_path: Path) -> None:
    """One sentence."""
    assert handles.topology_file is not None
    told = json.loads(handles.topology_file.read_text())
    del told["suppliers"]
    (tmp_path / "topology.json").write_text(json.dumps(told))
    with pytest.raises(NoTarget, match="the world has no suppliers"):
        Handles(topology_file=tmp_path / "topology.json").suppliers()


@pytest.mark.parametrize(
    "fields",
    [{"dial": "errors", "value": 1.5}, {"dial": "latency_ms", "value": 20_000}, {"dial": "errors", "value": 0}, {"dial": "x", "value": 1}],
)
def test_a_dial_that_cannot_be_turned_so_is_refused_before_the_run(fields: dict[str, object]) -> None:
    """By the fault's own fields."""
    kind = type(build_fault("supplier-dial", {"supplier": "sms", "dial": "errors", "value": 1.0}))
    with pytest.raises(ValidationError):
        kind.model_validate({"supplier": "sms", **fields})


def test_a_drill_lets_no_more_probes_through_than_the_breaker_it_breaks() -> None:
    """The bank's has two, and those of suppliers five: a bound for all would let the bank's go wrong unseen."""
    bounds = {}
    for name, drill in all_drills().items():
        for gate in drill.facts.gates:
            if gate.startswith("half-open probes <= "):
                fields = drill.model_validate({}).steps()[0].fault.model_dump()
                dependency = fields.get("supplier") or fields["link"].partition(".")[2]
                bounds[name] = int(gate.rpartition(" ")[2]), POLICIES[dependency].probes
    assert bounds["bank-errors"] == bounds["bank-slow"] == bounds["bank-silent"] == (2, 2)
    assert {name: bound for name, bound in bounds.items() if bound[0] != bound[1]} == {}
