"""Showing a pop-up."""

from typing import Final

from mock_bank.services.campaign.campaigns.codes import CLOSED_TO_ALL
from mock_bank.services.campaign.popups.models import ShowBody, ShowReply
from mock_bank.services.kit.codes import OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

CAP_REACHED: Final = Code("CAP_REACHED", 409, "this customer has been shown as many pop-ups as a day may have")
ALREADY_SHOWN: Final = Code("ALREADY_SHOWN", 409, "this pop-up has been shown")


@operation(
    "popup.show",
    "POST",
    "/v1/popups",
    ShowReply,
    codes=(OK, CAP_REACHED, ALREADY_SHOWN, *CLOSED_TO_ALL),
    body=ShowBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "view": "{tag}"}),
)
async def show(node: ServiceNode, request: Request) -> Reply:
    """Whether the app shows the customer a pop-up now: so often a day, on all devices together."""
    body: ShowBody = request.body
    return await effect(node, "campaign.show_popup", request, body.campaign_id, body.view)
