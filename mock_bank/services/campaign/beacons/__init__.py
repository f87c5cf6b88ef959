"""Beacons: what the apps saw, counted in memory, written now and then, lost if a node dies. They never make a customer wait."""

PLAN = (
    "P6-01",
    "P3-03",
)
