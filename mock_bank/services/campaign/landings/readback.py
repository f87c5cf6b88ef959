"""Landing pages, read back: who is owed to which link, and how many each link has brought."""

from mock_bank.services.campaign.landings.models import AttributionRow, SourceRow
from mock_bank.services.kit.read_back import ReadBackTable

ATTRIBUTIONS = ReadBackTable(
    "attributions",
    "/v1/ops/attributions",
    "effect_id",
    AttributionRow,
    """select attribution_id as effect_id, idempotency_key, campaign_id, customer_no, channel || '/' || link as source,
              'ATTRIBUTED' as state, campaign.epoch_ms(at) as at_ms, site
         from campaign.attributions where attribution_id > $1 order by attribution_id limit $2""",
)
SOURCES = ReadBackTable(
    "sources",
    "/v1/ops/sources",
    "source_id",
    SourceRow,
    """select * from (select campaign_id || ' ' || channel || '/' || link as source_id, campaign_id, channel || '/' || link as source,
                             sum(customers)::bigint as customers
                        from campaign.sources group by campaign_id, channel, link) s
        where source_id > $1 order by source_id limit $2""",
)
