"""Every mapped operation once, before any load: is it spoken and understood as the target's file says, and is its effect read back?

`python -m locustfiles.tryout.target_check RUN_FOLDER`
"""

import sys
import time
from collections.abc import Mapping

from locustfiles.crowd.customer import ManualCustomer
from locustfiles.crowd.workload import UntoldName, prerequisites
from locustfiles.tryout.operation_check import OperationCheck
from locustfiles.tryout.readback_check import check_readback
from locustfiles.tryout.switch_check import check_switch
from locustfiles.tryout.traced_client import TracedClient, traced
from scenarios.errors import EXIT_USAGE
from scenarios.plugins.asked_operations import asked_operations
from scenarios.plugins.given_names import given_names

PULLING, AS_PLANNED = "--pull-the-switch", "--as-planned"
"""The kill switch may be pulled; the campaign is a scenario's."""
_MOST_NAMED = 2


def check_target(client: TracedClient, *, pulling: bool = False, as_planned: bool = False) -> None:
    """Asks each operation once, pulls the kill switch where that is allowed, reads back, and says what journeys would miss."""
    order, untold = in_order(client)
    number = 2 * int(time.time()) % client.shared.customers  # a target that keeps its books knows who came the last times
    customer = ManualCustomer(client.shared, number, 0)
    check = OperationCheck(client, customer, as_planned=as_planned)
    ended = client.plan.target.session.logout if client.plan.target.session else None
    check.ask_all([name for name in order if name != ended])
    check.ask_lists_again()
    check.ask_all([name for name in order if name == ended])
    _tell_not_shown(client, check.not_shown)
    given = given_names()
    for need in untold:
        if need.name in given:
            client.say(f"    {need}; journeys give it, so try one of them", "yellow")
        else:
            client.fault(str(need))
    check_switch(client, ManualCustomer(client.shared, (number + 1) % client.shared.customers, 1 << 40), allowed=pulling)
    check_readback(client, check.made, as_planned=as_planned)
    _check_journeys(client)


def in_order(client: TracedClient) -> tuple[list[str], list[UntoldName]]:
    """Names of the operations, those first that tell what others need, the logout last; and what others need that nothing tells."""
    order: list[str] = []
    untold: dict[str, UntoldName] = {}
    logout = client.plan.target.session.logout if client.plan.target.session else None
    for name in sorted(client.operations, key=lambda name: (name == logout, client.operations[name].effectful, name)):
        try:
            before = prerequisites(client.operations, [name])
        except UntoldName as error:
            untold[str(error)] = error
            continue
        order += [each for each in (*before, name) if each not in order]
    return order, list(untold.values())


def _tell_not_shown(client: TracedClient, not_shown: Mapping[str, str]) -> None:
    """What only the order of a journey makes possible is no fault: why, and the journeys that ask it."""
    client.not_shown += not_shown
    client.say("")
    asked_by_journeys = asked_operations() if not_shown else {}
    for name, why in not_shown.items():
        journeys = [journey for journey, asked in asked_by_journeys.items() if name in asked and asked <= client.operations.keys()]
        asked_by = f"; try {' or '.join(journeys[:_MOST_NAMED])}" if journeys else ""
        client.say(f"    {name} is not shown by itself: {why}{asked_by}", "yellow")


def _check_journeys(client: TracedClient) -> None:
    """Journeys that ask for what the target does not map cannot be in a mix."""
    client.say("\njourneys", "bold")
    for name, asked in asked_operations().items():
        lacking = sorted(asked - set(client.operations))
        client.say(
            f"    {name}: " + (f"cannot be played, the target has no {', '.join(lacking)}" if lacking else "can be played"),
            "yellow" if lacking else "green",
        )


def main(arguments: list[str]) -> int:
    """The command; returns its exit code, as `traced`."""
    folder, *more = arguments or [""]
    if not folder or set(more) - {PULLING, AS_PLANNED}:
        sys.stderr.write(f"usage: python -m locustfiles.tryout.target_check RUN_FOLDER [{PULLING}] [{AS_PLANNED}]\n")
        return EXIT_USAGE
    return traced(folder, lambda client: check_target(client, pulling=PULLING in more, as_planned=AS_PLANNED in more))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
