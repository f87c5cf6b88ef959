"""A foreign target's effects (guild.yaml in tests/foreign) feed the checks by their keys alone: what is right passes, a breach is named."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from handmade import Row, Story
from handmade_features import brief, happens
from handmade_plan import T0_MS
from handmade_stories import said

from scenarios.plan.yaml_reading import read_yaml
from scenarios.plugins import PROJECT
from scenarios.run.records import ACK, answer_digest
from scenarios.target.effects import credited_terms, invited_terms, reserved_terms

GUILD = PROJECT / "tests" / "foreign" / "scenarios" / "targets" / "guild.yaml"


def guild(folder: Path) -> Story:
    """A run against a target that says of its effects what that file says."""
    story = brief(folder)
    document, _ = read_yaml(GUILD.read_text("utf-8"))
    theirs = cast("dict[str, dict[str, dict[str, object]]]", document)
    ours = cast("dict[str, dict[str, dict[str, object]]]", story.target)
    ours["services"] |= theirs["services"]
    ours["operations"] |= theirs["operations"]
    shared = cast("dict[str, dict[str, str]]", theirs["readback"]["defaults"]["fields"])
    for table, said_of_it in cast("dict[str, dict[str, str | dict[str, str]]]", theirs["readback"]["tables"]).items():
        fields = shared.get(str(said_of_it["role"]), {}) | cast("dict[str, str]", said_of_it["fields"])
        ours["readback"]["tables"][table] = {"service": "hall", **said_of_it, "fields": fields}
        story.tables[table] = []
        if said_of_it["role"] == "effects":
            story.effectful[fields["op"].strip("'")] = table
    story.operations += theirs["operations"]
    story.scenario["campaign"] = {
        "bundle": {"face_fen": 500, "coupons": 3},
        "inbox": {"letters": 4},
        "popup": {"per_day": 2},
        "points": {"double": "peak", "price": 40},
        "rules": {"changes": "peak"},
    }
    return story


def row(story: Story, table: str, **told: object) -> None:
    """One more row of a table that is no effects'."""
    story.tables[table].append(cast("Row", told))


def gift(story: Story, why: str, customer: int, fen: int) -> None:
    """A reward."""
    row(story, "gifts", kind=why, customer=customer, amount_fen=fen, id=f"G-{len(story.tables['gifts'])}", at_ms=T0_MS + 20_000)


def vouched(story: Story) -> None:
    """Three novices of customer 20, who has the coupon."""
    for novice in (21, 22, 23):
        happens(story, "novice.vouch", novice, novice, 10, terms=invited_terms(20), inviter=20)
    gift(story, "invite", 20, 5000)


def two_vouched(story: Story) -> None:
    """A coupon for two novices, where three are needed."""
    for novice in (31, 32):
        happens(story, "novice.vouch", novice, novice, 10, terms=invited_terms(30), inviter=30)
    gift(story, "invite", 30, 5000)


def gained(story: Story) -> None:
    """Dues of 30 yuan, which bring 30 miles outside the double time."""
    gains(story, 1, 30)


def gains(story: Story, number: int, miles: int) -> None:
    """Somebody pays and gains, by the answer, by the rows and by the balance alike."""
    slip = f"E-{happens(story, 'dues.pay', number, 100 + number, 5, fen=3000)}"
    happens(story, "mileage.gain", 50 + number, 100 + number, 6, fen=miles, business=slip, points=miles, ref=slip)
    del story.tables["gains"][-1]["amount_fen"]
    row(story, "miles", kind="earn", customer=100 + number, points=miles, ref=slip, at_ms=T0_MS + 6000)
    row(story, "miles", kind="balance", customer=100 + number, points=miles)


def spun(story: Story) -> None:
    """One wins the bronze that there is, and has its coupon; another wins nothing."""
    row(story, "wheel", item="bronze", initial=50, replenished=0, granted=1, remaining=49)
    spins(story, 1, 200)
    spins(story, 2, 0)
    gift(story, "lottery", 1001, 200)


def spins(story: Story, number: int, fen: int) -> None:
    """A chance."""
    happens(story, "wheel.spin", number, 1000 + number, 10, fen=fen, item="bronze" if fen else None)


def noted(story: Story) -> None:
    """Two walkers of the east road, which counts two."""
    for walker in (100, 101):
        happens(story, "road.note", walker, walker, 5, terms=credited_terms("east"), source="east")
    row(story, "signposts", source="east", customers=2)


def another_road(story: Story) -> None:
    """One of them walks the west road too."""
    happens(story, "road.note", 900, 100, 6, terms=credited_terms("west"), source="west")
    row(story, "signposts", source="west", customers=1)


def rung(story: Story) -> None:
    """A bell for each of two notes."""
    for note in (1, 2):
        happens(story, "bell.ring", note, 100, 5 + note, fen=note, letter=note)


def asked(story: Story) -> None:
    """Ten questions that the sage has heard rightly."""
    for number in range(10):
        asks(story, number, "moon")


def asks(story: Story, number: int, heard: str) -> None:
    """Of the moon, and what the sage has heard."""
    happens(story, "sage.ask", number, number, 10, terms="moon")
    told = list(story.acks[-1])
    told[(ACK.names or ()).index("answer")] = answer_digest(heard)
    story.acks[-1] = tuple(told)


def misheard(story: Story) -> None:
    """Ten more, of which all were heard as another."""
    for number in range(10, 20):
        asks(story, number, "sun")


def paired(story: Story) -> None:
    """One pair with both halves, one with neither."""
    for number, stage in enumerate(("WHOLE", "NEITHER")):
        happens(story, "pair.take", number, 100 + number, 5, id=f"P-{number}", state=stage)
    row(story, "halves", ref="P-0", customer=100)
    gift(story, "bundle", 100, 500)


