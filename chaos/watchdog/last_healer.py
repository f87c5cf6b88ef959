"""The guardian: `python -m chaos.watchdog.last_healer LEASES PID STARTED PID STARTED`, of a watchdog and its rehearsal.

Its standard input ends with the watchdog. Until then it has imported next to nothing and waits. Where leases of that watchdog are left, it
heals them as `stormdrill heal` does: at once where the rehearsal is dead too, else when the first lease is over, for a rehearsal that lives
heals by itself, and reads back before. It goes when nothing is left of them, and tries once.
"""

import os
import signal
import sys
import time
from pathlib import Path

_LOOK_S = 0.1


def main() -> int:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    while os.read(0, 1):
        pass
    return _heal(Path(sys.argv[1]), *map(int, sys.argv[2:]))


def _heal(folder: Path, *processes: int) -> int:
    """0 where nothing is left of that watchdog's."""
    from chaos.errors import ChaosError  # noqa: PLC0415 - costs time and memory, and most guardians never need it
    from chaos.handles.process import Process  # noqa: PLC0415 - as above
    from chaos.watchdog.lease import Leases  # noqa: PLC0415 - as above
    from chaos.watchdog.leftovers import heal  # noqa: PLC0415 - as above

    watchdog, door = Process(*processes[:2]), Process(*processes[2:])
    leases = Leases(folder)
    while left := leases.of(watchdog):
        over = time.monotonic_ns() >= min(lease.expires_ns for lease in left)
        if not watchdog.alive and (over or not door.alive):
            break
        time.sleep(_LOOK_S)
    else:
        return 0
    try:
        healed = heal(folder, of=watchdog)
    except ChaosError as error:
        print(f"the guardian cannot heal: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log
        return 1
    for one in healed:
        print(f"the guardian: {one}", file=sys.stderr, flush=True)  # noqa: T201 - as above
    return 0 if all(one.healed for one in healed) else 1


if __name__ == "__main__":
    sys.exit(main())
