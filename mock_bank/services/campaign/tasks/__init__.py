"""The tasks of a campaign."""

NEEDS = ("campaigns",)
PLAN = ("P3-02",)
