"""What goes wrong when something is broken on purpose."""

from scenarios.errors import EXIT_USAGE, BadInput, StormdrillError


class ChaosError(StormdrillError):
    """A fault, its undo or the watchdog could not do what was asked."""


class OutOfReach(ChaosError):
    """A handle did not answer in time, or said no."""


class Unanswered(OutOfReach):
    """What a handle was asked for may still be done: nobody has said that it was, or that it will not be."""


class NobodyListens(OutOfReach):
    """Nobody is at a handle's address: whoever was there is gone, with all that it had been told while it ran."""


class WorldGone(OutOfReach):
    """The world that a handle leads to is not there any more."""


class NoTarget(ChaosError):
    """There is nothing that the fault may be aimed at."""


class WatchdogLost(ChaosError):
    """The watchdog died or does not answer."""


class NotServed(BadInput):
    """The target gives no access to what a drill breaks or asks for, or its file says that the drill cannot be: nobody's mistake."""


class NoPlace(ChaosError):
    """The folder of leases cannot be used; says which, and what its user can do."""

    exit_code = EXIT_USAGE
