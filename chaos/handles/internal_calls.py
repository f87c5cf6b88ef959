"""The embedded bank, as the world's other services call it: whether it errs toward them is a dial, and banking itself feels nothing."""

from dataclasses import dataclass

from chaos.errors import OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.http import call, demand
from scenarios.target.responses import compile_path


@dataclass(frozen=True, slots=True)
class InternalCalls(Handle):
    """The bank's own address. Whoever turns the dial shows the operator's token."""

    url: str

    def probe(self) -> None:
        """Whether the service lives. Raises OutOfReach where it does not."""
        demand("GET", f"{self.url}/health")

    def errors(self, operator: str) -> float:
        """The share of the calls that is answered by an error. Raises OutOfReach where it does not say."""
        told = compile_path("$.data.share")(demand("GET", self._dial, headers={"X-Operator-Token": operator}))
        if not isinstance(told, int | float):
            raise OutOfReach(f"{self.url}: it does not say how many internal calls it answers by an error")
        return float(told)

    def turn(self, operator: str, share: float) -> None:
        """Has that share of them answered by an error, at every node. Raises OutOfReach."""
        demand("PUT", self._dial, {"share": share}, headers={"X-Operator-Token": operator})

    def ask(self, operator: str) -> int:
        """The status with which a call that does nothing is answered. Raises OutOfReach where it is not."""
        return call("GET", f"{self.url}/bank/v1/internal/ping", headers={"X-Operator-Token": operator}).status

    @property
    def _dial(self) -> str:
        return f"{self.url}/bank/v1/ops/internal-errors"
