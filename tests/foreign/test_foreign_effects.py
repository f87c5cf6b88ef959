"""What an effect of a foreign service may be besides money and goods: each key mistyped, of the wrong type, or naming what is not there."""

from pathlib import Path

import pytest

from scenarios.errors import EXIT_USAGE, BadInput
from scenarios.plugins import load_scenario, load_target
from scenarios.target.model import Target
from stormdrill.rehearsal.validation import validate_target

SHOP = """\
name: guild
describe: A members' shop of a shape of its own.
services: {desk: {base: "http://127.0.0.1:1"}}
operations:
  hello: {service: desk, path: /hello, authorised: false, extract: {crew: $.crew, sponsor: $.by, berth: $.berth, road: $.road}}
  ask: {service: desk, method: POST, path: /ask, authorised: false, effect: {business: "a:{key}", id: $.no, shown: $.sum}}
  vow: {service: desk, method: POST, path: /vow, authorised: false, effect: {business: "v:{key}"}}
  deed:
    service: desk
    method: POST
    path: /deed
    authorised: false
    effect:
      business: "d:{key}"
      SAID
"""
LINE = SHOP[: SHOP.index("SAID")].count("\n") + 1
ID, FIGURE, MOVED = "id: $.no", "shown: $.sum", 'moves: {from: "{sponsor}", to: "{customer}"}'

RIGHT = {
    "tells": (ID, "{at_ms: $.at}"),
    "points": (FIGURE, "spent"),
    "draws": (FIGURE, "true"),
    "invited_by": ("", '"{sponsor}"'),
    "newcomer": ('invited_by: "{sponsor}"', "{by: vow, since: ask}"),
    "joins": ("", '"{crew}"'),
    "instead_of": ("", "vow"),
    "credits": ("", '"{road}/{crew}"'),
    "reserves": ("", '"{berth}"'),
    "letter": (FIGURE, "pushed"),
    "capped": ("", "popup"),
    "climbs": ("", "true"),
    "scores": (FIGURE, "true"),
    "bundles": ("", "{done: WHOLE, undone: NEITHER}"),
    "collects": (MOVED, "true"),
    "bucket": ("", "first-bind"),
    "asks_about": (ID, '"{crew}"'),
    "person": ("", "true"),
    "in_turn": ("person: true", "true"),
    "proven": ("", "{by: ask, within_s: 60}"),
    "quoted": ("", "{by: ask, good_s: 3}"),
    "accepts_rules": (FIGURE, "true"),
    "pausable": ("", "true"),
}
"""Each key as this service may have it, with what it needs beside it."""

