"""The bank's receipts, by which a payment earns something of the campaign."""

NEEDS = ("campaigns",)
