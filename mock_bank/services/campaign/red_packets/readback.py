"""Red packets and their pools, read back."""

from mock_bank.services.campaign.red_packets.models import PoolRow, RedpacketRow
from mock_bank.services.kit.read_back import ReadBackTable

REDPACKETS = ReadBackTable(
    "redpackets",
    "/v1/ops/redpackets",
    "effect_id",
    RedpacketRow,
    """select redpacket_id as effect_id, idempotency_key, campaign_id, customer_no, day, amount_fen, state,
              campaign.epoch_ms(opened_at) as at_ms, site
         from campaign.redpackets where redpacket_id > $1 order by redpacket_id limit $2""",
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
