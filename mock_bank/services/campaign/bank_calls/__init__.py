"""The campaign's calls to the bank, behind a breaker."""

NEEDS = ("dependencies",)
