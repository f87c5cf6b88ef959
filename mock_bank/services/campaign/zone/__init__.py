"""The zone page of a campaign."""

NEEDS = ("campaigns",)
