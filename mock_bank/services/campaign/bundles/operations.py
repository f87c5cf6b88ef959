"""Opening a bundle, and how it stands."""

from typing import Final

from mock_bank.services.campaign.bundles.models import BundleBody, BundleReply
from mock_bank.services.campaign.bundles.saga import carry_on
from mock_bank.services.campaign.campaigns.codes import CLOSED
from mock_bank.services.kit.codes import ACCEPTED, NOT_FOUND, OK, Code
from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.operation import Reply, Request, Sample, effect_row, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode

ALREADY_BUNDLED: Final = Code("ALREADY_BUNDLED", 409, "this customer has asked for the bundle before")


@operation(
    "bundle.open",
    "POST",
    "/v1/bundles",
    BundleReply,
    codes=(OK, ACCEPTED, ALREADY_BUNDLED, *CLOSED),
    body=BundleBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "monthly_fen": 1}),
)
async def open_bundle(node: ServiceNode, request: Request) -> Reply:
    """Open a plan and have the coupon for it: both, or neither; accepted where nobody knows yet."""
    body: BundleBody = request.body
    row = await effect_row(node, "campaign.begin_bundle", request, body.campaign_id, body.monthly_fen)
    if not row["fresh"]:
        return reply_of(row)
    try:
        return reply_of(await carry_on(node, f"BO-{request.key}", request.customer_no, body.monthly_fen, "OPENING"))
    except DATABASE_ERRORS:  # of which UnknownError is one: the order stands, and `go_on` goes on with it
        return Reply(ACCEPTED, row[1].encode())


@operation("bundle.get", "GET", "/v1/bundles/{bundle_id}", BundleReply, codes=(OK, NOT_FOUND), sample=Sample())
async def get(node: ServiceNode, request: Request) -> Reply:
    """How a bundle of this customer stands."""
    row = await node.database.row(
        "select 'OK', campaign.told_bundle(b) from campaign.bundles b where bundle_id = $1 and customer_no = $2",
        request.path[0],
        request.customer_no,
    )
    return reply_of(row) if row is not None else Reply(NOT_FOUND)
