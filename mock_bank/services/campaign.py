"""The reference campaign service: what customers do."""

import time

from mock_bank.services import campaign_models as m
from mock_bank.services.api import Reply, Request, answer, done
from mock_bank.services.beacons import Beacons
from mock_bank.services.codes import Code, RefusedError
from mock_bank.services.config import NodeConfig
from mock_bank.services.database import Pool
from mock_bank.services.picture import FRESH_S, STALE_S, Camera
from mock_bank.services.tokens import ACTIVITY_S, Signer


def now_ms() -> int:
    """The server's clock."""
    return time.time_ns() // 1_000_000


def status_of(campaign: m.CampaignView, at_ms: int) -> m.Status:
    """A campaign's status at a time; the twin of campaign.phase() in SQL, which decides."""
    if campaign.state == "DRAFT":
        return "DRAFT"
    if at_ms >= campaign.end_at_ms:
        return "CLOSED"
    if campaign.state == "PAUSED":
        return "PAUSED"
    return "WARMUP" if at_ms < campaign.start_at_ms else "RUNNING"


class Campaign:
    """The customers' handlers on one node."""

    def __init__(self, config: NodeConfig, pool: Pool, camera: Camera, beacons: Beacons) -> None:
        """Keep what the handlers need."""
        self._site = config.site
        self._switch = config.switches.claim
        self._pool = pool
        self._camera = camera
        self._beacons = beacons
        self._signer = Signer(config.secret.encode())

    async def get(self, request: Request) -> Reply:
        """A campaign's status by the server's clock."""
        campaign = await self._camera.campaign(request.path[0], FRESH_S)
        at_ms = now_ms()
        return done(
            {
                "campaign_id": campaign.id,
                "name": campaign.name,
                "status": status_of(campaign, at_ms),
                "start_at_ms": campaign.start_at_ms,
                "end_at_ms": campaign.end_at_ms,
                "server_time_ms": at_ms,
                "rule_version": campaign.rule_version,
            }
        )

    async def clock(self, _request: Request) -> Reply:
        """The server's clock."""
        return Reply(Code.OK, b'{"server_time_ms":%d}' % now_ms())

    async def exposure(self, request: Request) -> Reply:
        """What a slot shows; without anything configured, the campaigns themselves. Old news will do when the database is away."""
        slot = request.query.get("slot", "")
        if slot not in {"carousel", "popup", "zone"}:
            raise RefusedError(Code.BAD_PARAM, "slot: one of carousel, popup, zone")
        campaigns = (await self._camera.campaigns(STALE_S)).values()
        items = [
            {"id": item.id, "title": item.title}
            for campaign in campaigns
            for item in getattr(campaign.zone, slot) or [m.Item(id=campaign.id, title=campaign.name)]
        ]
        return done({"slot": slot, "items": items[:10], "cap_remaining": 1 if slot == "popup" else 99})

    async def zone(self, request: Request) -> Reply:
        """The zone page's configuration."""
        campaign = await self._camera.campaign(request.path[0], STALE_S)
        activities = [{"id": a.id, "opens_at_ms": a.opens_at_ms, "closes_at_ms": a.closes_at_ms} for a in campaign.activities]
        blocks = [{"id": item.id, "title": item.title} for item in campaign.zone.zone]
        return done({"campaign_id": campaign.id, "rule_version": campaign.rule_version, "blocks": blocks, "activities": activities})

    async def tasks(self, request: Request) -> Reply:
        """The campaign's tasks."""
        campaign = await self._camera.campaign(request.path[0], STALE_S)
        return done({"tasks": [{"id": t.id, "title": t.title, "reward": t.reward} for t in campaign.tasks]})

    async def rank(self, request: Request) -> Reply:
        """The ten most won prizes; ties by name, so that every node says the same."""
        campaign = await self._camera.campaign(request.path[0], STALE_S)
        order = sorted((-s.granted, a.id, s.sku) for a in campaign.activities for s in a.skus)[:10]
        entries = [{"rank": n, "activity_id": a, "sku": sku, "granted": -won} for n, (won, a, sku) in enumerate(order, 1)]
        return done({"entries": entries})

    async def stock(self, request: Request) -> Reply:
        """An activity's stock, at most 100 ms old."""
        activity = await self._camera.activity(request.path[0], FRESH_S)
        return done(
            {
                "activity_id": activity.id,
                "server_time_ms": now_ms(),
                "opens_at_ms": activity.opens_at_ms,
                "closes_at_ms": activity.closes_at_ms,
                "skus": [s.__dict__ for s in activity.skus],
            }
        )

    async def activity_token(self, request: Request) -> Reply:
        """Leave for this customer to claim in this activity, for half an hour."""
        activity = await self._camera.activity(request.path[0], STALE_S)
        token, expires_at_ms = self._signer.issue("activity", f"{request.customer_no}/{activity.id}", ACTIVITY_S)
        return done({"activity_token": token, "expires_at_ms": expires_at_ms})

    async def claim(self, request: Request) -> Reply:
        """Claim a prize, once per key, within the window and the caps, while there is stock."""
        body: m.ClaimBody = request.body
        activity_id = request.path[0]
        if self._signer.open("activity", body.activity_token) != f"{request.customer_no}/{activity_id}":
            raise RefusedError(Code.TOKEN_INVALID, "this activity_token is for another customer or activity")
        return answer(
            await self._pool.row(
                "select code, data from campaign.claim($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                request.key,
                request.body_hash,
                request.customer_no,
                activity_id,
                body.sku,
                body.batch_id,
                request.device,
                self._site,
                self._switch,
            )
        )

    async def claim_status(self, request: Request) -> Reply:
        """How a claim of this customer ended; its id is CL-<key>, so it can be asked for after an unknown outcome."""
        prefix, key = request.path[0][:3], request.path[0][3:]
        row = await self._pool.row(
            "select 'OK', data from campaign.idempotency where idempotency_key = $1 and customer_no = $2 and operation = 'claim.submit'",
            key if prefix == "CL-" else "",
            request.customer_no,
        )
        return answer(row) if row is not None else Reply(Code.NOT_FOUND)

    async def coupons(self, request: Request) -> Reply:
        """The customer's coupons, newest first."""
        row = await self._pool.row(
            """select coalesce(json_agg(c), '[]')::text from (
                   select 'CP-' || g.idempotency_key as coupon_code, g.claim_id, g.activity_id, g.sku, g.batch as batch_id, g.amount_fen,
                          case when r.coupon_code is null then 'GRANTED' else 'REDEEMED' end as state, campaign.epoch_ms(g.at) as at_ms
                     from campaign.grants g left join campaign.redemptions r on r.coupon_code = 'CP-' || g.idempotency_key
                    where g.customer_no = $1 order by g.at desc, g.claim_id limit 100) c""",
            request.customer_no,
        )
        return Reply(Code.OK, b'{"coupons":' + row[0].encode() + b"}")

    async def redeem(self, request: Request) -> Reply:
        """Redeem a coupon, once; its cash is paid by the bank soon after."""
        body: m.RedeemBody = request.body
        return answer(
            await self._pool.row(
                "select code, data from campaign.redeem($1, $2, $3, $4, $5, $6, $7)",
                request.key,
                request.body_hash,
                request.customer_no,
                request.path[0],
                body.order_id,
                body.amount_fen,
                self._site,
            )
        )

    async def check_in(self, request: Request) -> Reply:
        """Today's check-in, once a day; it earns a red packet."""
        body: m.CheckinBody = request.body
        return answer(
            await self._pool.row(
                "select code, data from campaign.check_in($1, $2, $3, $4, $5)",
                request.key,
                request.body_hash,
                request.customer_no,
                body.campaign_id,
                self._site,
            )
        )

    async def open_redpacket(self, request: Request) -> Reply:
        """Open a red packet, once; its cash is paid by the bank soon after."""
        return answer(
            await self._pool.row(
                "select code, data from campaign.open_redpacket($1, $2, $3, $4, $5)",
                request.key,
                request.body_hash,
                request.customer_no,
                request.path[0],
                self._site,
            )
        )

    async def streak(self, request: Request) -> Reply:
        """The customer's streak: alive while yesterday or today has a check-in."""
        campaign = await self._camera.campaign(request.path[0], STALE_S)
        row = await self._pool.row(
            """select 'OK', json_build_object('campaign_id', $1::text, 'date', campaign.today(),
                      'streak', coalesce((array_agg(streak order by day desc))[1], 0),
                      'checked_in_today', coalesce(max(day) = campaign.today(), false))::text
                 from campaign.checkins where campaign_id = $1 and customer_no = $2 and day >= campaign.today() - 1""",
            campaign.id,
            request.customer_no,
        )
        return answer(row)

    async def events(self, request: Request) -> Reply:
        """Take beacons; they are counted, and may be lost."""
        body: m.BeaconsBody = request.body
        self._beacons.count(body.events)
        return Reply(Code.ACCEPTED, b'{"accepted":%d}' % len(body.events))
