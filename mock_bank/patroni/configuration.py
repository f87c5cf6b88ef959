"""Patroni's files, made from the world's plan: an agent's beside each database, and the third voter's."""

import json
from dataclasses import dataclass
from pathlib import Path

from mock_bank.layout.folders import write_private
from mock_bank.layout.settings import Settings
from mock_bank.layout.topology import Agent, Credentials, Json, Plan
from mock_bank.postgres import configuration as postgres
from mock_bank.postgres.binaries import Postgres
from mock_bank.postgres.configuration import SUPERUSER

SCOPE = "bank"
API_USER = "stormdrill"
WITNESS = "patroni-witness"
# The least that Patroni takes; its defaults are 30, 10 and 10.
TTL_S, LOOP_WAIT_S, RETRY_TIMEOUT_S = 20, 1, 3
_MOST_LAG = 1 << 20  # bytes that an asynchronous standby may lack and still lead next


@dataclass(frozen=True, slots=True)
class PatroniFiles:
    """Where they lie: beside the databases, whose owner reads them."""

    plan: Plan
    settings: Settings
    credentials: Credentials
    binaries: Postgres

    def path(self, name: str) -> str:
        """The file of an agent, or of the witness."""
        return str(self._folder / f"{name}.yml")

    @property
    def _folder(self) -> Path:
        return self.plan.databases[0].data.parent

    def write(self) -> None:
        """Write all of them; each is JSON, which is YAML."""
        contents = {agent.name: self.of_agent(agent) for agent in self.plan.agents} | {WITNESS: self.of_witness()}
        for name, content in contents.items():
            write_private(self._folder / f"{name}.yml", json.dumps(content, indent=1), owner=self.binaries.user)

    def of_witness(self) -> Json:
        """What the third voter is told: it votes, and holds no data of ours."""
        return {"raft": self._raft(WITNESS, self.plan.witness)}

    def of_agent(self, agent: Agent) -> Json:
        """What the agent of a database is told."""
        instance = next(one for one in self.plan.databases if one.name == agent.database)
        host, port = self.plan.replication()[agent.database]
        login = {"username": SUPERUSER, "password": self.credentials.superuser_password}
        return {
            "scope": SCOPE,
            "name": agent.database,
            "restapi": {
                "listen": agent.api,
                "connect_address": agent.api,
                "authentication": {"username": API_USER, "password": self.credentials.control_token},
            },
            "raft": self._raft(agent.name, agent.voter),
            "bootstrap": {"dcs": self.rules()},
            "postgresql": {
                "listen": f"{instance.host}:{instance.port}",
                "connect_address": f"{host}:{port}",  # the link through which the other one replicates
                "data_dir": str(instance.data),
                "bin_dir": str(self.binaries.bin),
                "pgpass": str(self._folder / f"{agent.name}.pgpass"),
                "pg_hba": postgres.HBA.splitlines(),
                "authentication": {"superuser": login, "replication": login},
                "parameters": {"unix_socket_directories": ""},
                "basebackup": {"checkpoint": "fast"},  # else a copy waits for one that takes its time: a minute for the bank's tables
            },
            "watchdog": {"mode": "off"},
        }

    def rules(self) -> Json:
        """What both agents go by, kept by the voters."""
        return {
            "ttl": TTL_S,
            "loop_wait": LOOP_WAIT_S,
            "retry_timeout": RETRY_TIMEOUT_S,
            "maximum_lag_on_failover": _MOST_LAG,
            "synchronous_mode": self.settings.durability == "sync",
            "synchronous_mode_strict": False,  # where the standby is lost, the primary goes on alone
            "primary_start_timeout": 0,  # a primary whose database has died hands over rather than start it again
            "postgresql": {"use_pg_rewind": True, "parameters": postgres.parameters(self.binaries.major)},
        }

    def _raft(self, name: str, own: str) -> Json:
        voters = [*(agent.voter for agent in self.plan.agents), self.plan.witness]
        return {
            "data_dir": str(self._folder / f"{name}.raft"),
            "self_addr": own,
            "partner_addrs": [voter for voter in voters if voter != own],
            "password": self.credentials.secret,
        }
