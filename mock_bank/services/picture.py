"""A node's picture of its campaigns: read at most every 100 ms, shared by all who ask, so that reads cost the database nothing."""

import asyncio
import time
from typing import Final

from mock_bank.services.campaign_models import ActivityView, CampaignView, Picture
from mock_bank.services.codes import Code, RefusedError
from mock_bank.services.database import BrokenError, BusyError, Pool, UnknownError

FRESH_S: Final = 0.1
STALE_S: Final = 60.0


class Camera:
    """Takes the picture, one at a time."""

    def __init__(self, pool: Pool) -> None:
        """No picture yet."""
        self._pool = pool
        self._campaigns: dict[str, CampaignView] = {}
        self._activities: dict[str, ActivityView] = {}
        self._taken_s = float("-inf")
        self._running: asyncio.Task[None] | None = None
        self._error: BusyError | UnknownError | BrokenError | None = None

    async def campaigns(self, oldest_s: float) -> dict[str, CampaignView]:
        """Campaigns by id, no older than that; BusyError or UnknownError if they can't be read."""
        await self._at_most(oldest_s)
        return self._campaigns

    async def campaign(self, campaign_id: str, oldest_s: float) -> CampaignView:
        """One campaign; RefusedError NOT_FOUND if there is none, by a look taken after the question."""
        for limit_s in (oldest_s, 0.0):
            found = (await self.campaigns(limit_s)).get(campaign_id)
            if found is not None:
                return found
        raise RefusedError(Code.NOT_FOUND)

    async def activity(self, activity_id: str, oldest_s: float) -> ActivityView:
        """One activity; RefusedError NOT_FOUND if there is none, by a look taken after the question."""
        for limit_s in (oldest_s, 0.0):
            await self._at_most(limit_s)
            found = self._activities.get(activity_id)
            if found is not None:
                return found
        raise RefusedError(Code.NOT_FOUND)

    async def _at_most(self, oldest_s: float) -> None:
        asked_s = time.monotonic()
        if asked_s - self._taken_s > min(FRESH_S, oldest_s):
            self._look()
        for _ in range(2):  # the look under way may have begun before the question; the next one has not
            if asked_s - self._taken_s <= oldest_s:
                return
            await asyncio.shield(self._look())
            if self._error is not None:
                raise type(self._error)(str(self._error))

    def _look(self) -> asyncio.Task[None]:
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._take())
        return self._running

    async def _take(self) -> None:
        began_s = time.monotonic()
        try:
            row = await self._pool.row("select campaign.snapshot()")
        except (BusyError, UnknownError, BrokenError) as error:
            self._error = error
        else:
            picture = Picture.model_validate_json(row[0])
            self._campaigns = {campaign.id: campaign for campaign in picture.campaigns}
            self._activities = {activity.id: activity for campaign in picture.campaigns for activity in campaign.activities}
            self._taken_s = began_s
            self._error = None
        finally:
            self._running = None
