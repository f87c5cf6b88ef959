"""The zone page of a campaign."""

NEEDS = ("campaigns",)
PLAN = ("P3-02",)
