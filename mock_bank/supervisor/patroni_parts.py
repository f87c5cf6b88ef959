"""The parts of a world that Patroni leads: its agents, and the third voter, which the supervisor starts again when they die."""

import asyncio
from functools import partial

from mock_bank.errors import WorldFaultError
from mock_bank.layout.topology import Agent
from mock_bank.patroni.configuration import WITNESS, PatroniFiles
from mock_bank.patroni.leadership import PatroniLeadership
from mock_bank.patroni.runtime import Runtime
from mock_bank.supervisor.restarter import Part

_LEADS_WITHIN_S = 60.0  # three voters have to find each other first
_LOOK_EVERY_S = 0.05


def agent_parts(runtime: Runtime, files: PatroniFiles) -> list[Part]:
    """The agent of each database; it runs as the databases do."""
    return [
        Part(agent.name, runtime.argv("patroni.__main__", files.path(agent.name)), partial(_answers, agent), owner=files.binaries.user)
        for agent in files.plan.agents
    ]


def witness_part(runtime: Runtime, files: PatroniFiles) -> Part:
    """The voter that has no database."""
    host, _, port = files.plan.witness.rpartition(":")
    argv = runtime.argv("patroni.raft_controller", files.path(WITNESS))
    return Part(WITNESS, argv, partial(_accepts, host, int(port)), owner=files.binaries.user)


async def leading(leadership: PatroniLeadership) -> None:
    """Wait until somebody leads.

    Raises:
        WorldFaultError: nobody does in time.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _LEADS_WITHIN_S
    while not leadership.leads:
        if loop.time() > deadline:
            raise WorldFaultError(f"Patroni has no leader within {_LEADS_WITHIN_S:g} s: {leadership.why_unhealthy()}")
        await asyncio.sleep(_LOOK_EVERY_S)


async def _answers(agent: Agent) -> None:
    await _accepts(agent.host, agent.port)


async def _accepts(host: str, port: int) -> None:
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
