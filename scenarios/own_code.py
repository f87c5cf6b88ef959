"""What a user lets in: folders of their own, and code of others. Options of the command line set it, and every process inherits it."""

import os
from pathlib import Path

PATH_VARIABLE = "STORMDRILL_PATH"
ALLOW_CODE_VARIABLE = "STORMDRILL_ALLOW_CODE"


def own_folders() -> list[Path]:
    """The user's folders, each once; whether they are there is not asked."""
    return list(dict.fromkeys(Path(os.path.realpath(entry)) for entry in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if entry))


def code_is_allowed() -> bool:
    """Whether code of others may run: what is installed beside Stormdrill, or lies in such a folder."""
    return os.environ.get(ALLOW_CODE_VARIABLE) == "1"
