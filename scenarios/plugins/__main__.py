"""Holds all plug-ins of a kind to its contract, in a process of its own: `python -m scenarios.plugins journeys`.

Exit code 64 and one sentence where one breaks it.
"""

import sys

from scenarios.errors import StormdrillError
from scenarios.plugins import CONTRACTS, modules


def main(plurals: list[str]) -> int:
    """The command; returns its exit code."""
    try:
        for contract in CONTRACTS:
            if contract.plural in plurals:
                for _ in modules(contract):
                    continue
    except StormdrillError as error:
        sys.stderr.write(f"stormdrill: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
