"""The examples of docs/extending.md: copied into a folder outside the checkout, found, held to their contracts, rehearsed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from scenarios.plugins import CONTRACTS, PATH_VARIABLE, PROJECT, discover, load_scenario, load_target, modules
from scenarios.run.event_kinds import PluginFailed
from scenarios.run.events import of_kind
from scenarios.run.folder import open_run
from stormdrill.cli import run_command_line

PAGE = PROJECT / "docs" / "extending.md"
ADDRESS = "http://127.0.0.1:18800"
TRUST = "trust: {dispatch_lag_p99_ms: 1000, stall_ms: 5000}\n"
"""Wide: this is about what the run means, not about this machine's speed."""
EXAMPLES = dict(re.findall(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))


@dataclass(frozen=True)
class Bank:
    """A bank's own folder, and its raffle."""

    folder: Path
    url: str

    def call(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs a command to its end, beside other rehearsals of this machine."""
        own = {
            "PYTHONPATH": str(PROJECT),
            "TMPDIR": str(self.folder.parent / "tmp"),
            "STORMDRILL_OPERATOR": str(self.folder.parent / "operator"),
        }
        command = [sys.executable, "-P", "-m", "stormdrill", *arguments]  # as its script is called
        return subprocess.run(
            command, cwd=self.folder.parent, env=os.environ | own, capture_output=True, text=True, check=False, timeout=240
        )


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    """The examples, the target's address that of a raffle on a free port, and an operator who allows it."""
    with subprocess.Popen([sys.executable, str(PROJECT / "tests" / "raffle.py")], stdout=subprocess.PIPE, text=True) as raffle:
        assert raffle.stdout is not None
        bank = Bank(tmp_path / "my-bank", raffle.stdout.readline().strip())
        for path, text in EXAMPLES.items():
            file = bank.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace(ADDRESS, bank.url) + (TRUST if path.startswith("scenarios/catalog/") else ""), "utf-8")
        (tmp_path / "tmp").mkdir()
        (tmp_path / "copy.py").write_text("raise SystemExit('no module of anybody: it lies where the user stands')")
        (tmp_path / "operator").write_text(json.dumps({"hosts": ["127.0.0.1"]}))
        try:
            yield bank
        finally:
            raffle.terminate()


def test_the_page_has_one_example_for_each_kind() -> None:
    """Each in the folder of its kind."""
    for contract in CONTRACTS:
        assert [path for path in EXAMPLES if path.startswith(f"{contract.folder}/") and path.endswith(contract.suffix)], contract.kind
    assert len(EXAMPLES) == len(CONTRACTS)


def test_every_example_is_found_and_keeps_its_contract(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name, loaded from the bank's folder, and listed."""
    monkeypatch.setenv(PATH_VARIABLE, str(bank.folder))
    monkeypatch.setenv("COLUMNS", "200")
    for contract in CONTRACTS:
        (path,) = [bank.folder / path for path in EXAMPLES if path.startswith(f"{contract.folder}/")]
        name = path.stem.replace("_", "-")
        assert discover(contract.folder, contract.suffix)[name] == path
        if contract.suffix == ".py":
            module = dict(modules(contract))[name]
            assert (module.__file__, module.__name__) == (str(path), f"{contract.package}.{path.stem}")
        assert run_command_line(["list", contract.plural]) == 0
        assert name in capsys.readouterr().out
    assert load_target(load_scenario("raffle-night").target).name == "raffle"


def test_the_whole_story_is_rehearsed(bank: Bank) -> None:
    """The last call of the page: PASS, with the bank's own drill, check, section and outlet in it."""
    call = re.findall(r"^stormdrill (run .*--metrics .*)$", PAGE.read_text("utf-8"), re.MULTILINE)[-1]
    done = bank.call(*call.split(), "--out", "runs")
    assert done.returncode == 0, done.stdout + done.stderr
    run = (bank.folder.parent / "runs" / "latest").resolve()
    verdict = json.loads((run / "verdict.json").read_text())
    found = {finding["id"]: finding for finding in verdict["findings"]}
    assert found["one-ticket-each"]["status"] == "PASS"
    assert not found["one-ticket-each"]["detail"].startswith("0 members")
    assert [recovery["drill"] for recovery in verdict["recovery"]] == ["raffle-paused"]
    assert found["fault-effect"]["status"] == "PASS"
    assert found["plug-ins"]["status"] == "PASS"
    assert '<section id="tickets"><h2>Tickets</h2>' in (run / "report.html").read_text("utf-8")
    lines = (bank.folder.parent / "figures.txt").read_text().splitlines()
    assert any(line.startswith("attempts ") and "'operation': 'ticket.take'" in line for line in lines)


BREAKS = {  # what is changed in each file so that it raises in mid-run, and the line on which it does
    "locustfiles/journeys/take_a_ticket.py": (
        '    yield from customer.insists_on("ticket.take")\n',
        '    (yield from customer.insists_on("ticket.take")) or 1 // 0\n',
    ),
    "chaos/faults/flag_off.py": ("        return ProbeResult(", "        1 // 0\n        return ProbeResult("),
    "reports/output/sections/tickets.py": ("    return facts(", "    1 // 0\n    return facts("),
    "stormdrill/metrics/outlets/lines.py": ("        self._path.write_text(", "        1 // 0\n        self._path.write_text("),
    "reports/checks/one_ticket_each.py": ("    detail = ", "    1 // 0\n    detail = "),
}


def test_whatever_is_plugged_in_and_breaks_makes_the_run_invalid_and_nothing_worse(bank: Bank) -> None:
    """All at once: each named with file and line, everything else done, the fault taken back."""
    broken = {}
    for path, (old, new) in BREAKS.items():
        text = (bank.folder / path).read_text("utf-8")
        assert text.count(old) == 1, path
        (bank.folder / path).write_text(text.replace(old, new), "utf-8")
        broken[path] = f"{bank.folder / path}:{text[: text.index(old)].count(chr(10)) + 1}: ZeroDivisionError"
    done = bank.call("run", "raffle-night", "--path", "my-bank", "--metrics", "lines:figures.txt", "--out", "runs")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    run = (bank.folder.parent / "runs" / "latest").resolve()
    said = {finding["id"]: finding for finding in json.loads((run / "findings.json").read_text())["findings"]}
    check = broken.pop("reports/checks/one_ticket_each.py")
    assert said["one-ticket-each"]["status"] == "INVALID"
    assert check in said["one-ticket-each"]["detail"]
    assert said["plug-ins"]["measured"] == len(broken)
    told = {Path(event.facts.file).relative_to(bank.folder).as_posix() for event in of_kind(open_run(run).events(), PluginFailed)}
    for path, where in broken.items():
        assert any(where in line for line in said["plug-ins"]["evidence"]), (path, said["plug-ins"]["evidence"])
        assert path in told, told
    assert said["acknowledged-survives"]["status"] == "PASS"
    assert 'id="latency"' in (run / "report.html").read_text("utf-8")
    with urlopen(f"{bank.url}/flags/raffle", timeout=5) as answer:  # noqa: S310 - this test's own raffle
        assert json.load(answer) == {"on": True}
