"""A service that speaks GraphQL is attached by a file alone: one path, errors in 200, tokens that live for some seconds."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosting import Hosted, serving

from locustfiles.crowd.workload import prepare_crowd
from locustfiles.engine.engine import Engine, settle_memory
from reports.evidence import read_evidence
from scenarios.plan.scenario import Scenario
from scenarios.plugins import PROJECT, load_target
from scenarios.run.folder import create_run, fix_t0
from scenarios.run.outcomes import Outcome

TARGET = PROJECT / "tests" / "foreign" / "scenarios" / "targets" / "graphql-shop.yaml"
SECRETS = {"SHOP_OPS": "canary-shop-ops-3d9e"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """The shop, and an operator who lets its switch be pulled."""
    folder = tmp_path_factory.mktemp("shop")
    with serving(folder, SECRETS, "graphql_shop.py") as running:
        running.operator(hosts=["127.0.0.1"], exercise_kill_switch=True)
        yield running


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def file(shop: Hosted, *changes: tuple[str, str]) -> str:
    """The target file at this address, with changes."""
    return shop.moved(TARGET, "http://127.0.0.1:18091", *changes)


def test_the_shop_is_attached_by_its_file(shop: Hosted) -> None:
    """Each operation is understood, the switch stops claims, and the books are read to their end with the operator's token."""
    words = (
        "graphql-shop echoes the mark X-Mark: rehearsal, and does not where it is missing",
        "was paused and resumed by its kill switch",
        '"variables":{"sku":"',
        "SALE_PAUSED",
        "coupons (effects): 2 rows in 2 pages",
        "stock (stock): 2 rows in 2 pages",
        "nothing is wrong: ",
    )
    told = shop.understood(words, [SECRETS["SHOP_OPS"]], "target", "check", file(shop))
    assert told.index("  claim.submit") < told.index("  session.end")


def test_an_outlet_is_attached_by_what_is_different(shop: Hosted) -> None:
    """It says all else as the shop does; which drill it cannot have is said with its reason."""
    own = shop.folder / "scenarios" / "targets"
    own.mkdir(parents=True)
    for name in ("graphql-shop", "graphql-outlet"):
        text = TARGET.with_name(f"{name}.yaml").read_text()
        (own / f"{name}.yaml").write_text(text.replace("http://127.0.0.1:18091", shop.url))
    words = ("graphql-outlet echoes the mark X-Mark: rehearsal", "SALE_PAUSED", "coupons (effects): ", "nothing is wrong: ")
    at = ("--path", str(shop.folder))
    shop.understood(words, [SECRETS["SHOP_OPS"]], *at, "target", "check", "graphql-outlet")
    refused = shop.call(*at, "drill", "planned-switch", "--dry-run", "--target", "graphql-outlet")
    assert refused.returncode == 64
    assert "cannot be performed on graphql-outlet: nobody but its owner switches it" in refused.stderr


def test_its_answers_are_the_crowds_too(shop: Hosted, tmp_path: Path) -> None:
    """Successes and refusals as its errors say them, all in 200; tokens are refreshed meanwhile, and everybody logs out."""
    target = load_target(file(shop))
    scenario = Scenario.model_validate(
        {
            "name": "short",
            "describe": "d",
            "target": "graphql-shop",
            "phases": [{"name": "all", "lasts": 3, "arrivals": 0}],
            "mix": {"zone-page": 1},
            "pulse": {"rate": 12, "operations": ["claim.submit", "stock.get"]},
            "population": {"customers": 64},
            "campaign": {"prizes": {"skus": 2}},
        }
    )
    run, plan = create_run(scenario, target, seed=1, workers=1, out=tmp_path)
    crowd = prepare_crowd(plan)
    settle_memory()  # as load processes do, before T0 is known
    plan = fix_t0(run, plan, lead_s=3)
    Engine(run, plan, {}, crowd).run()
    evidence = read_evidence(run.folder)
    assert set(evidence.samples["status"].tolist()) == {200}
    outcomes = Counter(Outcome(code) for code in evidence.pulse.of_operation("claim.submit").operations.outcome.tolist())
    assert set(outcomes) == {Outcome.SUCCESS, Outcome.REFUSAL}
    assert set(evidence.pulse.of_operation("stock.get").operations.outcome.tolist()) == {Outcome.SUCCESS}
    kept = Counter(plan.operations[index] for index in evidence.sessions.op.tolist())
    logins = int((evidence.samples["operation_index"] == plan.operations.index("session.create")).sum())
    assert kept["session.end"] == logins > 0
    assert kept["session.renew"] > 0
    assert set(evidence.sessions.outcome.tolist()) == {Outcome.SUCCESS}
