"""More of a prize is ordered before a forecast says that it is gone: from a supplier, or from another one where that has none."""

NEEDS = ("audit", "basics", "campaigns", "stock", "suppliers")
PLAN = ("P4-11",)
