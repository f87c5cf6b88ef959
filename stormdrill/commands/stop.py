"""`stormdrill stop`: from another terminal, ends what running rehearsals have broken, and them."""

import chaos
from scenarios.errors import EXIT_OWN_FAULT, EXIT_PASS
from stormdrill.commands.shared import say


def stop() -> int:
    """Take back at once whatever running rehearsals have broken, let them end, and say when all is healed."""
    anybody, broken, whole = False, False, True
    for stopped in chaos.stop():
        anybody, broken, whole = True, broken or stopped.fault, whole and stopped.healed
        say(str(stopped))
    left = [str(leftover) for leftover in chaos.leftovers() if not leftover.watched]
    if not anybody:
        say("no rehearsal with drills is running" + ("" if left else ", and nothing is broken"))
    for line in left:
        say(f"broken by an earlier run: {line}; run: stormdrill heal")
    if anybody and whole and not left:
        say("all is healed" if broken else "nothing was broken")
    return EXIT_PASS if whole and not left else EXIT_OWN_FAULT
