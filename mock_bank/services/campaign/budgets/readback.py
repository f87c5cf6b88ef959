"""Buckets, read back."""

from mock_bank.services.campaign.budgets.models import BudgetRow
from mock_bank.services.kit.read_back import ReadBackTable

BUDGETS = ReadBackTable(
    "budgets",
    "/v1/ops/budgets",
    "budget_id",
    BudgetRow,
    """select budget_id, campaign_id, bucket, limit_fen, spent_fen, released_fen
         from campaign.budgets where budget_id > coalesce(nullif($1, ''), '0')::bigint order by budget_id limit $2""",
)
