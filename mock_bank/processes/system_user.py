"""As whom, and in which environment, the world's processes run."""

import os
from dataclasses import dataclass
from pathlib import Path

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


def python_environment() -> dict[str, str]:
    """This environment, in which `python -m mock_bank…` works from anywhere."""
    path = os.pathsep.join([str(_PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True)
class SystemUser:
    """The user that a child runs as."""

    uid: int
    gid: int

    @property
    def other(self) -> bool:
        """Whether it is another user than this process's: a child must then be started with `user`, `group` and no extra groups."""
        return self.uid != os.getuid()

    def give(self, path: Path) -> None:
        """Make this user the path's owner."""
        if self.other:
            os.chown(path, self.uid, self.gid)
