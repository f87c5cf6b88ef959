"""A node's snapshot of its campaigns."""

import time
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, create_model

from mock_bank.services.campaign.campaigns.models import FIELDS, Status
from mock_bank.services.kit.codes import NOT_FOUND, RefusedError
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import SnapshotCache

Parts = create_model("Parts", **FIELDS)


class ActivityView(BaseModel):
    """An activity, as reads need it."""

    id: str
    opens_at_ms: int
    closes_at_ms: int


class CampaignView(BaseModel):
    """A campaign, as reads need it."""

    id: str
    name: str
    state: Literal["DRAFT", "OPEN", "PAUSED"]
    start_at_ms: int
    end_at_ms: int
    rule_version: str
    parts: Parts
    activities: list[ActivityView]

    def status(self, at_ms: int) -> Status:
        """Its status at a time; the twin of campaign.phase() in SQL, which decides."""
        if self.state == "DRAFT":
            return "DRAFT"
        if at_ms >= self.end_at_ms:
            return "CLOSED"
        if self.state == "PAUSED":
            return "PAUSED"
        return "WARMUP" if at_ms < self.start_at_ms else "RUNNING"


class Snapshot(BaseModel):
    """All campaigns that are not long over."""

    campaigns: list[CampaignView]


@dataclass(frozen=True, slots=True)
class _ById:
    campaigns: dict[str, CampaignView] = field(default_factory=dict)
    activities: dict[str, ActivityView] = field(default_factory=dict)


def _parsed(text: str) -> _ById:
    campaigns = Snapshot.model_validate_json(text).campaigns
    return _ById({c.id: c for c in campaigns}, {a.id: a for c in campaigns for a in c.activities})


class Campaigns:
    """Finds campaigns and activities."""

    def __init__(self, node: ServiceNode) -> None:
        """No snapshot yet."""
        self._cache = SnapshotCache(node.database, "select campaign.snapshot()", _parsed, _ById())

    async def all(self, oldest_s: float) -> list[CampaignView]:
        """All of them, no older than that; BusyError or UnknownError if they can't be read."""
        return list((await self._cache.at_most(oldest_s)).campaigns.values())

    def last_known(self) -> tuple[list[CampaignView], bool]:
        """All that were there when the database was last read, and whether it is away since; none where it never was."""
        held, away = self._cache.last()
        return list(held.campaigns.values()), away

    async def campaign(self, campaign_id: str, oldest_s: float) -> CampaignView:
        """One campaign; RefusedError NOT_FOUND if there is none, by a reading begun after the question."""
        for limit_s in (oldest_s, 0.0):
            found = (await self._cache.at_most(limit_s)).campaigns.get(campaign_id)
            if found is not None:
                return found
        raise RefusedError(NOT_FOUND)

    async def activity(self, activity_id: str, oldest_s: float) -> ActivityView:
        """One activity; RefusedError NOT_FOUND if there is none, by a reading begun after the question."""
        for limit_s in (oldest_s, 0.0):
            found = (await self._cache.at_most(limit_s)).activities.get(activity_id)
            if found is not None:
                return found
        raise RefusedError(NOT_FOUND)


def now_ms() -> int:
    """The server's clock."""
    return time.time_ns() // 1_000_000
