"""Plans of automatic investment: opened and cancelled by the id that whoever asks gives them, each once."""

NEEDS = ("accounts", "basics", "customers", "internal_calls")
PLAN = ("P2-08",)
