"""The campaign's kill switch, as people reach it: they sign in, ask to resume, and resume."""

from dataclasses import dataclass
from urllib.parse import quote

from chaos.handles.handle import Handle
from chaos.handles.http import call, demand
from scenarios.target.responses import Response, compile_path


@dataclass(frozen=True, slots=True)
class KillSwitch(Handle):
    """The campaign service's own address. Whoever signs in shows the operator's token and their own secret; it says what each may do."""

    url: str

    def probe(self) -> None:
        """Whether the service lives. Raises OutOfReach where it does not."""
        demand("GET", f"{self.url}/health")

    def sign_in(self, operator: str, person: str, secret: str) -> str:
        """What this person signs with, empty where it is refused. Raises OutOfReach where there is no answer."""
        answer = call("POST", f"{self.url}/v1/ops/people/{quote(person)}/sessions", {"secret": secret}, headers=_shows(operator))
        return str(compile_path("$.data.person")(answer) or "")

    def ask_to_resume(self, operator: str, campaign: str, person: str) -> str:
        """The first signature; the token for the second, empty where it is refused. Raises OutOfReach where there is no answer."""
        answer = self._send(operator, campaign, "kill-switch/resume-requests", {"person": person, "reason": "drill"})
        return str(compile_path("$.data.resume_token")(answer) or "")

    def resume(self, operator: str, campaign: str, person: str, token: str) -> None:
        """The second signature, whatever comes of it. Raises OutOfReach where there is no answer."""
        self._send(operator, campaign, "kill-switch/resume", {"person": person, "reason": "drill", "resume_token": token})

    def resume_alone(self, operator: str, campaign: str) -> None:
        """An operator's own resume, whatever comes of it. Raises OutOfReach where there is no answer."""
        self._send(operator, campaign, "resume", {"actor": "drill", "reason": "drill"})

    def told(self, operator: str, after: int) -> tuple[int, list[str]]:
        """The number of the latest change, and the kinds of those after one. Raises OutOfReach."""
        answer = demand("GET", f"{self.url}/v1/ops/kill-switch?after={after}", headers=_shows(operator))
        changes = compile_path("$.data.changes")(answer)
        rows = changes if isinstance(changes, list) else []
        return max((int(row["seq"]) for row in rows), default=after), [str(row["kind"]) for row in rows]

    def _send(self, operator: str, campaign: str, path: str, body: dict[str, str]) -> Response:
        return call("POST", f"{self.url}/v1/ops/campaigns/{quote(campaign)}/{path}", dict(body), headers=_shows(operator))


def _shows(operator: str) -> dict[str, str]:
    return {"X-Operator-Token": operator}
