"""Stock, read back."""

from mock_bank.services.campaign.stock.models import StockRow
from mock_bank.services.kit.read_back import ReadBackTable

STOCK = ReadBackTable(
    "stock",
    "/v1/ops/stock",
    "stock_id",
    StockRow,
    """select s.stock_id, a.campaign_id, s.activity_id, s.sku, s.batch, s.face_fen, s.initial, s.replenished, h.granted,
              h.capacity - h.granted as remaining
         from campaign.stock s join campaign.activities a using (activity_id),
              lateral (select sum(granted) as granted, sum(capacity) as capacity
                         from campaign.stock_shards where stock_id = s.stock_id) h
        where s.stock_id > coalesce(nullif($1, ''), '0')::bigint order by s.stock_id limit $2""",
)
