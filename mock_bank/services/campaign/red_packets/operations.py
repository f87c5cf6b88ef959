"""Opening a red packet."""

from mock_bank.services.campaign.campaigns.codes import ALREADY_CLAIMED, CLOSED, SOLD_OUT
from mock_bank.services.campaign.red_packets.models import OpenReply
from mock_bank.services.kit.codes import OK
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode


@operation(
    "redpacket.open",
    "POST",
    "/v1/redpackets/{redpacket_id}/open",
    OpenReply,
    codes=(OK, SOLD_OUT, ALREADY_CLAIMED, *CLOSED),
    effectful=True,
    keyed=True,
    sample=Sample(),
)
async def open_packet(node: ServiceNode, request: Request) -> Reply:
    """Open a red packet, once; its cash is paid by the bank soon after."""
    return await effect(node, "campaign.open_redpacket", request, request.path[0])
