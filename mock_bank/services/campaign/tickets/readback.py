"""Tickets, read back."""

from mock_bank.services.campaign.tickets.models import TicketRow
from mock_bank.services.kit.read_back import ReadBackTable

TICKETS = ReadBackTable(
    "tickets",
    "/v1/ops/tickets",
    "effect_id",
    TicketRow,
    """select ticket_id as effect_id, idempotency_key, campaign_id, customer_no, category,
              case when answered_at is null then 'OPEN' else 'ANSWERED' end as state, campaign.epoch_ms(at) as at_ms,
              campaign.epoch_ms(answered_at) as answered_at_ms, site
         from campaign.tickets where ticket_id > $1 order by ticket_id limit $2""",
)
