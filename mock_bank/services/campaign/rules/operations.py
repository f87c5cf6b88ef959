"""The rules as they are in force, and accepting them."""

from typing import Final

from mock_bank.services.campaign.rules.models import AcceptBody, AcceptReply, RulesReply
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code, RefusedError
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

RULES_CHANGED: Final = Code("RULES_CHANGED", 409, "the rules have changed: read them again")
ALREADY_ACCEPTED: Final = Code("ALREADY_ACCEPTED", 409, "this customer has accepted these rules")


@operation(
    "rules.get", "GET", "/v1/campaigns/{campaign_id}/rules", RulesReply, codes=(OK, NOT_FOUND), access=Access.PUBLIC, sample=Sample()
)
async def rules(node: ServiceNode, request: Request) -> Reply:
    """The rules in force: their version, and what they say."""
    row = await node.database.row(
        """select version, text, campaign.epoch_ms(now()) from campaign.rules
            where campaign_id = $1 and version = campaign.rules_version($1)""",
        request.path[0],
    )
    if row is None:
        raise RefusedError(NOT_FOUND)
    return ok({"version": row[0], "text": row[1], "server_time_ms": row[2]})


@operation(
    "rules.accept",
    "POST",
    "/v1/rules/acceptances",
    AcceptReply,
    codes=(OK, NOT_FOUND, RULES_CHANGED, ALREADY_ACCEPTED),
    body=AcceptBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "version": 1}),
)
async def accept(node: ServiceNode, request: Request) -> Reply:
    """Accept the rules that were read, if they are still in force."""
    body: AcceptBody = request.body
    return await effect(node, "campaign.accept_rules", request, body.campaign_id, body.version)
