"""The audit, read back."""

from pydantic import BaseModel

from mock_bank.services.kit.read_back import ReadBackTable


class AuditRow(BaseModel):
    """What an operator did."""

    audit_id: int
    at_ms: int
    actor: str
    action: str
    target: str
    reason: str
    before: dict[str, object] | None
    after: dict[str, object] | None
    site: str


AUDIT = ReadBackTable(
    "audit",
    "ops/audit",
    "audit_id",
    AuditRow,
    """select audit_id, {schema}.epoch_ms(at) as at_ms, actor, action, target, reason, before, after, site
         from {schema}.audit where audit_id > coalesce(nullif($1, ''), '0')::bigint order by audit_id limit $2""",
)
