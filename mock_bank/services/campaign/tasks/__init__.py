"""The tasks of a campaign."""

NEEDS = ("campaigns",)
