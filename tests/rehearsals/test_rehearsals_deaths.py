"""Whoever dies, the world is healed, and what was written is judged."""

import os
import signal
from contextlib import suppress
from ipaddress import ip_address
from socket import SOCK_DGRAM

import psutil
import pytest
from rehearsing import DRILLED, SHORT, Lab, left_running, load_makers, processes, said, until

pytestmark = pytest.mark.rehearsal

FROZEN = DRILLED | {"drills": [DRILLED["drills"][0] | {"drill": "primary-freeze"}]}


def effective(lab: Lab) -> bool:
    """Whether a fault is in effect."""
    return lab.latest.is_dir() and bool(lab.events("fault.effective"))


def watchdog_pid(lab: Lab) -> int:
    """The watchdog's process."""
    return int(lab.events("watchdog.started")[0]["pid"])


def listening(lab: Lab) -> dict[str, set[str]]:
    """Addresses at which processes of the lab's runs take connections or datagrams, by process."""
    found: dict[str, set[str]] = {}
    for process in processes(lab, ""):
        with suppress(psutil.Error):
            sockets = process.net_connections("inet")
            places = {at.laddr.ip for at in sockets if at.laddr and (at.status == psutil.CONN_LISTEN or at.type == SOCK_DGRAM)}
            if places:
                found[f"{process.pid}: {' '.join(process.cmdline())}"] = places
    return found


def test_a_killed_rehearsal_is_healed_and_judged_as_partial(lab: Lab) -> None:
    """Kill -9 of the door in mid-fault: the watchdog undoes it, or finds the world gone with its owner; `judge` gives a partial verdict."""
    process = lab.start("run", lab.scenario(DRILLED), "--out", str(lab.runs))
    until(lambda: effective(lab), "a fault in effect")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    until(lambda: not psutil.pid_exists(watchdog_pid(lab)), "the watchdog has ended")
    gone = [event for event in lab.events("fault.failed") if event["reason"].startswith("its world is gone")]
    assert lab.events("fault.undone")
    assert lab.events("fault.healed") or gone
    healed = lab.call("heal")
    assert healed.code == 0, said(healed)
    until(lambda: not left_running(lab), "nothing runs on")
    again = lab.call("heal")
    assert (again.code, again.out.strip()) == (0, "nothing was left behind"), said(again)
    judged = lab.call("judge", str(lab.latest))
    assert judged.code == 2, said(judged)
    assert lab.verdict()["verdict"] == "INVALID"
    assert lab.verdict()["traffic"]["sent"] > 0


def test_a_killed_watchdog_stops_the_run_which_heals_and_says_so(lab: Lab) -> None:
    """Kill -9 of the watchdog in mid-fault."""
    process = lab.start("run", lab.scenario(DRILLED), "--out", str(lab.runs))
    until(lambda: effective(lab), "a fault in effect")
    os.kill(watchdog_pid(lab), signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2, f"{out}\n{err}"
    assert "the watchdog died: stopping and healing" in err
    assert lab.events("watchdog.lost")
    assert lab.events("fault.healed")
    assert not lab.events("run.leftover")
    assert not left_running(lab)
    nothing = lab.call("heal")
    assert (nothing.code, nothing.out.strip()) == (0, "nothing was left behind")


def test_ctrl_c_heals_and_judges_what_there_is(lab: Lab) -> None:
    """One Ctrl-C in mid-fault: healed, judged, said to be partial."""
    process = lab.start("run", lab.scenario(FROZEN), "--out", str(lab.runs))
    until(lambda: effective(lab), "a fault in effect")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2, f"{out}\n{err}"
    assert out.startswith("INVALID")
    assert "partial" in out + err
    assert lab.events("fault.healed")
    assert not left_running(lab)


def test_a_run_refuses_to_start_over_leftovers(lab: Lab) -> None:
    """Rehearsal, watchdog and guardian die: the next run says what to do, and heal does it. None of it was reached from elsewhere."""
    process = lab.start("run", lab.scenario(FROZEN), "--workers", "2", "--web", "--out", str(lab.runs))
    until(lambda: effective(lab), "a fault in effect")
    heard = listening(lab)
    for word in ("campaign.py", "bin/postgres", "haproxy", "linkproxy", "mock_bank.suppliers", "supervisor.main", "services.node"):
        assert any(word in who for who in heard), f"{word} listens nowhere: {heard}"
    assert {who: where for who, where in heard.items() if not all(ip_address(ip).is_loopback for ip in where)} == {}
    for guardian in processes(lab, "chaos.watchdog.last_healer"):
        guardian.kill()
    os.kill(watchdog_pid(lab), signal.SIGKILL)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    refused = lab.rehearse(SHORT)
    assert refused.code == 64, said(refused)
    assert "run: stormdrill heal" in refused.err
    healed = lab.call("heal")
    assert healed.code == 0, said(healed)
    until(lambda: not left_running(lab), "nothing runs on")


def test_a_lost_load_process_makes_the_run_invalid(lab: Lab) -> None:
    """Kill -9 of one of two load processes: half the crowd is gone, and the run says so."""
    process = lab.start("run", lab.scenario(SHORT), "--workers", "2", "--out", str(lab.runs))
    until(lambda: lab.latest.is_dir() and len(lab.events("load.health")) > 2, "load under way")
    makers = load_makers(lab)
    assert len(makers) == 2
    makers[0].kill()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2, f"{out}\n{err}"
    assert lab.finding("processes")["status"] == "INVALID"
    assert "load process load-" in lab.finding("processes")["detail"]
    assert not left_running(lab)
