"""Looks at the signals again and again, on every node alike: whichever is first decides for all, and whoever decided tells people."""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import orjson

from mock_bank.services.campaign.kill_switch.campaign_part import KillSwitchPlan
from mock_bank.services.campaign.kill_switch.signals import TIMEOUT_S, Ears, Transactions, feeds
from mock_bank.services.campaign.kill_switch.switches import DEAF_TO_SENTIMENT
from mock_bank.services.campaign.kill_switch.turning import turn, turned
from mock_bank.services.kit.background import background, in_rounds
from mock_bank.services.kit.http_client import post
from mock_bank.services.kit.kill_switch import State, Turn, delivered, observe, undelivered
from mock_bank.services.kit.service_node import ServiceNode

EVERY_S: Final = 0.5
NOTICE_S: Final = 24 * 3600
ITSELF: Final = "kill-switch"

log = logging.getLogger("mock_bank")


@background
async def watch(node: ServiceNode) -> None:
    """Until cancelled. Where no switch is armed it asks the database whether one is, and nobody else."""
    await in_rounds(lambda: _look(node), EVERY_S, "kill switches")


async def _look(node: ServiceNode) -> None:
    if not (await node.database.row("select exists (select 1 from campaign.kill_switches)"))[0]:
        node.one(Transactions).forget()
        return
    await node.one(Ears).listen()
    view: Mapping[str, Any] = orjson.loads((await node.database.row("select campaign.kill_switch_view()"))[0])
    for switch in view["switches"] or ():
        try:
            await _judge(node, view, switch)
        except Exception:
            log.exception("the kill switch of %s waits", switch["campaign_id"])  # and the others do not wait for it


async def _judge(node: ServiceNode, view: Mapping[str, Any], switch: Mapping[str, Any]) -> None:
    plan, state = KillSwitchPlan.model_validate(switch["policy"]), State.model_validate(switch["state"])
    told = feeds(view, switch, deaf=node.on(DEAF_TO_SENTIMENT))
    came = observe(plan.policy(), state, view["now_ms"] / 1000, told)
    if await turned(node, switch["campaign_id"], switch["version"], ITSELF, state, came) and came.tell:
        await _tell(node, switch["campaign_id"], came)


async def _tell(node: ServiceNode, campaign_id: str, came: Turn) -> None:
    """By webhook, with leave to acknowledge; what came of it is written down."""
    trip, number, contact = came.state.trips, came.state.notices, came.tell
    leave, _ = node.signer.issue("notice", f"{campaign_id}/{trip}/{contact}", NOTICE_S)
    notice = {
        "key": f"{campaign_id}.{trip}.{number}",
        "subject": contact,
        "text": f"{campaign_id} is paused: {came.state.cause}",
        "acknowledge": {"url": f"http://{node.config.host}:{node.config.port}/v1/kill-switch/acknowledgements", "notice": leave},
    }
    headers = {"Authorization": f"Bearer {node.config.operator_token}", "Content-Type": "application/json", "X-Caller": node.config.name}
    try:
        async with asyncio.timeout(TIMEOUT_S):
            status, _ = await post(f"{node.config.suppliers_url}/executives", headers, orjson.dumps(notice))
    except Exception as error:  # noqa: BLE001 - whatever it was, the next one is told
        log.info("%s is not told: %s", contact, str(error) or type(error).__name__)
        status = 0
    if status == 200:  # noqa: PLR2004 - a status is its own name
        await turn(node, campaign_id, ITSELF, lambda _plan, state, _now_s: delivered(state, number, contact))
    else:
        lost = partial(undelivered, trip=trip, notice=number, contact=contact)
        await turn(node, campaign_id, ITSELF, lambda _plan, state, _now_s: lost(state))
