"""What a service reports of itself, read back."""

from pydantic import BaseModel

from mock_bank.services.kit.read_back import ReadBackTable


class KpiRow(BaseModel):
    """How often something was done, and by how many customers."""

    operation: str
    done: int
    customers: int


KPIS = ReadBackTable(
    "kpis",
    "ops/kpis",
    "operation",
    KpiRow,
    """select operation, count(*) as done, count(distinct customer_no) as customers from {schema}.idempotency
        where operation > $1 and (code = 'OK' or {schema}.switched_on('kpi_counts_attempts'))
        group by operation order by operation limit $2""",
)
