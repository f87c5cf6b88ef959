"""The campaign's tasks."""

from pydantic import BaseModel

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.tasks.campaign_part import TASKS, Task
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S


class TasksReply(BaseModel):
    """The campaign's tasks."""

    tasks: list[Task]


@operation(
    "task.list", "GET", "/v1/campaigns/{campaign_id}/tasks", TasksReply, codes=(OK, NOT_FOUND), access=Access.PUBLIC, sample=Sample()
)
async def tasks(node: ServiceNode, request: Request) -> Reply:
    """The campaign's tasks."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    return ok({"tasks": [task.__dict__ for task in TASKS.of(campaign.parts)]})
