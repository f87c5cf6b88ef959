"""What is not on this machine is broken and mended through somebody else: from the first question to the healing after a death."""

import json
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from signal import SIGKILL

import pytest
from chaos_plans import scenario
from chaos_support import wait
from chaos_ways import WAYS, Reached, ssh, target, toolkit

from chaos.errors import ChaosError, OutOfReach
from chaos.faults.toolkit_switch import ToolkitSwitch
from chaos.handles.ssh import Ssh
from chaos.handles.switch import SwitchState
from chaos.reach import check_reach
from chaos.registry import plan_steps
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.lease import Lease
from chaos.watchdog.leftovers import heal
from chaos.watchdog.protocol import FaultState, FaultStatus
from scenarios.errors import BadInput
from scenarios.own_code import ALLOW_CODE_VARIABLE
from scenarios.plan.operator_file import OPERATOR_VARIABLE, load_operator
from scenarios.plan.strikes import PlannedDrill
from scenarios.plugins import PATH_VARIABLE
from scenarios.target.model import Target

OWN_HANDLE = '''"""Flags."""
from chaos.handles.handle import Handle

class Flags(Handle):
    """Its probe is amiss."""
    def __init__(self, address): self.address = address
    def probe(self): raise ValueError("no flag")
'''
OWN_DRILL = '''"""A flag."""
from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_cut import LinkCut

class FlagOff(Drill):
    """It is off."""
    facts = DrillFacts(domain="campaign", hypothesis="h", blast_radius="b", access=("flags",))
    def steps(self): return (FaultStep(LinkCut(link="l")),)
'''

DRIVER = """
import os, subprocess, time

def dies():
    os._exit(3)

def prints(word):
    print("noise")
    return word

def fails(word):
    raise RuntimeError("no entry with " + word)

def hangs():
    child = subprocess.Popen(["sleep", "600"])
    open({pid!r}, "w").write(str(child.pid))
    time.sleep(600)
"""

BESIDE = """
from pathlib import Path

def stands():
    return Path(__file__).with_name("core").read_text()

def turn(way):
    Path(__file__).with_name("core").write_text(way)
"""


