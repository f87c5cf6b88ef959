"""A node's picture of its campaigns: read at most every 100 ms, shared by all who ask, so that reads cost the database nothing."""

import asyncio
import time
from typing import Final

from mock_bank.services.campaign_models import ActivityView, CampaignView, Picture
from mock_bank.services.codes import Code, RefusedError
from mock_bank.services.database import BusyError, Pool, UnknownError

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
        self._error: BusyError | UnknownError | None = None

    async def campaigns(self, oldest_s: float) -> dict[str, CampaignView]:
        """Campaigns by id, no older than that; BusyError or UnknownError if they can't be read."""
        await self._at_most(oldest_s)
        return self._campaigns

    async def campaign(self, campaign_id: str, oldest_s: float) -> CampaignView:
        """One campaign; RefusedError NOT_FOUND if there is none."""
        found = (await self.campaigns(oldest_s)).get(campaign_id)
        if found is None:
            raise RefusedError(Code.NOT_FOUND)
        return found

    async def activity(self, activity_id: str, oldest_s: float) -> ActivityView:
        """One activity; RefusedError NOT_FOUND if there is none."""
        await self._at_most(oldest_s)
        found = self._activities.get(activity_id)
        if found is None:
            raise RefusedError(Code.NOT_FOUND)
        return found

    async def _at_most(self, oldest_s: float) -> None:
        age_s = time.monotonic() - self._taken_s
        if age_s > FRESH_S and self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._take())
        if age_s <= oldest_s:
            return
        if self._running is not None:
            await asyncio.shield(self._running)
        if time.monotonic() - self._taken_s > oldest_s and self._error is not None:
            raise type(self._error)(str(self._error))

    async def _take(self) -> None:
        began_s = time.monotonic()
        try:
            row = await self._pool.row("select campaign.snapshot()")
        except (BusyError, UnknownError) as error:
            self._error = error
        else:
            picture = Picture.model_validate_json(row[0])
            self._campaigns = {campaign.id: campaign for campaign in picture.campaigns}
            self._activities = {activity.id: activity for campaign in picture.campaigns for activity in campaign.activities}
            self._taken_s = began_s
            self._error = None
        finally:
            self._running = None
