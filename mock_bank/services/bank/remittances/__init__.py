"""Money sent abroad: it costs a fee, which gold customers are spared so often and so long as the privilege says."""

NEEDS = ("accounts", "audit", "basics", "customers", "fx", "idempotency", "ledger")
PLAN = ("P2-07",)
