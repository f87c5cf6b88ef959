"""The campaign kill switch (重大事件熔断): armed by a campaign's plan, it pauses the campaign's grants and tells people who can decide."""

NEEDS = ("audit", "basics", "campaigns", "stock", "suppliers", "tickets")
PLAN = ("P5-11",)
