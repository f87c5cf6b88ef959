"""The switch of budgets."""

from mock_bank.services.kit.switches import Switch

BUDGET_UNBOUND = Switch("budget_unbound", "more is granted from a bucket than there is in it")
