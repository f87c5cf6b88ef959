"""The JSON Schemas of our files, so that editors complete them. `python -m scenarios.plan.schema` writes them anew."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.plan.crowd import Crowd, Inviting, Patience
from scenarios.plan.scenario import Scenario
from scenarios.target.model import Target
from scenarios.target.readback import ReadBack

FOLDER = Path(__file__).parent.parent / "schema"


def _part() -> dict[str, Any]:
    """What one of several files of a target may hold: as the whole, but nothing must be there."""
    schema = Target.model_json_schema()
    for holder in (schema, schema["$defs"][ReadBack.__name__]):
        del holder["required"]
    return schema | {"title": "TargetPart", "description": "One of the files of a target's folder."}


def _scenario() -> dict[str, Any]:
    """A scenario says of its crowd only what its profile does not, and of itself what one that it is like does not."""
    schema = Scenario.model_json_schema()
    schema["anyOf"] = [{"required": schema.pop("required")}, {"required": ["name", "like"]}]
    for model in (Crowd, Patience, Inviting):
        del schema["$defs"][model.__name__]["required"]
    return schema


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "scenario.schema.json": _scenario,
    "target.schema.json": Target.model_json_schema,
    "target-part.schema.json": _part,
}


def schema_text(name: str) -> str:
    """The schema of that name as it stands in the repository."""
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **SCHEMAS[name]()}, indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in SCHEMAS:
        (FOLDER / name).write_text(schema_text(name))
