"""What the app's slots show of campaigns."""

NEEDS = ("campaigns", "zone")
PLAN = ("P3-03",)
