"""Taking beacons."""

from mock_bank.services.campaign.beacons.counts import BeaconCounts
from mock_bank.services.campaign.beacons.models import BeaconsBody, BeaconsReply
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import ACCEPTED
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, operation
from mock_bank.services.kit.service_node import ServiceNode


@operation(
    "beacon.post",
    "POST",
    "/v1/events",
    BeaconsReply,
    codes=(ACCEPTED,),
    body=BeaconsBody,
    access=Access.PUBLIC,
    sample=Sample({"events": [{"type": "view", "item": "{tag}", "ts": 0}]}),
    gives_way=GivesWay.FIRST,
)
async def post(node: ServiceNode, request: Request) -> Reply:
    """Take what the app saw; it is counted, and may be lost."""
    body: BeaconsBody = request.body
    node.one(BeaconCounts).count(body.events)
    return Reply(ACCEPTED, b'{"accepted":%d}' % len(body.events))
