"""`stormdrill heal`: undoes what earlier runs left: worlds whose rehearsal is gone, then faults that nobody holds any more."""

import chaos
from chaos.errors import ChaosError
from scenarios.errors import EXIT_OWN_FAULT, EXIT_PASS
from stormdrill.commands.shared import say
from stormdrill.rehearsal.world import SHIPPED, OrphanedWorld, orphaned_worlds, stop


def would_heal() -> list[str]:
    """What `heal` would take, a line each. Changes nothing."""
    worlds = [f"{world}: {world.why}" for world in orphaned_worlds()]
    return worlds + [str(leftover) for leftover in chaos.leftovers() if not leftover.watched]


def heal() -> int:
    """Undo whatever an earlier run left: worlds whose rehearsal is gone, then faults.

    Worlds go first: what was broken of them goes with them. What a living rehearsal holds is left alone.
    """
    worlds = orphaned_worlds()
    down = [_take_down(world) for world in worlds]
    try:
        healed = chaos.heal()
    except ChaosError as error:
        say(f"NOT healed: {error}")
        return EXIT_OWN_FAULT
    for healing in healed:
        say(str(healing))
    left = would_heal()
    for line in left:
        say(f"still there: {line}")
    if not worlds and not healed and not left:
        say("nothing was left behind")
    whole = all(down) and all(healing.healed or healing.leftover.watched for healing in healed)
    return EXIT_PASS if whole and not left else EXIT_OWN_FAULT


def _take_down(world: OrphanedWorld) -> bool:
    """Whether it is gone, by whichever of the shipped worlds' own command knows it."""
    troubles = [trouble for module in sorted(SHIPPED) if (trouble := stop(module, world.folder))]
    say(f"{world}: {'; '.join(troubles) if troubles else 'taken down'}, {world.why}")
    return not troubles
