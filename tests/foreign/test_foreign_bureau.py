"""A bureau that speaks XML over TLS is attached by a file: certificates, parts, digests, tickets, accounts told at the enrolment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from authorities import a_banks_own
from hosting import Hosted, serving

from locustfiles.crowd.workload import prepare_crowd
from locustfiles.engine.engine import Engine, settle_memory
from locustfiles.provision.prepare import main as enrol
from reports.evidence import read_evidence
from scenarios.client.http import HttpClient
from scenarios.errors import EXIT_PASS
from scenarios.own_code import ALLOW_CODE_VARIABLE
from scenarios.plan.scenario import Scenario
from scenarios.plugins import PATH_VARIABLE, PROJECT, load_target
from scenarios.run.folder import create_run, fix_t0
from scenarios.run.outcomes import Outcome
from scenarios.wire.request_bytes import request_to

OWN = PROJECT / "tests" / "foreign" / "bureau"
SECRETS = {"BUREAU_OFFICE": "canary-bureau-office-77d1", "BUREAU_KEY": "canary-bureau-key-0b3f"}
PEOPLE = 40


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """The bureau with its authority, its people, and an operator who lets its door be shut."""
    folder = tmp_path_factory.mktemp("bureau")
    a_banks_own(folder)
    (folder / "people.csv").write_text("person\n" + "".join(f"p{number}\n" for number in range(PEOPLE)))
    with serving(folder, SECRETS | {"PYTHONPATH": str(PROJECT)}, "bureau/server.py", str(folder)) as running:
        running.operator(hosts=["127.0.0.1"], exercise_kill_switch=True)
        yield running


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def file(bureau: Hosted, *changes: tuple[str, str]) -> str:
    """The target file at these addresses, with changes."""
    return bureau.moved(OWN / "scenarios" / "targets" / "bureau.yaml", "https://127.0.0.1:18095 https://127.0.0.1:18096", *changes)


def test_the_bureau_is_attached_by_its_file(bureau: Hosted) -> None:
    """Each document is understood, the switch stops claims, and the books are read to their end by links."""
    words = (
        "bureau echoes the mark X-Rehearsal: on, and does not where it is missing",
        "was paused and resumed by its kill switch",
        "newest = P2",
        "shows 700 fen",
        "<err>SHUT</err>",
        "claims (effects): 2 rows in 2 pages",
        "stock (stock): 2 rows in 2 pages",
        "nothing is wrong: ",
    )
    bureau.understood(words, SECRETS.values(), "--path", str(OWN), "--allow-code", "target", "check", file(bureau))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([("cert: client.pem, key: client-key.pem, ", "")], "where it asks who comes, say tls: {cert, key} beside its base"),
        ([("accounts[-1].no|str", "accounts[0].no"), ("ticket|base64", "ticket|first(8)|base64")], "(HTTP 200)"),
    ],
    ids=["no certificate", "another account"],
)
def test_what_it_does_not_take_is_seen_before_any_load(bureau: Hosted, changes: list[tuple[str, str]], says: str) -> None:
    """Whom it does not know by a certificate, and a document that it refuses, which is no broken JSON."""
    told = bureau.call("--path", str(OWN), "--allow-code", "target", "check", file(bureau, *changes))
    assert told.returncode != 0, told.stdout
    assert says in told.stdout + told.stderr, told.stdout + told.stderr
    assert not [word for word in ("Traceback", "no JSON") if word in told.stdout + told.stderr]


def test_its_answers_are_the_crowds_too(bureau: Hosted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody is known by the account that the enrolment has told, and comes to both addresses; its documents are understood."""
    monkeypatch.setenv(PATH_VARIABLE, str(OWN))
    monkeypatch.setenv(ALLOW_CODE_VARIABLE, "1")
    scenario = Scenario.model_validate(
        {
            "name": "short",
            "describe": "d",
            "target": "bureau",
            "phases": [{"name": "all", "lasts": 3, "arrivals": 0}],
            "mix": {"zone-page": 1},
            "pulse": {"rate": 16, "operations": ["claim.submit", "stock.get"]},
            "population": {"customers": PEOPLE},
            "campaign": {"prizes": {"skus": 2}},
            "connections": {"per": "customer"},  # one that all share would do for a service that answers at once
        }
    )
    run, plan = create_run(scenario, load_target(file(bureau)), seed=1, workers=1, out=tmp_path)
    assert enrol([str(run.folder), "enrol"]) == EXIT_PASS
    crowd = prepare_crowd(plan)
    settle_memory()  # as load processes do, before T0 is known
    plan = fix_t0(run, plan, lead_s=3)
    Engine(run, plan, {f"secret.{name}": value for name, value in SECRETS.items()}, crowd).run()
    evidence = read_evidence(run.folder)
    asked = {name: evidence.pulse.of_operation(name).operations.outcome.tolist() for name in ("claim.submit", "stock.get")}
    assert {Outcome(code) for code in asked["claim.submit"]} == {Outcome.SUCCESS, Outcome.REFUSAL}
    assert {Outcome(code) for code in asked["stock.get"]} == {Outcome.SUCCESS}
    assert set(evidence.samples["status"].tolist()) == {200}
    claimed = evidence.acks[evidence.acks["operation_index"] == plan.operations.index("claim.submit")]
    granted = claimed[claimed["outcome"] == Outcome.SUCCESS]
    assert set(granted["site"].tolist()) <= {b"N", b"S"}  # which of both is by turns of connections, not of claims
    assert len(granted) > 0
    with HttpClient(load_target(file(bureau)), {}, {}) as client:
        asked = request_to("GET", f"{bureau.url.split()[0]}/office/addresses", {"X-Office": SECRETS["BUREAU_OFFICE"]}, None)
        assert client.send(asked, 20).text == "2"