WRONG = {
    "tells": [
        ("{at_ms: at}", "'at' is not a path"),
        ("[at_ms]", "is no mapping of keys to values"),
        ('{"": $.at}', "should match pattern"),
    ],
    "points": [("lost", "'earned' or 'spent'"), ("3", "'earned' or 'spent'")],
    "draws": [("5", "a valid boolean"), ("[lot]", "a valid boolean")],
    "invited_by": [('"{sponsr}"', "{sponsr} is known to nobody; allowed: "), ("{who: a}", "a valid string")],
    "newcomer": [
        ("{by: vows, since: ask}", "'vows' is no other operation with an effect; there are: ask, vow"),
        ("{by: vow, since: hello}", "'hello' is no other operation with an effect; there are: ask, vow"),
        ("{by: vow}", ".since' is missing"),
        ("vow", "allowed keys: by, since"),
    ],
    "joins": [('"{crw}"', "{crw} is known to nobody; allowed: "), ("[a]", "a valid string")],
    "instead_of": [
        ("hello", "'hello' is no other operation with an effect of its own; there are: ask, vow"),
        ("deed", "there are: ask, vow"),
    ],
    "credits": [('"{rod}"', "{rod} is known to nobody; allowed: "), ("[a]", "a valid string")],
    "reserves": [('"{bert}"', "{bert} is known to nobody; allowed: "), ("[a]", "a valid string")],
    "letter": [("posted", "'pushed' or 'read'"), ("true", "'pushed' or 'read'")],
    "capped": [("banner", "'popup', 'push' or 'carbon'"), ("3", "'popup', 'push' or 'carbon'")],
    "climbs": [("7", "a valid boolean")],
    "scores": [("7", "a valid boolean")],
    "bundles": [
        ("{done: WHOLE, undone: WHOLE}", "'WHOLE' is the state in which both halves stand already; allowed: another one"),
        ("{done: WHOLE}", ".undone' is missing"),
        ("{done: WHOLE, undon: A}", "undone"),
        ("true", "allowed keys: done, undone"),
    ],
    "collects": [("7", "a valid boolean")],
    "bucket": [("first-bnd", "'first-bind' or 'compensation'"), ("7", "'first-bind' or 'compensation'")],
    "asks_about": [("{who: a}", "a valid string"), ('"{crw}"', "{crw} is known to nobody here; did you mean 'crew'?")],
    "person": [("7", "a valid boolean")],
    "in_turn": [("7", "a valid boolean")],
    "proven": [
        ("{by: vow, within_s: 60}", "'vow' is no operation with an effect that has an id; there are: ask"),
        ("{by: ask, within_s: -1}", "greater than"),
        ("{by: ask}", ".within_s' is missing"),
    ],
    "quoted": [
        ("{by: vow, good_s: 3}", "'vow' is no operation with an effect that has an id and shows a sum; there are: ask"),
        ("{by: ask, good_s: soon}", "number"),
        ("ask", "allowed keys: by, good_s"),
    ],
    "waived": [
        ("gold", "customers' tiers are told to nobody; allowed: where a step of prepare.enrol sends {tier}"),
        ("[gold]", "'new', 'active' or 'gold'"),
    ],
    "accepts_rules": [("7", "a valid boolean")],
    "pausable": [("7", "a valid boolean")],
}
LACKING = {
    "tells": "say where as well (`id`)",
    "newcomer": "say for whom as well (`invited_by`)",
    "in_turn": "say that as well (`person`)",
    "collects": "say what it moves as well",
    **dict.fromkeys(
        ("points", "draws", "letter", "scores", "accepts_rules"), "is of the figure that the answer shows; say where as well (`shown`)"
    ),
}
"""What is said of a key without what it needs beside it."""


def read(folder: Path, *said: str) -> Target:
    """The file in which the effect says these, a line each, held against a scenario."""
    file = folder / "guild.yaml"
    file.write_text(SHOP.replace("SAID", "\n      ".join(part for part in said if part)))
    target = load_target(str(file))
    validate_target(load_scenario("smoke"), target)
    return target


def refused(folder: Path, *said: str) -> str:
    """The one sentence on such a file, which tells the line of the first of them."""
    with pytest.raises(BadInput) as told:
        read(folder, *said)
    assert (told.value.exit_code, told.value.line) == (EXIT_USAGE, LINE), str(told.value)
    assert str(told.value).startswith(f"{folder / 'guild.yaml'}:{LINE}: ")
    assert "\n" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize("key", RIGHT)
def test_a_key_is_taken_with_what_it_needs_and_refused_mistyped(tmp_path: Path, key: str) -> None:
    """The sentence tells what was meant."""
    beside, said = RIGHT[key]
    effect = read(tmp_path, f"{key}: {said}", beside).operations["deed"].effect
    assert effect
    assert getattr(effect, key)
    mistyped = f"{key[:-1]}_{key[-1]}"
    told = refused(tmp_path, f"{mistyped}: {said}", beside)
    assert mistyped in told
    assert key in told.replace(mistyped, "")


@pytest.mark.parametrize(("key", "said", "says"), [(key, said, says) for key, cases in WRONG.items() for said, says in cases])
def test_what_is_wrong_is_told_with_its_line_and_what_is_allowed(tmp_path: Path, key: str, said: str, says: str) -> None:
    """Before any request."""
    beside = RIGHT[key][0] if key in RIGHT else FIGURE
    assert says in refused(tmp_path, f"{key}: {said}", beside)


@pytest.mark.parametrize("key", LACKING)
def test_a_key_without_what_it_needs_is_refused(tmp_path: Path, key: str) -> None:
    """With what to add."""
    assert LACKING[key] in refused(tmp_path, f"{key}: {RIGHT[key][1]}")


def test_a_figure_is_one_thing(tmp_path: Path) -> None:
    """Not points and a lot's prize at once."""
    told = refused(tmp_path, "draws: true", "points: spent", FIGURE)
    assert "the figure shown is one thing, and here are points and draws; allowed: one of them" in told
