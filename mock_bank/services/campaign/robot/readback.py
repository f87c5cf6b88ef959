"""Contacts with the robot, read back."""

from mock_bank.services.campaign.robot.models import ContactRow
from mock_bank.services.kit.read_back import ReadBackTable

CONTACTS = ReadBackTable(
    "contacts",
    "/v1/ops/contacts",
    "effect_id",
    ContactRow,
    """select contact_id as effect_id, idempotency_key, campaign_id, customer_no, intent,
              case when intent is null then 'OPEN' else 'RESOLVED' end as state, campaign.epoch_ms(at) as at_ms, site
         from campaign.contacts where contact_id > $1 order by contact_id limit $2""",
)
