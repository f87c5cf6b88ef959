"""The lottery, read back: chances, draws, and what is left of the prizes."""

from mock_bank.services.campaign.lottery.models import ChanceRow, DrawRow, PrizeRow
from mock_bank.services.kit.read_back import ReadBackTable

CHANCES = ReadBackTable(
    "chances",
    "/v1/ops/chances",
    "effect_id",
    ChanceRow,
    """select chance_id as effect_id, idempotency_key, campaign_id, customer_no, payment_id, 'GIVEN' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.chances where chance_id > $1 order by chance_id limit $2""",
)
DRAWS = ReadBackTable(
    "draws",
    "/v1/ops/draws",
    "effect_id",
    DrawRow,
    """select 'LD-' || draw_key as effect_id, draw_key as idempotency_key, campaign_id, customer_no, chance_id, prize, amount_fen,
              'DRAWN' as state, campaign.epoch_ms(drawn_at) as at_ms, drawn_site as site
         from campaign.chances where draw_key > substr($1, 4) order by draw_key limit $2""",
)
PRIZES = ReadBackTable(
    "lottery-prizes",
    "/v1/ops/lottery-prizes",
    "prize_id",
    PrizeRow,
    """select prize_id, campaign_id, prize, ppm, face_fen, stock, granted, stock - granted as remaining
         from campaign.lottery_prizes where prize_id > coalesce(nullif($1, ''), '0')::bigint order by prize_id limit $2""",
)
