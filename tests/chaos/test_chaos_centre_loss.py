"""A lost centre is one fault: every part that stands there at one instant, no part that stands elsewhere."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chaos_standin import started, state

from chaos.errors import NoTarget, OutOfReach
from chaos.fault import FaultTarget, Scope
from chaos.faults.centre_loss import CentreLoss
from chaos.target_handles import Handles

PARTS = {"gateways": ("gateway-a", "gateway-b"), "nodes": ("bank-a", "bank-b"), "databases": ("db-a", "db-b")}


@pytest.fixture
def parts() -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """Two centres' processes, each with one of its own."""
    with ExitStack() as ending:
        found = {}
        for name in (name for names in PARTS.values() for name in names):
            found[name] = ending.enter_context(subprocess.Popen(["/bin/sh", "-c", "echo; sleep 60 & wait"], stdout=subprocess.PIPE))
            ending.callback(found[name].kill)
            assert found[name].stdout.readline() == b"\n"  # type: ignore[union-attr]  # it is a pipe
        yield found


def described(folder: Path, parts: dict[str, "subprocess.Popen[bytes]"], primary: str) -> Handles:
    """Their topology, with this process as the world's first."""

    def part(name: str) -> dict[str, object]:
        role = ("primary" if name == primary else "standby") if name.startswith("db") else name[:-2]
        process = {"pid": parts[name].pid, "started": started(parts[name].pid)}
        return {"name": name, "role": role, "datacentre": name[-1].upper(), **process}

    document = {"pid": os.getpid(), "started": started(os.getpid()), "supervisor": {"url": "http://127.0.0.1:1"}}
    document |= {kind: [part(name) for name in names] for kind, names in PARTS.items()}
    (folder / "topology.json").write_text(json.dumps(document))
    return Handles(topology_file=folder / "topology.json")


@pytest.mark.parametrize(("primary", "given", "hit"), [("db-a", "", "a"), ("db-b", "", "b"), ("db-b", "A", "a")])
def test_all_of_the_centre_and_nothing_else_is_killed(
    tmp_path: Path, parts: dict[str, "subprocess.Popen[bytes]"], primary: str, given: str, hit: str
) -> None:
    """By default the primary's; first the head of each part, then what it has started."""
    handles, fault = described(tmp_path, parts, primary), CentreLoss(datacentre=given)
    target = fault.find_target(handles)
    assert target.part == f"centre {hit.upper()}"
    assert [victim.pid for victim in target.processes[:3]] == [parts[f"{name}-{hit}"].pid for name in ("bank", "db", "gateway")]
    assert str(target) == f"centre {hit.upper()}: bank-{hit}, db-{hit}, gateway-{hit}"
    assert not fault.is_effective(handles, target).holds
    fault.inject(handles, target)
    for name in ("gateway", "bank", "db"):
        parts[f"{name}-{hit}"].wait(30)
    until_effective(fault, handles, target)
    assert {name for name, part in parts.items() if part.poll() is None} == {name for name in parts if name[-1] != hit}


def test_a_centre_that_hangs_goes_on_as_it_was_where_nobody_has_ended_it(
    tmp_path: Path, parts: dict[str, "subprocess.Popen[bytes]"]
) -> None:
    """Every process of it is stopped; what its owner ended meanwhile is no part of it any more, and needs no waking."""
    handles, fault = described(tmp_path, parts, "db-a"), CentreLoss(how="freeze")
    target = fault.find_target(handles)
    fault.inject(handles, target)
    try:
        until_effective(fault, handles, target)
        assert {name for name, part in parts.items() if state(part.pid) == "T"} == {"gateway-a", "bank-a", "db-a"}
        parts["db-a"].kill()
        parts["db-a"].wait(30)
        assert fault.is_effective(handles, target).holds
    finally:
        with pytest.raises(OutOfReach):  # nobody is there to be asked for the rest
            fault.undo(handles, target)
    assert all(state(parts[name].pid) != "T" for name in ("gateway-a", "bank-a"))


def until_effective(fault: CentreLoss, handles: Handles, target: FaultTarget) -> None:
    """Its own probe shows the effect."""
    deadline = time.monotonic() + 30
    while not fault.is_effective(handles, target).holds:
        assert time.monotonic() < deadline, fault.is_effective(handles, target).evidence
        time.sleep(0.01)


def test_a_centre_without_a_database_is_none(tmp_path: Path, parts: dict[str, "subprocess.Popen[bytes]"]) -> None:
    """It is named, and what there is."""
    with pytest.raises(NoTarget, match="no living database datacentre=C"):
        CentreLoss(datacentre="C").find_target(described(tmp_path, parts, "db-a"))


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        (Scope(kind="node", name="bank-a"), True),
        (Scope(kind="database"), True),
        (Scope(kind="gateway", datacentre="A"), True),
        (Scope(kind="node", datacentre="B"), False),
        (Scope(kind="centre", datacentre="B"), False),
        (Scope(kind="link", name="a-b.replication"), False),
    ],
)
def test_a_strike_on_a_part_of_the_centre_may_hit_the_same(other: Scope, overlap: bool) -> None:  # noqa: FBT001 - a table's column
    """Whichever of the two comes first."""
    centre = CentreLoss(datacentre="A").scope()
    assert (centre.overlaps(other), other.overlaps(centre)) == (overlap, overlap)
