"""A web shop whose session is a cookie and whose answers are encrypted is attached by a file, and a cipher that the user lets in."""

from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from authorities import a_banks_own
from hosting import Hosted, serving
from http2_lab import Script, Talk, speaking_http2

from chaos.health import HealthCheck
from locustfiles.crowd.workload import prepare_crowd
from locustfiles.engine.engine import Engine, settle_memory
from locustfiles.provision.prepare import main as enrol
from reports.evidence import read_evidence
from scenarios.errors import EXIT_PASS
from scenarios.own_code import ALLOW_CODE_VARIABLE
from scenarios.plan.scenario import Scenario
from scenarios.plugins import PATH_VARIABLE, PROJECT, load_target
from scenarios.run.folder import create_run, fix_t0
from scenarios.run.outcomes import Outcome

OWN = PROJECT / "tests" / "foreign" / "web"
SECRETS = {"SHOP_OFFICE": "canary-shop-office-41c2", "SHOP_KEY": "canary-shop-key-9a7e"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """The shop, and an operator who lets its door be shut."""
    folder = tmp_path_factory.mktemp("web")
    with serving(folder, SECRETS, "web/server.py") as running:
        running.operator(hosts=["127.0.0.1"], exercise_kill_switch=True)
        yield running


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def file(shop: Hosted, *changes: tuple[str, str]) -> str:
    """The target file at this address, with changes."""
    return shop.moved(OWN / "scenarios" / "targets" / "web-shop.yaml", "http://127.0.0.1:18092", *changes)


def test_the_web_shop_is_attached_by_its_file(shop: Hosted) -> None:
    """Each operation behind its form is understood, though encrypted, and so are the books; without leave for code nothing is asked."""
    words = (
        "web-shop echoes the mark X-Drill: yes, and does not where it is missing",
        "was paused and resumed by its kill switch",
        "_csrf=",
        "claim_id = W",
        "claim.submit, while the campaign is paused",
        "coupons (effects): 2 rows in 2 pages",
        "stock (stock): 2 rows in 2 pages",
        "nothing is wrong: ",
    )
    shop.understood(words, SECRETS.values(), "--path", str(OWN), "--allow-code", "target", "check", file(shop))
    refused = shop.call("--path", str(OWN), "target", "check", file(shop))
    assert refused.returncode == 64
    assert "web-shop.yaml:6: " in refused.stderr
    assert "--allow-code" in refused.stderr


def forwarded(shop: Hosted) -> Script:
    """Hands what is asked on to the shop, and its answer back."""

    def script(talk: Talk, stream: int, _path: str, body: bytes) -> None:
        onward = {name: value for name, value in talk.asked.items() if not name.startswith(":")} | {"Host": "shop.example"}
        way = HTTPConnection(shop.url.removeprefix("http://"), timeout=20)
        way.request(talk.asked[":method"], talk.asked[":path"], body or None, onward)
        answer = way.getresponse()
        told = [(name.lower(), value) for name, value in answer.getheaders() if name.lower() not in ("connection", "transfer-encoding")]
        talk.head(stream, [(":status", str(answer.status)), *told])
        talk.data(stream, answer.read())
        way.close()

    return script


def test_it_is_attached_through_a_front_that_speaks_http2_alone(shop: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever it is by its certificate; its health is asked as ever."""
    a_banks_own(shop.folder)
    with speaking_http2(shop.folder / "server-whole.pem", forwarded(shop)) as front:
        moved = file(shop, (f'base: "{shop.url}", ', f'base: "{front.base}", tls: {{verify: false, alpn: h2}}, '))
        words = ("is not known by its certificate at shop, for verify is false", "coupons (effects): ", "nothing is wrong: ")
        shop.understood(words, SECRETS.values(), "--path", str(OWN), "--allow-code", "target", "check", moved)
        asked = {head[":path"].partition("?")[0] for head, _ in front.asked}
    assert asked >= {"/office/people", "/login", "/shop/claim", "/office/coupons"}
    monkeypatch.setenv(PATH_VARIABLE, str(OWN))
    monkeypatch.setenv(ALLOW_CODE_VARIABLE, "1")
    health = load_target(moved).health
    assert health
    watched = HealthCheck.of(health, {})
    assert watched.probe(SECRETS).holds
    claimed = watched.claims(SECRETS)
    assert claimed
    assert (claimed.writers, claimed.tells_lag) == (1, True)
    assert isinstance(claimed.lag_ms, float)


def test_a_prize_of_another_worth_than_the_scenarios_is_said_before_the_load(shop: Hosted) -> None:
    """The answer to a claim, the customer's own list, the books: whichever shows it. With the shop's own worth nothing is wrong."""
    scenario = shop.folder / "spring.yaml"
    text = "name: spring\ndescribe: d\nphases: [{name: all, lasts: 10, arrivals: 1}]\nmix: {zone-page: 1}\n"
    called = ("--path", str(OWN), "--allow-code", "target", "check", "--scenario", str(scenario))
    scenario.write_text(text + "campaign: {prizes: {skus: 2, stock: 600, face_fen: 500}}\n")
    told = shop.call(*called, file(shop))
    assert told.returncode == 1, told.stdout + told.stderr
    assert "claim.submit: face_fen: planned 500, its answer shows 300" in told.stdout
    assert "claim.submit: face_fen: planned 500, in the read-back 300" in told.stdout
    assert "claim.submit: face_fen: planned 500, coupon.list shows 300" in told.stdout
    assert "3 things to mend" in told.stdout
    told = shop.call(*called, file(shop, ("shown: $.fen, ", ""), ("amount_fen: $.fen, ", "")))
    assert told.returncode == 1, told.stdout + told.stderr
    assert "claim.submit: face_fen: planned 500, coupon.list shows 300" in told.stdout.partition("1 thing to mend")[0]
    assert "1 thing to mend" in told.stdout
    scenario.write_text(text + "campaign: {prizes: {skus: 2, stock: 600, face_fen: 300}}\n")
    shop.understood(["nothing is wrong: "], SECRETS.values(), *called, file(shop))


def test_its_customers_stay_logged_in(shop: Hosted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the life of the cookie: it is renewed in time, by the page and its form, and no question is led back to the login."""
    monkeypatch.setenv(PATH_VARIABLE, str(OWN))
    monkeypatch.setenv(ALLOW_CODE_VARIABLE, "1")
    scenario = Scenario.model_validate(
        {
            "name": "short",
            "describe": "d",
            "target": "web-shop",
            "phases": [{"name": "all", "lasts": 7, "arrivals": 0}],
            "mix": {"zone-page": 1},
            "pulse": {"rate": 12, "operations": ["claim.submit", "stock.get"]},
            "population": {"customers": 64},
            "campaign": {"prizes": {"skus": 2}},
        }
    )
    run, plan = create_run(scenario, load_target(file(shop)), seed=1, workers=1, out=tmp_path)
    assert enrol([str(run.folder), "enrol"]) == EXIT_PASS
    crowd = prepare_crowd(plan)
    settle_memory()  # as load processes do, before T0 is known
    plan = fix_t0(run, plan, lead_s=3)
    Engine(run, plan, {f"secret.{name}": value for name, value in SECRETS.items()}, crowd).run()
    evidence = read_evidence(run.folder)
    asked = {name: evidence.pulse.of_operation(name).operations.outcome.tolist() for name in ("claim.submit", "stock.get")}
    assert {Outcome(code) for code in asked["claim.submit"]} == {Outcome.SUCCESS, Outcome.REFUSAL}
    assert {Outcome(code) for code in asked["stock.get"]} == {Outcome.SUCCESS}
    kept = Counter(plan.operations[index] for index in evidence.sessions.op.tolist())
    assert kept["session.create"] > 0
    assert set(evidence.sessions.outcome.tolist()) == {Outcome.SUCCESS}