@pytest.fixture(autouse=True)
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator's file and a folder of the test's own, and code that is allowed."""
    monkeypatch.setenv(OPERATOR_VARIABLE, str(tmp_path / "operator.yaml"))
    monkeypatch.setenv(ALLOW_CODE_VARIABLE, "1")
    (tmp_path / "own").mkdir()
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "own"))


def until(watchdog: WatchdogClient, wanted: FaultState) -> FaultStatus:
    """The latest fault, once it is in a state."""
    wait(lambda: watchdog.faults()[-1].state is wanted, f"the fault is {wanted}: {watchdog.faults()[-1]}", 30)
    return watchdog.faults()[-1]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_keeps_the_contract(way: Callable[[Path], AbstractContextManager[Reached]], tmp_path: Path, leases: Path) -> None:
    """The probe proves what was done; what is broken already is left alone; an undo may come twice.

    It may come from the lease alone, when the watchdog is dead. What is not there, or not to be reached, is refused before the load.
    """
    with way(tmp_path) as reached:
        handles = Handles.of(reached.target, {})
        (step,) = plan_steps(PlannedDrill(drill=reached.drill, at="1 s", settings=reached.settings))
        check_reach(scenario(reached.drill, settings=reached.settings), reached.target, {})
        with pytest.raises(BadInput) as missing:
            check_reach(scenario(reached.drill, settings=reached.wrong[0]), reached.target, {})
        assert reached.wrong[1] in str(missing.value)
        assert reached.whole()
        with WatchdogClient(handles, leases=leases) as watchdog:
            watchdog.inject(step.fault)
            struck = until(watchdog, FaultState.EFFECTIVE)
            assert not reached.whole()
            (file,) = leases.glob("*.json")
            lease = Lease.model_validate_json(file.read_text())
            assert reached.unsaid not in file.read_text()
            assert step.fault.by_hand(lease.target)
            with pytest.raises(ChaosError, match=r"before it is touched|already"):
                watchdog.inject(step.fault)
            watchdog.undo(struck.lease)
            until(watchdog, FaultState.HEALED)
            assert reached.whole()
            step.fault.undo(handles, lease.target)
            assert reached.whole()
            watchdog.inject(step.fault)
            until(watchdog, FaultState.EFFECTIVE)
            os.kill(watchdog.pid, SIGKILL)
        assert not reached.whole()
        (healing,) = heal(leases)
        assert healing.healed, healing
        assert reached.whole()
        assert not list(leases.glob("*.json"))
    began = time.monotonic()
    with pytest.raises(BadInput, match=f"^drill {reached.drill} cannot be: .*") as gone:
        check_reach(scenario(reached.drill, settings=reached.settings), reached.target, {})
    assert "\n" not in str(gone.value)
    assert time.monotonic() - began < 20


def test_a_handle_of_a_users_own_that_raises_is_named_before_the_load(tmp_path: Path) -> None:
    """With its file and line."""
    for place, text in (("handles/flags.py", OWN_HANDLE), ("drills/flag_off.py", OWN_DRILL)):
        path = tmp_path / "own" / "chaos" / place
        path.parent.mkdir(parents=True)
        path.write_text(text)
    with pytest.raises(BadInput, match=r"flags.py:7: drill flag-off cannot be: handle flags: ValueError: no flag"):
        check_reach(scenario("flag-off"), target(handles={"flags": "http://127.0.0.1:1"}), {})


def test_ssh_trusts_no_unknown_host_and_says_what_a_command_came_to(tmp_path: Path) -> None:
    """What neither whole nor broken is, is said; a command that fails is; and no user's name becomes an option."""
    with ssh(tmp_path) as reached:
        handle, rules = Handles.of(reached.target, {}).ssh(), Path(os.environ[OPERATOR_VARIABLE])
        rules.write_text(rules.read_text().replace("'inject': 'echo down", "'inject': 'echo no such core >&2; exit 3; echo down"))
        with pytest.raises(OutOfReach, match=r": the inject of outage: exit code 3 no such core$"):
            handle.inject("outage")
        (tmp_path / "core").write_text("sideways\n")
        assert handle.state("outage") is SwitchState.NEITHER
        (tmp_path / "known hosts").write_text("")
        with pytest.raises(OutOfReach, match=r"no connection \(Host key verification failed\.\)"):
            handle.probe()


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ("-oProxyCommand=true", "leads to no machine; allowed: ssh://HOST:PORT"),
        ("", "leads to no machine; allowed: ssh://HOST:PORT"),
        ("a%00b", r"its user is 'a\\x00b'; allowed: a name without blanks and unprintable characters$"),
        ("a%20b", r"its user is 'a b'; allowed: a name without"),
        ("a+b", r"its user is 'a b'; allowed: a name without"),
        ("a%1b%5b2Jb", r"its user is 'a\\x1b\[2Jb'; allowed: a name without"),
        ("%e2%80%aeb", r"its user is '\\u202eb'; allowed: a name without"),
        ("a\ud800b", r"its user is 'a\\ud800b'; allowed: a name without"),
    ],
)
def test_a_user_that_is_none_is_refused_before_ssh_is_called(user: str, says: str) -> None:
    """Nothing of an address becomes an option, or an argument that cannot be."""
    with pytest.raises(OutOfReach, match=says):
        Ssh(f"ssh://127.0.0.1:2222?user={user}").probe()


@pytest.mark.parametrize("place", ["identity", "state"])
def test_a_zero_byte_in_what_the_operator_says_is_refused_with_its_line(tmp_path: Path, place: str) -> None:
    """No command and no path can have one."""
    switch = "state: 'up', whole: 'up', broken: 'down', inject: 'true', undo: 'true'"
    switch = switch.replace("state: 'up'", 'state: "u\\0p"') if place == "state" else switch
    identity = r"/a\0b" if place == "identity" else "/a"
    operator = tmp_path / "operator.yaml"
    operator.write_text(f'ssh:\n  identity: "{identity}"\n  switches:\n    outage: {{{switch}}}\n')
    with pytest.raises(
        BadInput, match=rf"operator.yaml:\d: ssh\..*{place}: '.*' holds a zero byte, which no command and no path can have$"
    ):
        load_operator(operator)


def test_code_of_somebody_elses_wants_to_be_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the target's file names; refused before the load, and so is what is not installed or has another shape."""
    with toolkit(tmp_path) as reached:
        monkeypatch.delenv(ALLOW_CODE_VARIABLE)
        with pytest.raises(BadInput, match="get_proxy_attribute is code of somebody else's; allow it with: stormdrill --allow-code"):
            check_reach(scenario(reached.drill), reached.target, {})
        monkeypatch.setenv(ALLOW_CODE_VARIABLE, "1")
        tree = reached.target.model_dump(mode="json", exclude_unset=True)
        for undo, says in (
            ({"call": "chaostoxi.proxy.actions.enable_prox", "arguments": {"proxy_name": "link"}}, "enable_prox"),
            ({"call": "chaostoxi.proxy.actions.enable_proxy"}, "proxy_name"),
            ({"call": "chaosnothing.actions.mend"}, "chaosnothing.actions"),
        ):
            tree["toolkit"]["switches"]["outage"]["undo"] = undo
            with pytest.raises(BadInput, match=says):
                check_reach(scenario(reached.drill), Target.model_validate(tree), {})


