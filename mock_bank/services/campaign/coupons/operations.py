"""The customer's coupons, and redeeming one."""

import asyncio
from typing import Final

from mock_bank.services.campaign.coupons.models import CouponsReply, RedeemBody, RedeemReply
from mock_bank.services.campaign.suppliers.codes import CIRCUIT_OPEN
from mock_bank.services.campaign.suppliers.suppliers import Suppliers
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import NOT_FOUND, OK, SYSTEM_BUSY, Code, RefusedError
from mock_bank.services.kit.errors import BrokenError, BusyError, UnknownError
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

ALREADY_REDEEMED: Final = Code("ALREADY_REDEEMED", 409, "the coupon has been redeemed")
USE_THE_APP: Final = Code("USE_THE_APP", 409, "the supplier can be had; nothing needs doing by hand")
REDEMPTION_UNDER_WAY: Final = Code("REDEMPTION_UNDER_WAY", 409, "nobody knows yet how an earlier redemption of this coupon ended")
AMOUNT_MISMATCH: Final = Code("AMOUNT_MISMATCH", 409, "the amount is not the coupon's")

_NOT_NOW, _BEGUN = "NO", "BEGUN"  # what `campaign.begin_redemption` says
_LOOKS, _LOOK_EVERY_S = 50, 0.02  # for the end of another redemption of the same coupon


@operation("coupon.list", "GET", "/v1/coupons", CouponsReply, sample=Sample())
async def coupons(node: ServiceNode, request: Request) -> Reply:
    """The customer's coupons, newest first."""
    row = await node.database.row(
        """select coalesce(json_agg(c), '[]')::text from (
               select 'CP-' || g.idempotency_key as coupon_code, g.claim_id, g.kind, g.activity_id, g.sku, g.batch as batch_id,
                      g.amount_fen, campaign.epoch_ms(g.at) as at_ms,
                      case when r.coupon_code is null then 'GRANTED' else 'REDEEMED' end as state, r.way
                 from campaign.grants g left join campaign.redemptions r on r.coupon_code = 'CP-' || g.idempotency_key
                where g.customer_no = $1 order by g.at desc, g.claim_id limit 100) c""",
        request.customer_no,
    )
    return Reply(OK, b'{"coupons":' + row[0].encode() + b"}")


@operation(
    "coupon.redeem",
    "POST",
    "/v1/coupons/{coupon_code}/redemptions",
    RedeemReply,
    codes=(OK, ALREADY_REDEEMED, AMOUNT_MISMATCH, NOT_FOUND, CIRCUIT_OPEN),
    body=RedeemBody,
    effectful=True,
    keyed=True,
    sample=Sample({"order_id": "{tag}", "amount_fen": 1}),
    gives_way=GivesWay.LAST,
)
async def redeem(node: ServiceNode, request: Request) -> Reply:
    """Redeem a coupon, once, with its supplier; its cash is paid by the bank soon after."""
    body: RedeemBody = request.body
    coupon = request.path[0]
    begun = "select campaign.begin_redemption($1, $2, $3, $4, $5, $6)"
    row = await node.database.row(begun, request.key, request.body_hash, request.customer_no, coupon, body.order_id, body.amount_fen)
    asked = row[0] != _NOT_NOW  # else it is a refusal or was done before, which the supplier need not know of
    if asked:
        await _ask_supplier(node, request.key, coupon, body.amount_fen, first=row[0] == _BEGUN)
    try:
        return await effect(node, "campaign.redeem", request, coupon, body.order_id, body.amount_fen)
    except (BusyError, BrokenError) as error:
        if asked:  # nothing was done here, and something there: only the same key can end it
            raise UnknownError(f"the supplier has redeemed it, and we have not: {error}") from error
        raise


async def _ask_supplier(node: ServiceNode, key: str, coupon: str, amount_fen: int, *, first: bool) -> None:
    """Have it redeemed. Where nothing was done others may; where that is not known of this call or of one before, only the same key."""
    try:
        await have_redeemed(node, key, coupon, amount_fen)
    except RefusedError as error:
        if first and not (await node.database.row("select campaign.give_up_redemption($1, $2)", key, coupon))[0]:
            raise UnknownError(f"others go on with it: {error}") from error
        raise


async def have_redeemed(node: ServiceNode, key: str, coupon: str, amount_fen: int) -> None:
    """With the supplier, for this key, or by another redemption that is entered: that it was another's, `campaign.redeem` says.

    Raises:
        RefusedError: nothing was done by this call.
        UnknownError: the supplier did not answer.
    """
    if not await node.one(Suppliers).redeem(f"RD-{key}", coupon, amount_fen) and not await _is_redeemed(node, coupon):
        raise RefusedError(SYSTEM_BUSY, "another redemption of this coupon is under way; nothing was done for this one")


async def _is_redeemed(node: ServiceNode, coupon: str) -> bool:
    """Whether another redemption of it is entered within a second."""
    for look in range(_LOOKS):
        if (await node.database.row("select exists (select 1 from campaign.redemptions where coupon_code = $1)", coupon))[0]:
            return True
        if look < _LOOKS - 1:
            await asyncio.sleep(_LOOK_EVERY_S)
    return False


@operation(
    "redeem.manual",
    "POST",
    "/v1/coupons/{coupon_code}/manual-redemptions",
    RedeemReply,
    codes=(OK, ALREADY_REDEEMED, AMOUNT_MISMATCH, NOT_FOUND, USE_THE_APP, REDEMPTION_UNDER_WAY),
    body=RedeemBody,
    effectful=True,
    keyed=True,
    sample=Sample({"order_id": "{tag}", "amount_fen": 1}, path={"coupon_code": "CP-{tag}.claim.submit"}),
    gives_way=GivesWay.LAST,
)
async def redeem_by_hand(node: ServiceNode, request: Request) -> Reply:
    """Have customer service redeem a coupon while its supplier cannot be had; its cash is paid as ever."""
    body: RedeemBody = request.body
    away = node.one(Suppliers).is_away("voucher")
    return await effect(node, "campaign.redeem_by_hand", request, request.path[0], body.order_id, body.amount_fen, away)
