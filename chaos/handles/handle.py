"""What a handle is: how faults reach one thing of a target, at the address that the target's file gives it."""

from abc import ABC, abstractmethod
from typing import ClassVar


class Handle(ABC):
    """A way to reach something. It is made from its address alone: the text of the target's file, placeholders filled.

    The name of its file is its name in the target's `handles`. All methods may raise OutOfReach, where the thing does not answer in time
    or says no; none waits longer than a few seconds.
    """

    form: ClassVar[str] = "http://HOST:PORT"
    """How the address of one is written."""

    @classmethod
    def kind(cls) -> str:
        """The handle's name: that of its file."""
        return cls.__module__.rpartition(".")[2].replace("_", "-")

    @abstractmethod
    def probe(self) -> None:
        """Asks it something that changes nothing. Raises OutOfReach where it cannot be reached."""
