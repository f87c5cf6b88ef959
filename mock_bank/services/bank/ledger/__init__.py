"""The ledger: both legs of every transaction, and every account's balance by it."""

NEEDS = ("accounts", "basics")
