"""Orders for more of a prize, read back."""

from mock_bank.services.campaign.restocking.models import OrderRow
from mock_bank.services.kit.read_back import ReadBackTable

ORDERS = ReadBackTable(
    "restock-orders",
    "/v1/ops/restock-orders",
    "order_id",
    OrderRow,
    """select order_id, campaign_id, activity_id, sku, batch, units, remaining, went, window_ms, lead_ms,
              campaign.epoch_ms(ordered_at) as at_ms, campaign.epoch_ms(gone_at) as gone_ms, asked, refused_by, state,
              campaign.epoch_ms(ended_at) as ended_ms, site
         from campaign.restock_orders where order_id > $1 order by order_id limit $2""",
)
