"""What breaks: faults, drills, and the watchdog that heals. Generates no customer load.

For the door, in the order of a rehearsal (everything is imported when first used):

    chaos.check_drills(scenario, target)      raises BadInput for an unknown drill or setting, two on one part; NotServed: no access
    chaos.with_surges(scenario) -> Scenario   with the load that its drills add; before the plan is written
    chaos.check_handles(target)               raises BadInput for a handle that there is not
    chaos.check_reach(scenario, target, statics, pins)    raises BadInput where what is to be broken cannot be reached, or is not there
    chaos.leftovers() -> [Leftover]           refuse to start over them; str() is a line for people, `watched`: a rehearsal runs now
    watchdog = chaos.start_watchdog(run, plan)     a WatchdogClient, once T0 is fixed; writes events/watchdog.jsonl and logs/watchdog.log
    watchdog.alive()                          False: stop the run, then chaos.heal()
    runner = chaos.DrillRunner(run, plan, watchdog, window)    `window`: a function that gives the latest LiveWindow
    runner.start()                            before T0; writes events/drills.jsonl, and what the target tells as events/system.jsonl
    runner.status() -> DrillStatus            for the terminal: strike, state, detail, active faults
    runner.abort()                            no further strike; what is broken stays broken for now
    runner.finish() -> [Wrong]                after the read-back: undoes in reverse order, waits for health; what is wrong, else empty
    runner.close()                            once all is healed: ends its files of events
    watchdog.close()                          ends the process; undoes what is still broken
    chaos.heal() -> [Healing]                 undoes what a dead watchdog left; str() is a line for people
    chaos.stop() -> iterator of Stopped       ends what running rehearsals have broken, from another process
    chaos.breaking_door(what, run)            a context: this process may break something, so that `stop` finds it
    chaos.all_faults(), chaos.all_drills()    the classes by name
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos.drill_runner import DrillRunner as DrillRunner
    from chaos.drill_runner import DrillStatus as DrillStatus
    from chaos.drill_runner import Wrong as Wrong
    from chaos.errors import ChaosError as ChaosError
    from chaos.errors import NotServed as NotServed
    from chaos.errors import WatchdogLost as WatchdogLost
    from chaos.health import ProbeResult as ProbeResult
    from chaos.planned_load import with_surges as with_surges
    from chaos.planned_strikes import check_drills as check_drills
    from chaos.reach import check_reach as check_reach
    from chaos.registry import all_drills as all_drills
    from chaos.registry import all_faults as all_faults
    from chaos.target_handles import check_handles as check_handles
    from chaos.target_handles import world_gone as world_gone
    from chaos.watchdog.client import WatchdogClient as WatchdogClient
    from chaos.watchdog.client import start_watchdog as start_watchdog
    from chaos.watchdog.doors import breaking_door as breaking_door
    from chaos.watchdog.leftovers import Healing as Healing
    from chaos.watchdog.leftovers import Leftover as Leftover
    from chaos.watchdog.leftovers import heal as heal
    from chaos.watchdog.leftovers import leftovers as leftovers
    from chaos.watchdog.protocol import FaultState as FaultState
    from chaos.watchdog.protocol import FaultStatus as FaultStatus
    from chaos.watchdog.stopping import Stopped as Stopped
    from chaos.watchdog.stopping import stop as stop

_HOMES = {
    "registry": ("all_drills", "all_faults"),
    "planned_load": ("with_surges",),
    "planned_strikes": ("check_drills",),
    "reach": ("check_reach",),
    "errors": ("ChaosError", "NotServed", "WatchdogLost"),
    "watchdog.leftovers": ("Healing", "Leftover", "heal", "leftovers"),
    "health": ("ProbeResult",),
    "target_handles": ("check_handles", "world_gone"),
    "watchdog.protocol": ("FaultState", "FaultStatus"),
    "drill_runner": ("DrillRunner", "DrillStatus", "Wrong"),
    "watchdog.doors": ("breaking_door",),
    "watchdog.stopping": ("Stopped", "stop"),
    "watchdog.client": ("WatchdogClient", "start_watchdog"),
}


def __getattr__(name: str) -> object:
    """Finds a name of the interface in its module; `import chaos` by itself costs nothing."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"chaos.{home}"), name)
    raise AttributeError(f"module 'chaos' has no attribute {name!r}")
