"""What a plug-in raises during a run, as the event that names it."""

from pathlib import Path

from scenarios.plugins.contracts import Contract
from scenarios.plugins.folders import discover
from scenarios.plugins.importing import place, sentence
from scenarios.run.event_kinds import PluginFailed

RAISED = (Exception, SystemExit)
"""What is caught around every call of a plug-in: it may raise anything, and may think that the process is its own to end."""


def failure_of(contract: Contract, name: str, error: BaseException) -> PluginFailed:
    """Names the line of the plug-in that raised, or through which it came; its first line where no line of it had part."""
    path, line = place(error) or (discover(contract.folder, contract.suffix).get(name, Path("?")), 1)
    return PluginFailed(plugin=f"{contract.kind} {name}", file=str(path), line=line, what=sentence(error))
