"""`stormdrill heal`: undoes what earlier runs left: faults first, then worlds whose rehearsal is gone."""

from pathlib import Path

import psutil

import chaos
from scenarios.errors import EXIT_OWN_FAULT, EXIT_PASS
from stormdrill.commands.shared import say
from stormdrill.rehearsal.world import SHIPPED, stop, worlds_folder


def orphaned_worlds() -> list[Path]:
    """Folders of worlds that a rehearsal started which no longer lives."""
    folders = worlds_folder().glob("run-*")
    return sorted(folder for folder in folders if not psutil.pid_exists(int(folder.name.removeprefix("run-"))))


def heal() -> int:
    """Undo whatever an earlier run left: faults, then worlds whose rehearsal is gone."""
    healed = chaos.heal()
    for healing in healed:
        say(str(healing))
    worlds = orphaned_worlds()
    for folder in worlds:
        for module in sorted(SHIPPED):
            stop(module, folder)
        say(f"world {folder.name}: taken down")
    left = chaos.leftovers()
    for leftover in left:
        say(f"still there: {leftover}")
    if not healed and not worlds and not left:
        say("nothing was left behind")
    return EXIT_OWN_FAULT if left else EXIT_PASS
