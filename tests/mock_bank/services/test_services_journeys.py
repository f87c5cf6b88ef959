"""The crowd's journeys through the campaign's features, played against the services themselves, as the embedded target's files say them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from services_world import CONTROL, OPERATOR, World, new_key

from locustfiles.crowd.customer import NOTHING, Customer, ManualCustomer
from locustfiles.crowd.invite_graph import Invitation
from locustfiles.crowd.journey_steps import Ask, Parallel
from locustfiles.crowd.probes import is_turned_down
from locustfiles.crowd.shared_facts import SharedFacts
from locustfiles.crowd.workload import load_journeys
from scenarios.client.http import NO_PINS, HttpClient
from scenarios.client.readback_capture import capture
from scenarios.plan.campaign import campaign_date, campaign_statics, prize_scopes
from scenarios.plan.scenario import Scenario
from scenarios.plugins import load_target
from scenarios.run.outcomes import Outcome
from scenarios.target.operation_codec import KEY, Answer, OperationCodec, compile_target, render_request
from scenarios.target.templates import JsonTemplate

VISITS = 3
SEED = 20261111
"""Of people who are not all unlucky: some have enough points for an exchange, and some their code to themselves."""
JOURNEYS = [
    *("invite-friends", "join-by-invitation", "points-exchange", "pay-and-draw", "ask-for-help", "bind-a-card"),
    *("register", "team-pk", "open-bundle", "shop-payment", "follow-a-link", "book-an-adviser", "home-page", "task-ladder"),
    *("cross-border", "message-centre", "read-the-rules", "for-you", "send-abroad", "claim-a-right", "go-paperless", "at-a-booth"),
    *("spending-report", "call-for-help", "step-up"),
]
ANSWERED = (Outcome.SUCCESS, Outcome.REFUSAL, Outcome.CHALLENGE)


@dataclass
class Stage:
    """A campaign of one's own, spoken to as the target's files say."""

    shared: SharedFacts
    operations: dict[str, OperationCodec]
    client: HttpClient
    statics: dict[str, Any]
    done: dict[str, set[str]] = field(default_factory=dict)  # keys of the effects that were made, by operation

    def ask(self, customer: Customer, question: Ask) -> Answer:
        """One question."""
        codec, scope = self.operations[question.operation], dict(question.args)
        for name in codec.placeholders - scope.keys():
            scope[name] = customer.session[name]
        if codec.effectful:
            scope[KEY] = self.shared.key_text(customer.new_key() if question.key is None else question.key)
        reply = self.client.send(codec.request(scope), 10)
        answer = codec.decode(reply)
        assert answer.outcome in ANSWERED or is_turned_down(question.probe, answer, reply.status), (question.operation, answer)
        if codec.effectful and answer.outcome is Outcome.SUCCESS:
            self.done.setdefault(question.operation, set()).add(str(scope[KEY]))
        customer.session.update({name: value for name, value in answer.extracted.items() if value is not None})
        customer.last = answer
        return answer

    def play(self, name: str, number: int) -> None:
        """One visit, whose pauses are short."""
        customer = ManualCustomer(self.shared, number, (JOURNEYS.index(name) * 100 + number + 1) << 16)
        journey, answer = load_journeys()[name](customer), None
        while True:
            try:
                step = journey.send(answer)  # type: ignore[arg-type]  # started by None
            except StopIteration:
                return
            answer = NOTHING
            for question in (step,) if isinstance(step, Ask) else step.asks if isinstance(step, Parallel) else ():
                answer = self.ask(customer, question)
            if answer is NOTHING:
                time.sleep(0.02)


@pytest.fixture(scope="module")
def stage(services: World) -> Iterator[Stage]:
    """The campaign, and customers of the crowd's."""
    target, t0 = load_target("embedded"), datetime.now(UTC)
    campaign = {"id": f"j{new_key()[:8]}", "activity": f"ja{new_key()[:8]}", "invitation": {"friends": 1}}
    phases = [{"name": "all", "lasts": 60, "arrivals": 1}]
    plan = {"name": "played", "describe": "by hand", "phases": phases, "mix": {"ask-for-help": 1}, "campaign": campaign}
    scenario = Scenario.model_validate(plan | {"population": {"customers": 2 * VISITS}})
    statics: dict[str, Any] = {
        **campaign_statics(scenario, t0),
        **{f"topology.gateways.gateway-{centre}.campaign": services.campaigns[0].url for centre in "ab"},
        **{f"topology.gateways.gateway-{centre}.bank": services.banks[0].url for centre in "ab"},
        "topology.suppliers.url": services.suppliers,
        "secret.STORMDRILL_OPERATOR_TOKEN": OPERATOR,
        "secret.STORMDRILL_CONTROL_TOKEN": CONTROL,
    }
    shared = SharedFacts(scenario, seed=SEED, run=new_key(), operations=list(target.operations))
    shared.date = campaign_date(t0.isoformat())
    shared.invitations = {VISITS + number: Invitation(number) for number in range(VISITS)}
    people = shared.identities
    customers = [
        {
            "no": str(n),
            "name": "n",
            "phone": people.phone(n),
            "id_no": people.id_no(n),
            "device": people.device(n),
            "opening_balance_fen": 10**6,
            "tier": str(shared.fact(n, "tier")),
        }
        for n in range(2 * VISITS)
    ]
    assert services.banks[0].ops("POST", "/bank/v1/ops/customers", {"customers": customers})[0] == 200
    with HttpClient(target, statics, NO_PINS) as client:
        step = target.prepare.open[0]
        each = JsonTemplate.of(step.each).bind(statics)
        prizes = [orjson.Fragment(each.render(scope)) for scope in prize_scopes(scenario, {})]
        assert client.send(render_request(step, target, {**statics, "list": prizes}), 10).status == 200
        assert client.send(render_request(target.prepare.open[1], target, statics), 10).status == 200
        yield Stage(shared, compile_target(target, statics), client, statics)


def test_services_understand_the_journeys_of_the_crowd_and_keep_what_they_did(stage: Stage, tmp_path: Path) -> None:
    """Every question is answered by a yes or a business no; and every yes to an effect is read back under its key."""
    for name in JOURNEYS:
        for number in range(VISITS):
            stage.play(name, number + (VISITS if name == "join-by-invitation" else 0))
    capture(load_target("embedded"), stage.statics, tmp_path)
    kept: dict[str, set[str]] = {}
    for path in tmp_path.glob("*.jsonl"):
        for row in map(orjson.loads, path.read_bytes().splitlines()):
            if "op" in row and "key" in row:
                kept.setdefault(row["op"], set()).add(row["key"])
    asked = {"invite.create", "invite.accept", "invite.verify", "kyc.submit", "points.earn", "points.exchange", "lottery.chance"}
    asked |= {"lottery.draw", "card.bind", "bind.coupon", "register.code", "register.submit", "team.join", "team.score", "bundle.open"}
    asked |= {
        "collection.pay",
        "landing.attribute",
        "adviser.book",
        "popup.show",
        "task.complete",
        "fx.quote",
        "fx.deal",
        "push.next",
        "letter.read",
        "rules.accept",
        "adviser.book-vip",
        "carbon.earn",
        "gift.claim",
        "remit.quote",
        "remit.send",
        "call.request",
        "parcel.order",
        "device.bind",
        "session.unlock",
        "challenge.answer",
        "transfer.submit",
        "transfer.new-device",
    }
    assert asked <= stage.done.keys()
    assert {op: keys - kept.get(op, set()) for op, keys in stage.done.items() if keys - kept.get(op, set())} == {}
