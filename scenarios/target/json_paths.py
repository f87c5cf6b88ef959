"""Ways into a JSON document: `.name`, `[0]`, `[-1]` from the end, and `[?@.code=='A1']` for the first member that has such a value."""

import re
from dataclasses import dataclass

from scenarios.errors import BadInput
from scenarios.harmless import clipped

_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_][\w-]*)|\[(?P<index>-?\d{1,9})\]"
    r"|\[\?\(?\s*@(?P<inner>(?:\.[A-Za-z_][\w-]*)+)\s*==\s*(?P<value>'[^']*'|\"[^\"]*\"|-?\d{1,18}|true|false|null)\s*\)?\]"
)
_WORDS = {"true": True, "false": False, "null": None}
ALLOWED = "$.name.name[0], [-1] from the end, [?@.code=='A1'] by a value"


@dataclass(frozen=True, slots=True)
class Where:
    """The first member of a list that has this value there."""

    steps: tuple[str, ...]
    value: str | int | bool | None


Step = str | int | Where


def walk_steps(path: str, rest: str) -> tuple[Step, ...]:
    """Steps of `.name[0].other`; `path` names the offender in the error. Raises BadInput."""
    steps: list[Step] = []
    position = 0
    while position < len(rest):
        step = _STEP.match(rest, position)
        if step is None:
            raise BadInput(f"{clipped(path)!r} is not a path from {clipped(rest[position:], 30)!r} on; allowed: {ALLOWED}")
        if step["name"] is not None:
            steps.append(step["name"])
        elif step["index"] is not None:
            steps.append(int(step["index"]))
        else:
            steps.append(Where(tuple(step["inner"][1:].split(".")), _literal(step["value"])))
        position = step.end()
    return tuple(steps)


def _literal(text: str) -> str | int | bool | None:
    if text[0] in "'\"":
        return text[1:-1]
    return _WORDS[text] if text in _WORDS else int(text)


def walk(document: object, steps: tuple[Step, ...]) -> object:
    """The value that the steps lead to, None where they lead nowhere."""
    for step in steps:
        if isinstance(step, str):
            document = document.get(step) if isinstance(document, dict) else None
        elif isinstance(step, int):
            document = document[step] if isinstance(document, list) and -len(document) <= step < len(document) else None
        else:
            document = next((member for member in document if _has(member, step)), None) if isinstance(document, list) else None
    return document


def _has(member: object, where: Where) -> bool:
    found = walk(member, where.steps)
    same = type(found) is type(where.value) or {type(found), type(where.value)} == {int, float}
    return same and found == where.value and isinstance(member, dict)
