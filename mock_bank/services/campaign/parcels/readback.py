"""Parcels, read back."""

from mock_bank.services.campaign.parcels.models import ParcelRow
from mock_bank.services.kit.read_back import ReadBackTable

PARCELS = ReadBackTable(
    "parcels",
    "/v1/ops/parcels",
    "effect_id",
    ParcelRow,
    """select parcel_id as effect_id, idempotency_key, campaign_id, customer_no, right_id, prize,
              encode(sha256(convert_to(address, 'UTF8')), 'hex') as address, 'ORDERED' as state, campaign.epoch_ms(at) as at_ms, site
         from campaign.parcels where parcel_id > $1 order by parcel_id limit $2""",
)
