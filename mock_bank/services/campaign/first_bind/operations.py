"""The coupon for a first card."""

from mock_bank.services.campaign.budgets.operations import BUDGET_SPENT
from mock_bank.services.campaign.campaigns.codes import ALREADY_CLAIMED, CLOSED
from mock_bank.services.campaign.first_bind.models import FirstBindBody, FirstBindReply
from mock_bank.services.kit.codes import OK
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode


@operation(
    "bind.coupon",
    "POST",
    "/v1/first-bind-coupons",
    FirstBindReply,
    codes=(OK, ALREADY_CLAIMED, BUDGET_SPENT, *CLOSED),
    body=FirstBindBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "binding_token": "{tag}"}),
)
async def coupon(node: ServiceNode, request: Request) -> Reply:
    """The discount for a first card, once for each customer and each card."""
    body: FirstBindBody = request.body
    return await effect(node, "campaign.first_bind", request, body.campaign_id, _card(node, request, body.binding_token))


def _card(node: ServiceNode, request: Request, token: str) -> str:
    """The card, as the bank has signed; a node that is being warmed up has nobody to ask for a proof."""
    if node.alone:
        return token
    (card,) = node.signer.open_for(request.customer_no, "binding", token)
    return card
