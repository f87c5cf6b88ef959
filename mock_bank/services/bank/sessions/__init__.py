"""Sessions: a customer logs in in one centre and is known in both."""

NEEDS = ("accounts", "customers")
