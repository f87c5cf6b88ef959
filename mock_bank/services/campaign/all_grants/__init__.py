"""Everything that was granted, of whatever kind, in one list."""

NEEDS = ("basics", "claims", "red_packets")
