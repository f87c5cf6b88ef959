"""Invitations, read back: who invites, who has accepted whose invitation, and who was verified after it."""

from mock_bank.services.campaign.invitations.models import FriendRow, InviteRow
from mock_bank.services.kit.read_back import ReadBackTable

INVITES = ReadBackTable(
    "invites",
    "/v1/ops/invites",
    "effect_id",
    InviteRow,
    """select invite_id as effect_id, idempotency_key, campaign_id, inviter as customer_no, 'SHARED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.invites where invite_id > $1 order by invite_id limit $2""",
)
ACCEPTANCES = ReadBackTable(
    "acceptances",
    "/v1/ops/acceptances",
    "effect_id",
    FriendRow,
    """select acceptance_id as effect_id, idempotency_key, campaign_id, invitee as customer_no, inviter, 'ACCEPTED' as state,
              campaign.epoch_ms(accepted_at) as at_ms, accepted_site as site
         from campaign.invitees where acceptance_id > $1 order by acceptance_id limit $2""",
)
VERIFICATIONS = ReadBackTable(
    "verifications",
    "/v1/ops/verifications",
    "effect_id",
    FriendRow,
    """select verification_id as effect_id, verified_key as idempotency_key, campaign_id, invitee as customer_no, inviter,
              'VERIFIED' as state, campaign.epoch_ms(verified_at) as at_ms, verified_site as site
         from campaign.invitees where verification_id > $1 order by verification_id limit $2""",
)
