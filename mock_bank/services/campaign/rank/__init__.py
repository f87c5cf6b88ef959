"""The most won prizes of a campaign."""

NEEDS = ("campaigns", "stock")