def test_a_driver_that_hangs_or_ends_its_process_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing but an OutOfReach comes of it, without the secret that it was given; what it has started goes with it."""
    (tmp_path / "driver.py").write_text(DRIVER.format(pid=str(tmp_path / "pid")))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("WORD", 'word"secret')

    def state(call: str, **arguments: str) -> SwitchState:
        activity = {"call": f"driver.{call}", "arguments": arguments}
        switch = {"state": activity, "whole": 'word"secret', "broken": "b", "inject": activity, "undo": activity}
        return Handles.of(target(secrets=["WORD"], toolkit={"switches": {"outage": switch}}), {}).toolkit().state("outage")

    assert state("prints", word="{secret.WORD}") is SwitchState.WHOLE
    assert state("prints", word="b") is SwitchState.BROKEN
    assert state("prints", word="c") is SwitchState.NEITHER
    with pytest.raises(OutOfReach, match=r"driver.fails: RuntimeError: no entry with") as failed:
        state("fails", word="{secret.WORD}")
    assert "secret" not in str(failed.value)
    with pytest.raises(OutOfReach, match=r"driver.dies: exit code 3"):
        state("dies")
    monkeypatch.setattr("chaos.handles.chaos_toolkit._CALL_S", 3.0)
    with pytest.raises(OutOfReach, match=r"driver.hangs: does not end within 3 s"):
        state("hangs")
    child = tmp_path / "pid"  # where the machine was slow, it had not come so far as to start anything
    wait(lambda: not child.exists() or gone(int(child.read_text() or 0)), "what it has started is gone")


def beside_the_experiment(folder: Path) -> Target:
    """A target whose actions are functions of a file that lies there, and reached from there alone."""
    folder.mkdir()
    (folder / "beside.py").write_text(BESIDE)
    (folder / "core").write_text("up")
    turn = {way: {"call": "beside.turn", "arguments": {"way": way}} for way in ("up", "down")}
    switch = {"state": {"call": "beside.stands"}, "whole": "up", "broken": "down", "inject": turn["down"], "undo": turn["up"]}
    return target(toolkit={"switches": {"outage": switch}})


@pytest.mark.parametrize("older", [False, True])
def test_what_code_beside_an_experiment_broke_is_healed_from_anywhere(
    tmp_path: Path, leases: Path, monkeypatch: pytest.MonkeyPatch, *, older: bool
) -> None:
    """The lease has the folder; one that has none yet is healed from there, as ever."""
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    far = beside_the_experiment(there)
    elsewhere.mkdir()
    monkeypatch.chdir(there)
    with WatchdogClient(Handles.of(far, {}), leases=leases, lease_s=60) as watchdog:
        watchdog.inject(ToolkitSwitch(switch="outage"))
        (file,) = leases.glob("*.json")
        os.kill(watchdog.pid, SIGKILL)
    assert (there / "core").read_text() == "down"
    monkeypatch.chdir(elsewhere)
    if older:
        tree = json.loads(file.read_text())
        del tree["handles"]["toolkit_access"]["folder"]
        file.write_text(json.dumps(tree))
        (healing,) = heal(leases)
        assert "beside" in healing.detail
        monkeypatch.chdir(there)
    (healing,) = heal(leases)
    assert healing.healed, healing
    assert (there / "core").read_text() == "up"


def test_a_folder_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what lay in it is not found; ours is taken for it, so that whoever has moved it calls from there."""
    far = beside_the_experiment(tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    toolkit = Handles.of(far, {}).toolkit()
    (tmp_path / "there").rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutOfReach, match=rf"^beside.stands: .*; {tmp_path}/there is gone, where it was called from before: call this from"):
        toolkit.state("outage")
    monkeypatch.chdir(tmp_path / "moved")
    assert toolkit.state("outage") is SwitchState.WHOLE


def test_a_target_without_toolkit_tells_no_folder() -> None:
    """A lease says no more than its undo needs."""
    assert Handles.of(target(), {}).toolkit_access.folder is None


def gone(pid: int) -> bool:
    """Whether a process has ended; whose parent died may stay as a zombie for a while."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or ") Z " in stat.read_text()
