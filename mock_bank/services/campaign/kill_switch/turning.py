"""Thinks out the switch's next state on this node and turns it there, unless another node was quicker: then it thinks again."""

from collections.abc import Callable
from typing import Any, Final

import orjson

from mock_bank.services.campaign.kill_switch.campaign_part import KillSwitchPlan
from mock_bank.services.kit.codes import NOT_FOUND, SYSTEM_BUSY, RefusedError
from mock_bank.services.kit.kill_switch import State, Turn
from mock_bank.services.kit.service_node import ServiceNode

Decide = Callable[[KillSwitchPlan, State, float], Turn]
"""From the plan, the state and the time."""

_TRIES: Final = 5
_ONE: Final = """select policy::text, state::text, version, campaign.epoch_ms(clock_timestamp()) from campaign.kill_switches
    where campaign_id = $1"""


async def turn(node: ServiceNode, campaign_id: str, actor: str, decide: Decide) -> Turn:
    """What came of a decision, which holds for every node from now on.

    Raises:
        RefusedError: NOT_FOUND where this campaign's switch is not armed, SYSTEM_BUSY where others were quicker again and again.
    """
    for _ in range(_TRIES):
        row = await node.database.row(_ONE, campaign_id)
        if row is None:
            raise RefusedError(NOT_FOUND, "the kill switch of such a campaign is not armed")
        policy, state, version, now_ms = row
        plan, before = KillSwitchPlan.model_validate_json(policy), State.model_validate_json(state)
        came = decide(plan, before, now_ms / 1000)
        if await turned(node, campaign_id, version, actor, before, came):
            return came
    raise RefusedError(SYSTEM_BUSY, "others turn this kill switch; nothing was done")


async def turned(node: ServiceNode, campaign_id: str, version: int, actor: str, before: State, came: Turn) -> bool:
    """Whether the switch was turned from this version; one that changes nothing needs no turning. Raises what the database raises."""
    if came.state == before and not came.changes:
        return True
    changes: list[dict[str, Any]] = [
        {"kind": change.kind.value, "about": change.about, "detail": change.detail, "actor": actor} for change in came.changes
    ]
    row = await node.database.row(
        "select campaign.turn_kill_switch($1, $2, $3, $4, $5, $6)",
        campaign_id,
        version,
        came.state.model_dump_json(),
        orjson.dumps(changes).decode(),
        node.config.name,
        node.site,
    )
    return bool(row[0])
