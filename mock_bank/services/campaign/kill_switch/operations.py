"""The switches' state, and what people do about them: acknowledge, ask to resume, resume."""

import hmac
import re
import secrets
import time
from typing import Final

import orjson

from mock_bank.services.campaign.kill_switch.campaign_part import KillSwitchPlan
from mock_bank.services.campaign.kill_switch.codes import OF
from mock_bank.services.campaign.kill_switch.models import (
    AcknowledgeBody,
    AcknowledgeReply,
    AskBody,
    AskReply,
    PersonReply,
    ResumeBody,
    ResumeReply,
    SignInBody,
    SwitchesReply,
    SwitchView,
)
from mock_bank.services.campaign.kill_switch.switches import ONE_SIGNATURE
from mock_bank.services.campaign.kill_switch.turning import turn
from mock_bank.services.kit.codes import BAD_PARAM, FORBIDDEN, NOT_FOUND, OK, TOKEN_INVALID, RefusedError
from mock_bank.services.kit.kill_switch import Person, State, Turn, acknowledge, ask_to_resume, resume
from mock_bank.services.kit.operation import Access, Reply, Request, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

PERSON_S: Final = 15 * 60
_NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_MOST_DIGITS: Final = 15
_STATE: Final = """select json_build_object(
    'switches', (select coalesce(json_agg(json_build_object('campaign_id', campaign_id, 'state', state) order by campaign_id), '[]')
        from campaign.kill_switches),
    'changes', (select coalesce(json_agg(c), '[]') from (
        select seq, campaign_id, trip, campaign.epoch_ms(at) as at_ms, (extract(epoch from at) * 1000000)::bigint as at_us, kind, about,
               detail, node
          from campaign.kill_switch_changes where seq > $1 order by seq limit 1000) c))::text"""


@operation(
    "kill_switch.get",
    "GET",
    "/v1/ops/kill-switch",
    SwitchesReply,
    query={"after": "only changes after this number; all if not said"},
    access=Access.OPERATOR,
)
async def state(node: ServiceNode, request: Request) -> Reply:
    """Every armed kill switch, and what happened to it."""
    told = orjson.loads((await node.database.row(_STATE, request.number("after", _MOST_DIGITS, "a number")))[0])
    ahead_ns = time.monotonic_ns() - time.time_ns()  # the database's clock is this machine's
    shown = SwitchView.model_fields.keys() - {"campaign_id"}
    switches = [
        {"campaign_id": one["campaign_id"]} | State.model_validate(one["state"]).model_dump(include=shown) for one in told["switches"]
    ]
    for change in told["changes"]:
        change["monotonic_ns"] = change.pop("at_us") * 1000 + ahead_ns
    return ok({"switches": switches, "changes": told["changes"]})


@operation("person.sign_in", "POST", "/v1/ops/people/{name}/sessions", PersonReply, body=SignInBody, access=Access.OPERATOR)
async def sign_in(node: ServiceNode, request: Request) -> Reply:
    """What this person signs with for a while, for a secret of their own. The bank's own sign-in would say as little of authority."""
    if not _NAME.fullmatch(request.path[0]):
        raise RefusedError(BAD_PARAM, "name: 1 to 80 letters, digits, dots, colons, dashes")
    if not hmac.compare_digest(node.config.people.get(request.path[0], "").encode(), request.body.secret.encode()):
        raise RefusedError(FORBIDDEN)
    person, expires_at_ms = node.signer.issue("person", request.path[0], PERSON_S)
    return ok({"person": person, "expires_at_ms": expires_at_ms})


@operation(
    "kill_switch.acknowledge",
    "POST",
    "/v1/kill-switch/acknowledgements",
    AcknowledgeReply,
    codes=(OK, NOT_FOUND, TOKEN_INVALID, *OF.values()),
    body=AcknowledgeBody,
    access=Access.INVITED,
    effectful=True,
)
async def take_up(node: ServiceNode, request: Request) -> Reply:
    """Take a trip up, by the leave that came with a notice; nobody else is told then."""
    campaign_id, trip, contact = node.signer.open("notice", request.body.notice).split("/")
    _granted(await turn(node, campaign_id, contact, lambda _plan, state, _now_s: acknowledge(state, int(trip), contact)))
    return ok({"campaign_id": campaign_id, "trip": int(trip)})


@operation(
    "kill_switch.ask_to_resume",
    "POST",
    "/v1/ops/campaigns/{campaign_id}/kill-switch/resume-requests",
    AskReply,
    codes=(OK, NOT_FOUND, *OF.values()),
    body=AskBody,
    access=Access.OPERATOR,
    effectful=True,
)
async def ask(node: ServiceNode, request: Request) -> Reply:
    """The first signature: a token for a second person, good once and for a while."""
    name, token = node.signer.open("person", request.body.person), secrets.token_hex(16)
    _granted(await turn(node, request.path[0], name, lambda plan, state, now_s: ask_to_resume(state, now_s, plan.person(name), token)))
    return ok({"resume_token": token})


@operation(
    "kill_switch.resume",
    "POST",
    "/v1/ops/campaigns/{campaign_id}/kill-switch/resume",
    ResumeReply,
    codes=(OK, NOT_FOUND, *OF.values()),
    body=ResumeBody,
    access=Access.OPERATOR,
    effectful=True,
)
async def let_go_on(node: ServiceNode, request: Request) -> Reply:
    """The second signature, by another person, with the token: the campaign goes on."""
    name = node.signer.open("person", request.body.person)

    def decide(plan: KillSwitchPlan, state: State, now_s: float) -> Turn:
        person = plan.person(name)
        if node.on(ONE_SIGNATURE):
            person = Person(f"{name} again", may_resume=person.may_resume)
        return resume(plan.policy(), state, now_s, person, request.body.resume_token)

    _granted(await turn(node, request.path[0], name, decide))
    return ok({"campaign_id": request.path[0], "person": name})


def _granted(came: Turn) -> None:
    if came.refusal is not None:
        raise RefusedError(OF[came.refusal])
