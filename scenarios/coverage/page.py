"""The page of the plan's coverage: a row for each item."""

from collections.abc import Iterable

from scenarios.coverage.declarations import Declaration, Item, declarations, plan_items

_HEAD = """# What of the campaign plan is rehearsed

Made by `python -m scenarios.coverage` from what stands beside the code: `PLAN = (…)` in a journey, a feature of the embedded world, a
check, a drill or a section of the report. *Rehearsed*: customers do it or a drill breaks it, and a check of its own can fail. *Shown*:
customers do it, or a figure tells it, and nothing judges all of it. *Compliance*: encryption, fraud rules and audit are no part of a
rehearsal yet. What is not rehearsed says so. Journeys in brackets are not in
`campaign-day`.

| item | plan | state | operations | journeys and drills | checks | figure | section |
|---|---|---|---|---|---|---|---|
"""


def page(daily: Iterable[str]) -> str:
    """The page; `daily` are the journeys that `campaign-day` plays."""
    items, told, there = plan_items(), declarations(), frozenset(daily)
    of = {name: [one for one in told if name in one.items] for name in items}
    rows = [_row(name, item, of[name], there) for name, item in items.items()]
    states = [state(item, of[name]) for name, item in items.items()]
    counted = ", ".join(f"{states.count(name)} {name}" for name in ("rehearsed", "shown", "compliance", "not rehearsed"))
    return f"{_HEAD}{''.join(rows)}\nOf {len(items)} items: {counted}.\n"


def state(item: Item, told: list[Declaration]) -> str:
    """How far an item has come."""
    kinds = {one.kind for one in told}
    if {"check"} <= kinds and kinds & {"journey", "drill"}:
        return "rehearsed"
    if kinds & {"journey", "drill", "section", "check"}:
        return "shown"
    return item.part_of or "not rehearsed"


def _row(name: str, item: Item, told: list[Declaration], daily: frozenset[str]) -> str:
    def named(*kinds: str) -> list[Declaration]:
        return [one for one in told if one.kind in kinds]

    operations = [f"`{operation}`" for one in named("feature") for operation in one.operations]
    players = [one.name if one.kind == "drill" or one.name in daily else f"({one.name})" for one in named("journey", "drill")]
    checks, sections = named("check"), named("section")
    lacks = f"<br>lacks: {item.lacks}" if item.lacks and told else ""
    cells = (
        name,
        f"{item.en}<br>{item.zh}",
        f"{state(item, told)}{lacks}",
        ", ".join(operations),
        ", ".join(players),
        ", ".join(one.name for one in checks),
        ", ".join(one.title for one in checks if one.title),
        ", ".join(one.title or one.name for one in sections),
    )
    return f"| {' | '.join(cell or '–' for cell in cells)} |\n"
