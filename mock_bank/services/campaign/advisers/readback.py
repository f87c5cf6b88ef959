"""Advisers' hours, read back: whose they are."""

from mock_bank.services.campaign.advisers.models import BookingRow
from mock_bank.services.kit.read_back import ReadBackTable

BOOKINGS = ReadBackTable(
    "bookings",
    "/v1/ops/bookings",
    "effect_id",
    BookingRow,
    """select booking_id as effect_id, idempotency_key, campaign_id, customer_no, slot::text as slot, 'BOOKED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.bookings where booking_id > $1 order by booking_id limit $2""",
)
