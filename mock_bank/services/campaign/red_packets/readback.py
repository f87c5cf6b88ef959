"""Red packets and their pools, read back."""

from mock_bank.services.campaign.red_packets.models import PoolRow, RedpacketRow
from mock_bank.services.kit.read_back import ReadBackTable

REDPACKETS = ReadBackTable(
    "redpackets",
    "/v1/ops/redpackets",
    "effect_id",
    RedpacketRow,
    """select r.redpacket_id as effect_id, r.idempotency_key, r.campaign_id, r.customer_no, r.day, r.amount_fen, o.pays_by::text, r.state,
              campaign.epoch_ms(r.opened_at) as at_ms, r.site
         from campaign.redpackets r left join campaign.outbox o on o.payout_key = r.redpacket_id
        where r.redpacket_id > $1 order by r.redpacket_id limit $2""",
)
POOLS = ReadBackTable(
    "redpacket-pools",
    "/v1/ops/redpacket-pools",
    "campaign_id",
    PoolRow,
    """select c.campaign_id, campaign.epoch_ms(c.start_at) as opens_at_ms, campaign.epoch_ms(c.end_at) as closes_at_ms, p.*
         from campaign.campaigns c, lateral (
                  select sum(pool_fen)::bigint as pool_fen, sum(out_fen)::bigint as pool_out_fen, sum(packets)::bigint as packets,
                         sum(out_packets)::bigint as packets_out, min(min_fen) as min_fen, max(max_fen) as max_fen
                    from campaign.pool_shards where campaign_id = c.campaign_id) p
        where c.campaign_id > $1 order by c.campaign_id limit $2""",
)
