"""Claims, read back."""

from mock_bank.services.campaign.claims.models import ClaimRow
from mock_bank.services.kit.read_back import ReadBackTable

CLAIMS = ReadBackTable(
    "claims",
    "/v1/ops/claims",
    "idempotency_key",
    ClaimRow,
    """select i.idempotency_key, 'CL-' || i.idempotency_key as effect_id, i.customer_no, i.scope as campaign_id, i.code,
              i.data::json->>'state' as state, i.data::json->>'sku' as sku, i.data::json->>'batch_id' as batch,
              (i.data::json->>'amount_fen')::bigint as amount_fen, campaign.epoch_ms(i.at) as at_ms, i.site
         from campaign.idempotency i where i.operation = 'claim.submit' and i.idempotency_key > $1
        order by i.idempotency_key limit $2""",
)
