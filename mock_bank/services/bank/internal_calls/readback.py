"""Calls of the bank's other services, read back."""

from pydantic import BaseModel

from mock_bank.services.kit.read_back import ReadBackTable


class InternalCallRow(BaseModel):
    """A call that has arrived."""

    seq: int
    caller: str
    path: str
    sent_ns: int
    did: int
    at_ms: int


INTERNAL_CALLS = ReadBackTable(
    "internal-calls",
    "/bank/v1/ops/internal-calls",
    "seq",
    InternalCallRow,
    """select seq, caller, path, sent_ns, 1 as did, bank.epoch_ms(at) as at_ms from bank.internal_calls
        where seq > coalesce(nullif($1, ''), '0')::bigint order by seq limit $2""",
)
