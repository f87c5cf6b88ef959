"""One call of a Chaos Toolkit driver: `python -m chaos.handles.toolkit_call`, asked by JSON on its standard input, answering on its output.

What the driver itself prints goes to standard error.
"""

import importlib
import logging
import os
import sys
from typing import Any

import orjson

_MOST_SAID = 500


def main() -> None:
    """Finds all activities, calls the first, and says how it went: the tolerances that its answer keeps, or what went wrong."""
    question = orjson.loads(sys.stdin.buffer.read())
    answer = os.dup(1)
    os.dup2(2, 1)
    logging.disable()
    with os.fdopen(answer, "wb") as out:
        out.write(orjson.dumps(_called(question)))


def _called(question: dict[str, Any]) -> dict[str, Any]:
    try:
        exceptions, hypothesis, python = (
            importlib.import_module(f"chaoslib.{name}") for name in ("exceptions", "hypothesis", "provider.python")
        )
    except ImportError:
        return {"error": "Chaos Toolkit is not installed; install the package chaostoolkit-lib, and the drivers that you use"}
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as Chaos Toolkit does: an experiment's own functions lie beside it
    configuration = question["configuration"]
    try:
        activities = [_activity(each) for each in question["activities"]]
        for activity in activities:
            python.validate_python_activity(activity)
        value = python.run_python_activity(activities[0], configuration, {})
        kept = {
            name: bool(hypothesis.within_tolerance(tolerance, value, configuration, {}))
            for name, tolerance in question["tolerances"].items()
        }
    except exceptions.ChaosException as error:
        return {"error": " ".join(str(error).split())[:_MOST_SAID]}
    return kept


def _activity(asked: dict[str, Any]) -> dict[str, Any]:
    module, _, function = asked["call"].rpartition(".")
    provider = {"type": "python", "module": module, "func": function, "arguments": asked["arguments"]}
    return {"type": "action", "name": asked["call"], "provider": provider}


if __name__ == "__main__":
    main()
