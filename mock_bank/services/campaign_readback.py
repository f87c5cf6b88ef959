"""The campaign's tables of effects."""

from typing import Final

from mock_bank.services import campaign_rows as r
from mock_bank.services.bank_models import AuditRow
from mock_bank.services.readback import ReadBack

TABLES: Final = (
    ReadBack(
        "stock",
        "/v1/ops/stock",
        "stock_id",
        r.StockRow,
        """select s.stock_id, a.campaign_id, s.activity_id, s.sku, s.batch, s.face_fen, s.initial, s.replenished, h.granted,
                  h.capacity - h.granted as remaining
             from campaign.stock s join campaign.activities a using (activity_id),
                  lateral (select sum(granted) as granted, sum(capacity) as capacity
                             from campaign.stock_shards where stock_id = s.stock_id) h
            where s.stock_id > coalesce(nullif($1, ''), '0')::bigint order by s.stock_id limit $2""",
    ),
    ReadBack(
        "grants",
        "/v1/ops/grants",
        "effect_id",
        r.GrantRow,
        """select * from (
               (select claim_id as effect_id, 'claim' as kind, idempotency_key, customer_no, campaign_id, activity_id, batch,
                       day, sku, amount_fen, 'GRANTED' as state, campaign.epoch_ms(at) as at_ms, site
                  from campaign.grants where claim_id > $1 order by claim_id limit $2)
               union all
               (select redpacket_id, 'redpacket', idempotency_key, customer_no, campaign_id, '', '', day, '', amount_fen,
                       'GRANTED', campaign.epoch_ms(opened_at), site
                  from campaign.redpackets where redpacket_id > $1 and state = 'OPENED' order by redpacket_id limit $2)
           ) both_kinds order by effect_id limit $2""",
    ),
    ReadBack(
        "claims",
        "/v1/ops/claims",
        "idempotency_key",
        r.ClaimRow,
        """select i.idempotency_key, 'CL-' || i.idempotency_key as effect_id, i.customer_no, i.scope as campaign_id, i.code,
                  i.data::json->>'state' as state, i.data::json->>'sku' as sku, i.data::json->>'batch_id' as batch,
                  (i.data::json->>'amount_fen')::bigint as amount_fen, campaign.epoch_ms(i.at) as at_ms, i.site
             from campaign.idempotency i where i.operation = 'claim.submit' and i.idempotency_key > $1
            order by i.idempotency_key limit $2""",
    ),
    ReadBack(
        "redemptions",
        "/v1/ops/redemptions",
        "coupon_code",
        r.RedemptionRow,
        """select coupon_code, redemption_id as effect_id, idempotency_key, campaign_id, customer_no, order_id, amount_fen,
                  'REDEEMED' as state, campaign.epoch_ms(at) as at_ms, site
             from campaign.redemptions where coupon_code > $1 order by coupon_code limit $2""",
    ),
    ReadBack(
        "checkins",
        "/v1/ops/checkins",
        "effect_id",
        r.CheckinRow,
        """select checkin_id as effect_id, idempotency_key, campaign_id, customer_no, day, streak, redpacket_id, 0 as amount_fen,
                  'DONE' as state, campaign.epoch_ms(at) as at_ms, site
             from campaign.checkins where checkin_id > $1 order by checkin_id limit $2""",
    ),
    ReadBack(
        "redpackets",
        "/v1/ops/redpackets",
        "effect_id",
        r.RedpacketRow,
        """select redpacket_id as effect_id, idempotency_key, campaign_id, customer_no, day, amount_fen, state,
                  campaign.epoch_ms(opened_at) as at_ms, site
             from campaign.redpackets where redpacket_id > $1 order by redpacket_id limit $2""",
    ),
    ReadBack(
        "outbox",
        "/v1/ops/outbox",
        "payout_key",
        r.OutboxRow,
        """select payout_key, campaign_id, customer_no, kind, amount_fen, state, attempts, error,
                  campaign.epoch_ms(created_at) as at_ms, campaign.epoch_ms(settled_at) as settled_at_ms, site
             from campaign.outbox where payout_key > $1 order by payout_key limit $2""",
    ),
    ReadBack(
        "activities",
        "/v1/ops/activities",
        "activity_id",
        r.ActivityRow,
        """select a.activity_id, a.campaign_id, campaign.phase(c, now()) as campaign_state, campaign.epoch_ms(c.start_at) as start_at_ms,
                  campaign.epoch_ms(c.end_at) as end_at_ms, campaign.epoch_ms(a.opens_at) as opens_at_ms,
                  campaign.epoch_ms(a.closes_at) as closes_at_ms, a.per_customer_cap, a.per_batch_cap, a.per_day_cap,
                  c.rp_pool_fen as pool_fen, p.out_fen as pool_out_fen, c.rp_packets as packets, p.out_packets as packets_out,
                  c.rp_min_fen as min_fen, c.rp_max_fen as max_fen, c.budget_fen
             from campaign.activities a join campaign.campaigns c using (campaign_id),
                  lateral (select sum(out_fen)::bigint as out_fen, sum(out_packets)::bigint as out_packets
                             from campaign.pool_shards where campaign_id = c.campaign_id) p
            where a.activity_id > $1 order by a.activity_id limit $2""",
    ),
    ReadBack(
        "beacons",
        "/v1/ops/beacons",
        "beacon_id",
        r.BeaconRow,
        """select * from (select node || '/' || type || '/' || item as beacon_id, node, type, item, seen from campaign.beacons) b
            where beacon_id > $1 order by beacon_id limit $2""",
    ),
    ReadBack(
        "audit",
        "/v1/ops/audit",
        "audit_id",
        AuditRow,
        """select audit_id, campaign.epoch_ms(at) as at_ms, actor, action, target, reason, before, after, site
             from campaign.audit where audit_id > coalesce(nullif($1, ''), '0')::bigint order by audit_id limit $2""",
    ),
)
