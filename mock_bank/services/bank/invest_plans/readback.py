"""Plans, read back."""

from pydantic import BaseModel

from mock_bank.services.kit.read_back import ReadBackTable


class PlanRow(BaseModel):
    """A plan of automatic investment."""

    plan_id: str
    customer_no: str
    monthly_fen: int
    state: str
    at_ms: int
    site: str


PLANS = ReadBackTable(
    "invest-plans",
    "/bank/v1/ops/invest-plans",
    "plan_id",
    PlanRow,
    """select plan_id, customer_no, monthly_fen, state, bank.epoch_ms(at) as at_ms, site
         from bank.invest_plans where plan_id > $1 order by plan_id limit $2""",
)
