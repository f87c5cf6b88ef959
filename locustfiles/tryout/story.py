"""Tries a target or a journey by hand and tells it like a story: `python -m locustfiles.tryout.story RUN_FOLDER check | try JOURNEY`.

`check` asks each mapped operation once, in an order in which each knows what it needs; `try` lets one customer go on one journey.
One request at a time; nothing is recorded. Exit code 0 where nothing is wrong, 1 where something is, 64 where it cannot be tried.
"""

import sys
from pathlib import Path

from rich.console import Console

from locustfiles.crowd.workload import load_journeys
from locustfiles.tryout.journey_trace import try_journey
from locustfiles.tryout.target_check import check_target
from locustfiles.tryout.traced_client import TracedClient
from scenarios.errors import EXIT_FAIL, EXIT_USAGE, BadInput, StormdrillError
from scenarios.run.folder import open_run


def main(arguments: list[str]) -> int:
    """The command; returns its exit code."""
    try:
        match arguments:
            case [folder, "check"]:
                client = TracedClient(open_run(Path(folder)).plan(), Console(highlight=False, soft_wrap=True))
                check_target(client)
            case [folder, "try", name]:
                journeys = load_journeys()
                if name not in journeys:
                    raise BadInput(f"there is no journey {name!r}; there are: {', '.join(journeys)}")
                client = TracedClient(open_run(Path(folder)).plan(), Console(highlight=False, soft_wrap=True))
                try_journey(client, name, journeys[name])
            case _:
                sys.stderr.write("usage: python -m locustfiles.tryout.story RUN_FOLDER check | try JOURNEY\n")
                return EXIT_USAGE
    except StormdrillError as error:
        sys.stderr.write(f"stormdrill: {error}\n")
        return error.exit_code
    return EXIT_FAIL if client.sum_up() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
