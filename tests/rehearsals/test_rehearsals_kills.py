"""Whatever is ended, at whatever stage: the world is healed, nothing runs on, and no PASS is told that is none.

`make kills` tries the whole table (an hour and more); `make test` a few cells of it. Where STORMDRILL_KILLS names a file, each cell's
outcome is a line of it, and cells that have held before are not tried again.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from killing import BRIEF, STAGES, Cell, Tried, cells, reached, sample, untried, victim
from rehearsing import Lab, left_running, said, until

pytestmark = pytest.mark.rehearsal

JOURNAL = os.environ.get("STORMDRILL_KILLS")


def test_the_table_is_large_enough() -> None:
    """Every stage and every process, in at least 150 cells; the sample is of them."""
    table = list(cells())
    assert len(table) >= 150
    assert {cell.stage for cell in table} == set(STAGES)
    assert set(sample()) <= set(table)
    assert len(sample()) == 3


@contextmanager
def noted(cell: Cell) -> Iterator[Tried]:
    """Takes down how a cell goes, held or not."""
    tried, began = Tried(str(cell)), time.monotonic()
    try:
        yield tried
        tried.held = True
    finally:
        tried.seconds = round(time.monotonic() - began, 1)
        if JOURNAL:
            tried.note(Path(JOURNAL))


@pytest.mark.parametrize("cell", untried(Path(JOURNAL)) if JOURNAL else sample(), ids=str)
def test_whatever_is_ended_all_is_healed_and_nothing_runs_on(lab: Lab, cell: Cell) -> None:
    """One cell: reach the stage, send the signal, see the command end, heal once, and look at what is left."""
    with noted(cell) as tried:
        process = lab.start("run", lab.scenario(BRIEF), "--out", str(lab.runs))
        told: list[str] = []
        listening = threading.Thread(target=lambda: told.extend(process.stderr or ()), daemon=True)
        listening.start()
        until(lambda: process.poll() is not None or reached(lab, process.pid, cell.stage, "".join(told)), f"the stage {cell.stage}", 120)
        hit = victim(lab, process.pid, cell.process) if process.poll() is None else None
        if hit is not None:
            hit.send_signal(cell.number)
        code = tried.exit = process.wait(180)
        listening.join(20)
        out, err = (process.stdout.read() if process.stdout else ""), "".join(told)
        if process.stdout and process.stderr:
            process.stdout.close()
            process.stderr.close()
        assert hit is not None, f"there was no {cell.process} to be ended at {cell.stage}\n{err}"
        assert "Traceback" not in err, err
        killed = cell.process == "door" and cell.number is signal.SIGKILL
        assert code in ((-signal.SIGKILL,) if killed else (0, 1, 2, 70)), f"exit {code}\n{out}\n{err}"
        assert cell.may_pass or code != 0, f"PASS although {cell}\n{out}"
        healed = lab.call("heal")
        tried.left = tuple(healed.out.splitlines())
        assert healed.code == 0, said(healed)
        until(lambda: not left_running(lab), "nothing runs on", 30)
        again = lab.call("heal")
        assert (again.code, again.out.strip()) == (0, "nothing was left behind"), said(again)
        if lab.latest.is_dir() and not killed and cell.stage != "judging" and code in (0, 1, 2):
            assert lab.call("judge", str(lab.latest)).code == code, "judging again says another word"
