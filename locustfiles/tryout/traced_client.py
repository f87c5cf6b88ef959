"""Sends single requests to a target and tells what was said, what came back, and what was made of it. Secrets are taken out first."""

import sys
import time
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from locustfiles.crowd.customer import Session
from locustfiles.crowd.probes import is_turned_down
from locustfiles.crowd.shared_facts import shared_facts
from scenarios.client.http import HttpClient, Unreachable, keep_cookies, with_cookies
from scenarios.errors import EXIT_FAIL, EXIT_PASS, BadInput, StormdrillError
from scenarios.harmless import harmless
from scenarios.plan.campaign import campaign_date
from scenarios.run.enrolled import read_enrolled
from scenarios.run.folder import Plan, open_run
from scenarios.run.outcomes import Outcome, Probe, Promise
from scenarios.run.records import CODE_EXPIRED, NO_AMOUNT
from scenarios.target.operation_codec import Answer, OperationCodec, compile_target
from scenarios.target.request_encoder import KEY
from scenarios.target.responses import Response
from scenarios.target.secrets import redacted, secret_scope
from scenarios.target.sessions import kept_session
from scenarios.terminal import speak_to_any_terminal
from scenarios.wire.cookies import CookieJar

_MOST_SHOWN = 600
_BUSINESS_BYTES = 40
_COLOURS = {Outcome.SUCCESS: "green", Outcome.REFUSAL: "yellow", Outcome.CHALLENGE: "yellow", Outcome.SHED: "yellow"}


