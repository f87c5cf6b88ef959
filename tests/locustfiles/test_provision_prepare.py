"""The preparation sends what the target's file says, and stops with one sentence where it is refused."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import planned, scenario, target

from locustfiles.provision.prepare import main
from scenarios.plan.campaign import campaign_statics
from scenarios.run.folder import Plan, Run
from scenarios.target.model import Prepare

Seen = list[tuple[str, dict[str, str], dict[str, object]]]


class _Operator(JsonAnswers):
    """Notes what it is sent; says no to paths that begin with /no, and is out of order at /broken."""

    seen: Seen

    def post(self) -> None:
        body = self.read_json()
        self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        status = next((code for start, code in (("/no", 403), ("/broken", 503)) if self.path.startswith(start)), 201)
        self.say(status, {"why": "the secret s3cret-canary is wrong"})


@pytest.fixture
def operator() -> Iterator[tuple[str, Seen]]:
    """A real server and what it has seen."""
    seen: Seen = []
    with answering(_Operator, seen=seen) as base:
        yield base, seen


def _planned(folder: Path, base: str, path: str = "/people") -> tuple[Run, Plan]:
    steps = {
        "enrol": [
            {
                "service": "all", "path": path, "over": "customers", "batch": 40, "headers": {"X-Key": "{secret.OPERATOR}"},
                "each": {"no": "{customer|str}", "id": "{id_no}", "name": "{name}", "fen": "{opening_balance_fen}"},
                "body": {"people": "{list}"},
            }
        ],
        "open": [
            {
                "service": "all", "path": "/campaign", "over": "prizes", "each": {"sku": "{sku}", "stock": "{stock}"},
                "body": {"id": "{campaign.id}", "skus": "{list}"},
            },
            {"service": "all", "path": "/bell", "body": {"opens": "{campaign.opens_at}"}},
        ],
    }  # fmt: skip
    to = target(base).model_copy(update={"prepare": Prepare.model_validate(steps), "secrets": ["OPERATOR"]})
    run, plan = planned(folder, to, scenario(population={"customers": 100}, campaign={"prizes": {"skus": 3, "stock": 10}}))
    plan = plan.model_copy(update={"statics": dict(campaign_statics(plan.scenario, datetime.fromisoformat(plan.t0_wall)))})
    run.write_plan(plan)
    return run, plan


def test_people_are_enrolled_in_batches(tmp_path: Path, operator: tuple[str, Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, each once, with their particulars, the test mark and the secret."""
    monkeypatch.setenv("OPERATOR", "s3cret-canary")
    base, seen = operator
    run, plan = _planned(tmp_path, base)
    assert main([str(run.folder), "enrol"]) == 0
    people = [person for _, _, body in seen for person in body["people"]]  # type: ignore[attr-defined]  # a list of mappings
    assert [len(body["people"]) for _, _, body in seen] == [40, 40, 20]  # type: ignore[arg-type]  # as above
    assert [person["no"] for person in people] == [str(number) for number in range(100)]
    assert {person["fen"] for person in people} == {plan.scenario.population.opening_balance_fen}
    assert seen[0][1]["x-key"] == "s3cret-canary"
    assert seen[0][1]["x-pressure-test"] == "true"
    assert b"s3cret-canary" not in (run.folder / "scenario.json").read_bytes()


def test_the_campaign_is_opened_with_its_prizes(tmp_path: Path, operator: tuple[str, Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file's order, the stock adding up."""
    monkeypatch.setenv("OPERATOR", "s3cret-canary")
    base, seen = operator
    run, _ = _planned(tmp_path, base)
    assert main([str(run.folder), "open"]) == 0
    assert [path for path, _, _ in seen] == ["/campaign", "/bell"]
    skus = seen[0][2]["skus"]
    assert isinstance(skus, list)
    assert sum(sku["stock"] for sku in skus) == 10
    assert str(seen[1][2]["opens"]).startswith("20")


@pytest.mark.parametrize(("path", "code", "answered"), [("/no/people", 64, 403), ("/broken", 2, 503)], ids=["refused", "out of order"])
def test_an_answer_that_is_not_expected_is_one_sentence_without_the_secret(
    tmp_path: Path,
    operator: tuple[str, Seen],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str,
    code: int,
    answered: int,
) -> None:
    """What was asked, expected and said. Exit code 64 for a refusal; 2, as where nobody is reached, for a target that is out of order."""
    monkeypatch.setenv("OPERATOR", "s3cret-canary")
    run, _ = _planned(tmp_path, operator[0], path)
    assert main([str(run.folder), "enrol"]) == code
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{path} answered {answered}, but 'http in [200, 201, 202, 204]' is expected" in said
    assert "s3cret-canary" not in said


def test_a_target_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The target, not ourselves: exit code 2, for nothing was rehearsed."""
    monkeypatch.setenv("OPERATOR", "s3cret-canary")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        run, _ = _planned(tmp_path, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        assert main([str(run.folder), "enrol"]) == 2
    assert "is not reached" in capsys.readouterr().err


def test_a_secret_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is sent."""
    monkeypatch.delenv("OPERATOR", raising=False)
    run, _ = _planned(tmp_path, "http://127.0.0.1:1")
    assert main([str(run.folder), "enrol"]) == 64
    assert "needs the environment variable OPERATOR" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["only-a-folder"], ["a-folder", "close"]])
def test_wrong_usage_is_answered_with_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 64."""
    assert main(arguments) == 64
    assert capsys.readouterr().err == "usage: python -m locustfiles.provision.prepare RUN_FOLDER enrol|open …\n"


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    """As the door calls it; a folder that is no run is named."""
    done = subprocess.run(
        [sys.executable, "-m", "locustfiles.provision.prepare", str(tmp_path), "open"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 64
    assert "is no run folder" in done.stderr
