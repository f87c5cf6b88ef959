"""The reference campaign service: what the operator does, and the list of all operations."""

from mock_bank.services import campaign_models as m
from mock_bank.services import readback
from mock_bank.services.api import Access, Operation, Reply, Request, answer, done
from mock_bank.services.beacons import Beacons
from mock_bank.services.campaign import Campaign
from mock_bank.services.campaign_readback import TABLES
from mock_bank.services.codes import Code
from mock_bank.services.common import complete
from mock_bank.services.config import NodeConfig
from mock_bank.services.database import Pool
from mock_bank.services.picture import Camera


class Operator:
    """The operator's handlers on one node."""

    def __init__(self, config: NodeConfig, pool: Pool) -> None:
        """Keep what the handlers need."""
        self._site = config.site
        self._pool = pool

    async def create(self, request: Request) -> Reply:
        """Create a campaign; with replace, what was there of it, effects and all, is taken away first."""
        body: m.CampaignBody = request.body
        row = await self._pool.row("select campaign.create_campaign($1, $2)", body.model_dump_json(), self._site)
        code = Code(row[0])
        return done({"campaign_id": body.id}) if code is Code.OK else Reply(code)

    async def pause(self, request: Request) -> Reply:
        """Pause; once this is answered, no grant is made."""
        return await self._set_state(request, "PAUSED", "campaign.pause")

    async def resume(self, request: Request) -> Reply:
        """Go on; also takes a draft live."""
        return await self._set_state(request, "OPEN", "campaign.resume")

    async def _set_state(self, request: Request, state: str, action: str) -> Reply:
        body: m.StateBody = request.body
        return answer(
            await self._pool.row(
                "select code, data from campaign.set_state($1, $2, $3, $4, $5, $6)",
                request.path[0],
                state,
                body.actor,
                action,
                body.reason,
                self._site,
            )
        )

    async def replenish(self, request: Request) -> Reply:
        """Add stock, once per key."""
        body: m.ReplenishBody = request.body
        return answer(
            await self._pool.row(
                "select code, data from campaign.replenish($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                request.key,
                request.body_hash,
                body.activity_id,
                body.sku,
                body.batch,
                body.quantity,
                body.actor,
                body.reason,
                self._site,
            )
        )


def operations(config: NodeConfig, pool: Pool, camera: Camera, beacons: Beacons) -> list[Operation]:
    """Everything that a campaign node does."""
    customers = Campaign(config, pool, camera, beacons)
    own = [*_reads(customers), *_effects(customers), *_operator(Operator(config, pool))]
    back = readback.operations(TABLES, pool, hidden=config.switches.no_read_back)
    return complete(config, "The reference campaign service", "/v1/proof", [*own, *back])


def _reads(c: Campaign) -> list[Operation]:
    known = (Code.OK, Code.NOT_FOUND)
    public = Access.PUBLIC
    slot = {"slot": "carousel, popup or zone"}
    return [
        Operation("campaign.get", "GET", "/v1/campaigns/{campaign_id}", "status and time", c.get, m.CampaignReply, known, access=public),
        Operation("time.sync", "GET", "/v1/time", "the server's clock", c.clock, m.TimeReply, (Code.OK,), access=public),
        Operation("exposure", "GET", "/v1/exposure", "what a slot shows", c.exposure, m.ExposureReply, (Code.OK,), None, slot, public),
        Operation("zone.config", "GET", "/v1/campaigns/{campaign_id}/zone", "the zone page", c.zone, m.ZoneReply, known, access=public),
        Operation("task.list", "GET", "/v1/campaigns/{campaign_id}/tasks", "the tasks", c.tasks, m.TasksReply, known, access=public),
        Operation("rank.list", "GET", "/v1/campaigns/{campaign_id}/rank", "most won prizes", c.rank, m.RankReply, known, access=public),
        Operation("stock.get", "GET", "/v1/activities/{activity_id}/stock", "stock", c.stock, m.StockReply, known, access=public),
        Operation("activity.token", "GET", "/v1/activities/{activity_id}/token", "leave to claim", c.activity_token,
                  m.ActivityTokenReply, known),
        Operation("activity.token.post", "POST", "/v1/activities/{activity_id}/token", "leave to claim", c.activity_token,
                  m.ActivityTokenReply, known),
        Operation("claim.status", "GET", "/v1/claims/{claim_id}", "how a claim ended", c.claim_status, m.ClaimReply, known),
        Operation("coupon.list", "GET", "/v1/coupons", "the customer's coupons", c.coupons, m.CouponsReply, (Code.OK,)),
        Operation("streak.get", "GET", "/v1/campaigns/{campaign_id}/streak", "the customer's streak", c.streak, m.StreakReply, known),
    ]  # fmt: skip


def _effects(c: Campaign) -> list[Operation]:
    window = (Code.NOT_STARTED, Code.ENDED, Code.CAMPAIGN_PAUSED, Code.NOT_FOUND)
    claim = (Code.OK, Code.SOLD_OUT, Code.LIMIT_REACHED, Code.ALREADY_CLAIMED, *window)
    redeem = (Code.OK, Code.ALREADY_REDEEMED, Code.AMOUNT_MISMATCH, Code.NOT_FOUND)
    return [
        Operation("claim.submit", "POST", "/v1/activities/{activity_id}/claims", "claim a prize", c.claim, m.ClaimReply, claim, m.ClaimBody,
                  effectful=True, keyed=True, unhashed=frozenset({"activity_token"})),
        Operation("coupon.redeem", "POST", "/v1/coupons/{coupon_code}/redemptions", "redeem a coupon", c.redeem, m.RedeemReply, redeem,
                  m.RedeemBody, effectful=True, keyed=True),
        Operation("checkin.post", "POST", "/v1/checkins", "check in", c.check_in, m.CheckinReply, (Code.OK, Code.ALREADY_CLAIMED, *window),
                  m.CheckinBody, effectful=True, keyed=True),
        Operation("redpacket.open", "POST", "/v1/redpackets/{redpacket_id}/open", "open a red packet", c.open_redpacket, m.OpenReply,
                  (Code.OK, Code.SOLD_OUT, Code.ALREADY_CLAIMED, *window), effectful=True, keyed=True),
        Operation("beacon", "POST", "/v1/events", "what the app saw", c.events, m.BeaconsReply, (Code.ACCEPTED,), m.BeaconsBody,
                  access=Access.PUBLIC),
    ]  # fmt: skip


def _operator(o: Operator) -> list[Operation]:
    known = (Code.OK, Code.NOT_FOUND)
    return [
        Operation("ops.create", "POST", "/v1/ops/campaigns", "create or replace a campaign", o.create, m.CreatedReply,
                  (Code.OK, Code.ALREADY_EXISTS), m.CampaignBody, access=Access.OPERATOR, effectful=True),
        Operation("ops.pause", "POST", "/v1/ops/campaigns/{campaign_id}/pause", "pause", o.pause, m.StateReply, known, m.StateBody,
                  access=Access.OPERATOR, effectful=True),
        Operation("ops.resume", "POST", "/v1/ops/campaigns/{campaign_id}/resume", "resume", o.resume, m.StateReply, known, m.StateBody,
                  access=Access.OPERATOR, effectful=True),
        Operation("ops.replenish", "POST", "/v1/ops/stock/replenish", "add stock", o.replenish, m.ReplenishReply, known, m.ReplenishBody,
                  access=Access.OPERATOR, effectful=True, keyed=True),
    ]  # fmt: skip