class TracedClient:
    """One customer's requests to one target, told."""

    def __init__(self, plan: Plan, console: Console) -> None:
        """Compiles the target. Raises BadInput where that cannot be."""
        self.plan = plan
        self.statics: dict[str, object] = {**plan.statics, **secret_scope(plan.target)}
        self.operations = compile_target(plan.target, self.statics)
        self.shared = shared_facts(plan)
        self.shared.date = campaign_date(plan.t0_wall)
        self.client = HttpClient(plan.target, self.statics, plan.pins)
        self.faults: list[str] = []
        self.not_shown: list[str] = []
        """Operations that cannot be shown by themselves."""
        self._console = console
        self._asked = 0
        self._told_headers: list[str] = []
        self._cookies = CookieJar()
        self.response: Response | None = None
        """The last answer, None where none came."""

    def say(self, text: str, style: str = "") -> None:
        """A line, without secrets."""
        for line in redacted(text, self.plan.target).splitlines() or [""]:
            self._console.print(Text(harmless(line)), style=style or None)

    def fault(self, what: str) -> None:
        """Something is wrong or missing; said once, however often it is met."""
        if what in self.faults:
            return
        self.faults.append(what)
        self.say(f"    ✗ {what}", "red")

    def ask(
        self, name: str, args: Mapping[str, object], session: Mapping[str, object], purpose: str = "", probe: Probe = Probe.NONE
    ) -> Answer:
        """One attempt of an operation, told, with its purpose where that is not plain. Headers that stay as they were are told once.

        What `probe` asks for may have to be turned down. Where the token has run out it is renewed, and the operation asked once more.

        Raises:
            BadInput: it needs what neither the question nor the customer knows.
        """
        answer = self._ask(name, args, session, purpose, probe)
        if answer.code != CODE_EXPIRED or not isinstance(session, Session):
            return answer
        kept = kept_session(self.plan.target)
        if not self._told_anew(kept.renewal, session, "for a new token") and kept.login:
            self._told_anew(kept.login, session, "for a new token, since that was refused")
        return self._ask(name, args, session, "once more, with the new token", probe)

    def _told_anew(self, steps: Sequence[str], session: Session, purpose: str) -> bool:
        """Asks what keeps a session, step by step; False where one is no success."""
        for step in steps:
            answer = self._ask(step, {}, session, purpose, Probe.NONE)
            session.learn(answer.extracted)
            if answer.outcome is not Outcome.SUCCESS:
                return False
        return True

    def _ask(self, name: str, args: Mapping[str, object], session: Mapping[str, object], purpose: str, probe: Probe) -> Answer:
        codec = self.operations.get(name)
        if codec is None:
            raise BadInput(f"the target has no operation {name!r}")
        scope = ChainMap(dict(args), session)  # type: ignore[arg-type]  # a ChainMap only reads the maps behind its first
        request = with_cookies(self.client.signed(codec.request(scope)), self._cookies)
        self._asked += 1
        self.say(f"\n{self._asked:2}  {name}{purpose and f', {purpose}'}", "bold")
        self.say(f"    > {request.method} {request.path}", "cyan")
        if fresh := [line for line in request.headers if line not in self._told_headers]:
            self.say("    > " + "  ".join(fresh), "dim")
        self._told_headers = request.headers
        if request.body:
            self.say(f"    > {_shown(request.body.decode(errors='replace'))}", "cyan")
        began, self.response = time.monotonic(), None
        try:
            response = self.client.send_signed(request, codec.timeout_s)
        except Unreachable as error:
            self.say(f"    < {error}", "red")
            return codec.without_response(error.how)._replace(cause=str(error))
        keep_cookies(request, response, self._cookies)
        self.response = response
        self.say(f"    < HTTP {response.status} in {(time.monotonic() - began) * 1000:.0f} ms  {_shown(response.text)}")
        answer = codec.decode(response)
        if is_turned_down(probe, answer, response.status):
            self.say("    turned down, as it must be", "green")
        else:
            self._tell_meaning(codec, answer, scope)
        return answer

    def _tell_meaning(self, codec: OperationCodec, answer: Answer, scope: Mapping[str, object]) -> None:
        told = {name: value for name, value in answer.extracted.items() if value is not None}
        if told:
            self.say("    " + "  ".join(f"{name} = {value}" for name, value in told.items()), "magenta")
        promise = " (accepted: its end is still to come)" if answer.promise is Promise.ACCEPTED else ""
        self.say(f"    {answer.outcome.label}{promise}", _COLOURS.get(answer.outcome, "red"))
        if codec.effect is None or KEY not in scope:
            return
        business = codec.effect.business.render(scope)
        shown = "" if answer.shown_fen == NO_AMOUNT else f", shows {answer.shown_fen} fen"
        self.say(f"    effect for {business!r} under key {scope[KEY]}{shown}", "dim")
        if len(business.encode()) > _BUSINESS_BYTES:
            self.fault(f"{codec.name}: its business key {business!r} is longer than {_BUSINESS_BYTES} bytes")

    def sum_up(self) -> int:
        """Tells what is wrong in all; gives how many."""
        self.client.__exit__()
        self.say("")
        for fault in self.faults:
            self.say(f"✗ {fault}", "red")
        many = f"{len(self.faults)} thing{'s' if len(self.faults) != 1 else ''} to mend"
        beside = f"; not shown by themselves: {', '.join(self.not_shown)}" if self.not_shown else ""
        self.say(
            many if self.faults else f"nothing is wrong: {self._asked} requests, each understood{beside}",
            "bold red" if self.faults else "bold green",
        )
        return len(self.faults)


def traced(folder: str, work: Callable[[TracedClient], None]) -> int:
    """Lets some requests be made to the target of a run, and told; gives the exit code.

    0 where nothing is wrong, 1 where something is, 64 where it cannot be tried; nothing is recorded.
    """
    speak_to_any_terminal()
    try:
        run = open_run(Path(folder))
        client = TracedClient(run.plan(), Console(highlight=False, soft_wrap=True))
        client.shared.enrolled = read_enrolled(run)
        work(client)
    except StormdrillError as error:
        sys.stderr.write(f"stormdrill: {error}\n")
        return error.exit_code
    return EXIT_FAIL if client.sum_up() else EXIT_PASS


def _shown(text: str) -> str:
    """A body as it is, on one line."""
    line = " ".join(text.split("\n"))
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}… ({len(text)} characters)"
