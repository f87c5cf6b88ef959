"""A rehearsal in small, to be killed: `python chaos_rehearsal.py REACH LEASES LEASE_S FAULT PARAMETERS` breaks something and waits.

Prints the watchdog's pid and the fault's state once the fault is effective.
"""

import json
import signal
import sys
import time
from pathlib import Path

from chaos.registry import build_fault
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.protocol import FaultState


def main() -> None:
    """Waits for a minute at most."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    handles, leases, lease_s, fault, parameters = sys.argv[1:]
    watchdog = WatchdogClient(Handles.model_validate_json(handles), leases=Path(leases), lease_s=float(lease_s))
    state = watchdog.inject(build_fault(fault, json.loads(parameters)), "drill")
    until = time.monotonic() + 10
    while state.state is FaultState.INJECTED and time.monotonic() < until:
        state = watchdog.faults()[0]
    try:
        print(watchdog.pid, state.state, flush=True)  # noqa: T201 - what the test waits for
        time.sleep(60)
    except KeyboardInterrupt:
        print("interrupted", watchdog.faults()[0].state, flush=True)  # noqa: T201 - as above
        sys.stdin.read()


if __name__ == "__main__":
    main()
