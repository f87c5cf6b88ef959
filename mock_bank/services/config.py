"""One node's configuration file."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class ServiceError(Exception):
    """Whatever a node's operator did wrong, in one sentence."""


class Switches(BaseModel):
    """The mock's lies, for proving that a rehearsal finds them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow_oversell: bool = False
    always_sold_out: bool = False
    no_read_back: bool = False

    @property
    def claim(self) -> str:
        """The switch that a claim is run with."""
        return "sold_out" if self.always_sold_out else "oversell" if self.allow_oversell else ""


class NodeConfig(BaseModel):
    """Everything that one node is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: Literal["bank", "campaign"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
    site: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,20}$")]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    dsn: str
    bank_url: str = ""
    nonce: str = ""
    secret: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[ -~]*$")]
    operator_token: Annotated[str, Field(min_length=8)]
    switches: Switches = Switches()
    log_dir: Path

    @model_validator(mode="after")
    def _campaign_has_a_bank(self) -> "NodeConfig":
        if self.service == "campaign" and not self.bank_url:
            raise ValueError("a campaign node needs bank_url")
        return self


def load(path: Path) -> NodeConfig:
    """Read a configuration file; ServiceError names the file, the place and what is wrong."""
    try:
        return NodeConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ServiceError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise ServiceError(f"{path}: {place}: {first['msg']}") from error