def berthed(story: Story) -> None:
    """Two berths, one each."""
    for berth in (1, 2):
        berths(story, berth, 100 + berth)


def berths(story: Story, berth: int, customer: int) -> None:
    """A berth is somebody's."""
    happens(story, "berth.take", customer, customer, 5, business=f"berth {berth}", terms=reserved_terms(berth), slot=str(berth))


def called(story: Story) -> None:
    """Two who wait on one bench, heard in turn."""
    for number in (0, 1):
        calls(story, number, 1 + number, 5 + number)


def calls(story: Story, number: int, at_s: float, heard_s: float) -> None:
    """Somebody calls an elder."""
    happens(story, "elder.call", number, 700 + number, at_s, line="oak", answered_ms=T0_MS + round(heard_s * 1000))


def climbed(story: Story) -> None:
    """Two steps in order."""
    for step in (1, 2):
        steps(story, 100, step)


def steps(story: Story, customer: int, step: int) -> None:
    """A step, by dues of its own."""
    number = customer * 10 + step
    happens(story, "stair.climb", number, customer, step, business=f"{customer}:{step}", rung=step, ref=f"d-{number}")


def hung(story: Story) -> None:
    """As often as a day may have it."""
    for number in (1, 2):
        happens(story, "banner.hang", number, 100, number)


def sworn(story: Story) -> None:
    """The first edition before the change, the second behind it."""
    for number, (at_s, edition) in enumerate(((5, 1), (40, 2))):
        swears(story, number, at_s, edition)


def swears(story: Story, number: int, at_s: float, edition: int) -> None:
    """To an edition."""
    happens(story, "oath.swear", number, 100 + number, at_s, fen=edition, rules=edition)


def passed(story: Story) -> None:
    """A rite soon after its dues."""
    rites(story, 1, 2)


def rites(story: Story, number: int, after_s: float) -> None:
    """Dues, and the rite so long after."""
    slip = f"E-{happens(story, 'dues.pay', number, 100 + number, 5)}"
    happens(story, "rite.pass", 500 + number, 100 + number, 5 + after_s, ref=slip)


def closed(story: Story) -> None:
    """A bargain at the sum that was shown."""
    bargains(story, 1, 500)


def bargains(story: Story, number: int, fen: int) -> None:
    """Shown 500 fen, and closed at a sum a second later."""
    slip = f"E-{happens(story, 'dues.pay', number, 100 + number, 5, fen=500)}"
    happens(story, "bargain.close", 500 + number, 100 + number, 6, fen=fen, business=slip)


Told = Callable[[Story], object]
KEYS: dict[str, tuple[str, Told, Told, str]] = {
    "invited_by": ("invitations", vouched, two_vouched, "customer 30: a coupon for 2 friends, 3 are needed"),
    "points": ("points", gained, lambda story: gains(story, 2, 45), "customer 102: 45 points earned by"),
    "draws": ("lottery", spun, lambda story: spins(story, 3, 200), "customer 1003: 200 fen won 1 times, no coupon of it"),
    "credits": ("attributions", noted, another_road, "customer 100 is owed to 2 links: east, west"),
    "letter": (
        "letters",
        rung,
        lambda story: happens(story, "bell.ring", 9, 100, 9, fen=1, letter=1),
        "customer 100 was told of letter 1 2 times",
    ),
    "asks_about": ("self-service", asked, misheard, "50 % answered rightly by the robot, 10 with something else"),
    "bundles": (
        "bundles",
        paired,
        lambda story: story.tables["halves"].clear(),
        "P-0 of customer 100 is whole: plans that stand for it: 0, due: 1",
    ),
    "reserves": ("bookings", berthed, lambda story: berths(story, 1, 150), "berth 1 is given to 2 customers: 101, 150"),
    "person": ("first-response", called, lambda story: calls(story, 9, 3, 50), "of customer 709: 47 min"),
    "in_turn": ("turns", called, lambda story: calls(story, 9, 3, 5.5), "oak: customer 709 before customer 701"),
    "climbs": ("ladder", climbed, lambda story: steps(story, 101, 2), "customer 101: rung 2 was done when 0 were"),
    "capped": (
        "frequency",
        hung,
        lambda story: happens(story, "banner.hang", 9, 100, 9),
        "customer 100: banner.hang shown 3 times, 2 may be",
    ),
    "accepts_rules": ("rules", sworn, lambda story: swears(story, 9, 45, 1), "was told of version 1, where version 2 was in force"),
    "proven": ("proofs", passed, lambda story: rites(story, 2, 45), "45.0 s old; good for 30 s"),
    "quoted": ("quotes", closed, lambda story: bargains(story, 2, 503), "503 fen, where the quote showed 500 fen"),
}
"""By each key: the finding it feeds, a run in which all is right, what breaks the rule, and what is said of that."""


@pytest.mark.parametrize("key", KEYS)
def test_what_a_key_says_of_a_foreign_operation_is_judged(tmp_path: Path, key: str) -> None:
    """A service that keeps the rule passes; one that breaks it fails, and it is said how."""
    name, right, broken, sentence = KEYS[key]
    story = guild(tmp_path / "right")
    right(story)
    found = said(story)[name]
    assert found.status == "PASS", (found.detail, found.evidence)
    story = guild(tmp_path / "broken")
    right(story)
    broken(story)
    found = said(story)[name]
    assert found.status == "FAIL", (found.detail, found.evidence)
    assert any(sentence in line for line in (found.detail, *found.evidence)), (found.detail, found.evidence)
