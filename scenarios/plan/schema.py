"""The JSON Schemas of our files, so that editors complete them. `python -m scenarios.plan.schema` writes them anew."""

import json
from pathlib import Path

from pydantic import BaseModel

from scenarios.plan.scenario import Scenario
from scenarios.target.model import Target

FOLDER = Path(__file__).parent.parent / "schema"
SCHEMAS: dict[str, type[BaseModel]] = {"scenario.schema.json": Scenario, "target.schema.json": Target}


def schema_text(model: type[BaseModel]) -> str:
    """The schema of a model as it stands in the repository."""
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}, indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, model in SCHEMAS.items():
        (FOLDER / name).write_text(schema_text(model))
