"""One node's configuration file."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mock_bank.services.kit.errors import ServiceError
from mock_bank.services.kit.features import services
from mock_bank.services.kit.switches import switches


class CapacityLimits(BaseModel):
    """What one node serves at once. By default as much as a node of this machine can ever have under way, so that nobody meets it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_once: Annotated[int, Field(ge=1, le=100_000)] = 1024
    queue: Annotated[int, Field(ge=0, le=100_000)] = 0  # how many more may wait for their turn
    hold_ms: Annotated[float, Field(ge=0, le=10_000)] = 0.0  # how long an operation holds its place at least


class NodeConfig(BaseModel):
    """Everything that one node is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
    site: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,20}$")]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    dsn: str
    bank_url: str = ""
    suppliers_url: str = ""
    breakers_file: Path | None = None  # where it remembers which of its circuit breakers are open
    nonce: str = ""
    secret: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[ -~]*$")]
    operator_token: Annotated[str, Field(min_length=8)]
    people: dict[str, str] = {}  # who may sign in, and the secret that each of them shows
    for_tests: bool = False
    switches: dict[str, bool] = {}
    capacity: CapacityLimits = CapacityLimits()
    warm_within_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    """How long it waits for warm connections before it serves all the same: what needs no database is good without one."""
    log_dir: Path

    @property
    def on(self) -> frozenset[str]:
        """The switches of defects that are on."""
        return frozenset(name for name, on in self.switches.items() if on)


def load(path: Path) -> NodeConfig:
    """Read a configuration file; ServiceError names the file, the place and what is wrong."""
    try:
        config = NodeConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ServiceError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise ServiceError(f"{path}: {place}: {first['msg']}") from error
    if fault := _misfit(config):
        raise ServiceError(f"{path}: {fault}")
    return config


def _misfit(config: NodeConfig) -> str:
    """What does not go together, or with the folders that are there."""
    if config.service not in services():
        return f"service: there is no {config.service}; there are: {', '.join(services())}"
    if config.service == "campaign" and not (config.bank_url and config.suppliers_url):
        return f"a campaign node needs {'suppliers_url' if config.bank_url else 'bank_url'}"
    known = switches() if config.switches else {}
    if unknown := sorted(config.switches.keys() - known):
        return f"switches.{unknown[0]}: there is no such switch; there are: {', '.join(known)}"
    if config.on and not config.for_tests:
        return f"switches.{min(config.on)}: a defect; only a world that was started for tests has it"
    return ""
