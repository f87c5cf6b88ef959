"""Advisers' hours, read back: whose they are."""

from mock_bank.services.campaign.advisers.models import BookingRow
from mock_bank.services.kit.read_back import ReadBackTable


def _bookings(name: str, which: str) -> ReadBackTable:
    return ReadBackTable(
        name,
        f"/v1/ops/{name}",
        "effect_id",
        BookingRow,
        f"""select booking_id as effect_id, idempotency_key, campaign_id, customer_no, slot::text as slot, 'BOOKED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.bookings where booking_id > $1 and slot {which} campaign.vip_from() order by booking_id limit $2""",  # noqa: S608 - our own words
    )


BOOKINGS = _bookings("bookings", "<=")
VIP_BOOKINGS = _bookings("vip-bookings", ">")
