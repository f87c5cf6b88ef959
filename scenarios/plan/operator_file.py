"""What the operator of this machine allows.

In a file outside what it guards: `~/.config/stormdrill/operator.yaml`, or where STORMDRILL_OPERATOR says.
"""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, field_validator

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.plan.yaml_loading import load_yaml
from scenarios.strict import Strict
from scenarios.target.addresses import is_host
from scenarios.target.fields import InnerName

OPERATOR_VARIABLE = "STORMDRILL_OPERATOR"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Said = TypeVar("Said", str, Path)


def _no_zero_byte(said: Said) -> Said:
    if "\0" in str(said):
        raise ValueError(f"{clipped(said)!r} holds a zero byte, which no command and no path can have")
    return said


Command = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_no_zero_byte)]
KeyFile = Annotated[Path, AfterValidator(_no_zero_byte)]


class CommandSwitch(Strict):
    """Something that commands of the other machine break and mend: what is run there, and what `state` says then, to the letter."""

    state: Command
    whole: str = Field(max_length=1000, description="what `state` prints, but for white space around it, while nothing is broken")
    broken: str = Field(max_length=1000, description="what it prints while it is")
    inject: Command
    undo: Command


class SshRules(Strict):
    """How drills may use ssh."""

    identity: KeyFile | None = Field(default=None, description="the key's file; none: the agent's keys and the usual files")
    known_hosts: KeyFile | None = Field(default=None, description="the file of host keys; none: ~/.ssh/known_hosts")
    switches: dict[InnerName, CommandSwitch] = Field(default={}, max_length=100, description="all that may be run there, by names")


class Operator(Strict):
    """The operator's own configuration."""

    hosts: list[str] = Field(
        default=[], max_length=1000, description="names, addresses or networks (10.20.0.0/16) that may be loaded and broken"
    )
    max_rps: float | None = Field(default=None, gt=0, le=1e9, description="most requests per second that they may get; none: no limit")
    exercise_kill_switch: bool = Field(default=False, description="before a run, pause the campaign and resume it, to see that it works")
    ssh: SshRules = SshRules()

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if not is_host(host) and network_of(host) is None:
                raise ValueError(f"{clipped(host)!r} is no host; allowed: a name, an address, or a network as 10.20.0.0/16")
        return hosts


def network_of(text: str) -> Network | None:
    """The network that is written so, None where it is none."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def operator_file() -> Path:
    """Where the operator's configuration is looked for."""
    return Path(os.environ.get(OPERATOR_VARIABLE) or _home() / ".config" / "stormdrill" / "operator.yaml").absolute()


def _home() -> Path:
    """This user's own folder; of one who has none, a folder that there never is."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")


def load_operator(path: Path) -> Operator:
    """What the operator says there; nothing where there is no such file.

    Raises:
        BadInput: it is no operator's file, or cannot be read.
    """
    try:
        there = path.exists()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}; name another in {OPERATOR_VARIABLE}", path=path) from None
    return load_yaml(path, Operator) if there else Operator()
