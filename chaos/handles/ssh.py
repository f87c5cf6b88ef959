"""Another machine, by ssh: only what the operator's own file lists is ever run there."""

import shutil
import subprocess
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from chaos.errors import NoTarget, OutOfReach, Unanswered
from chaos.handles.handle import Handle
from chaos.handles.http import DEADLINE_S, check_loopback
from chaos.handles.switch import SwitchState
from scenarios.errors import BadInput
from scenarios.plan.operator_file import CommandSwitch, Operator, load_operator

_COMMAND_S = 8.0  # three tries of an undo take less than anybody waits for the watchdog
_LOST = 255  # ssh's own exit code for whatever went wrong before the command
_MOST_SAID = 200


class Ssh(Handle):
    """A machine that an sshd of this machine's loopback leads to (a port that is forwarded from there), as one user."""

    form: ClassVar[str] = "ssh://HOST:PORT?user=drill"

    def __init__(self, address: str, operator_file: Path | None = None) -> None:
        """As in `form`. Without an operator's file nothing may be run there."""
        self._address, self._operator_file = address, operator_file

    def probe(self) -> None:
        """Logs in and does nothing. Raises OutOfReach where that cannot be."""
        self._demand("true", "logging in")

    def state(self, switch: str) -> SwitchState:
        """How a switch stands now. Raises NoTarget where the operator lists none of that name; OutOfReach."""
        listed = self._switch(switch)
        said = self._run(listed.state, f"the state of {switch}").stdout.strip()
        if said == listed.broken.strip():
            return SwitchState.BROKEN
        return SwitchState.WHOLE if said == listed.whole.strip() else SwitchState.NEITHER

    def inject(self, switch: str) -> None:
        """Breaks what the switch stands for. Raises as `state`."""
        self._demand(self._switch(switch).inject, f"the inject of {switch}")

    def undo(self, switch: str) -> None:
        """Mends it. Raises as `state`."""
        self._demand(self._switch(switch).undo, f"the undo of {switch}")

    def _switch(self, name: str) -> CommandSwitch:
        listed = self._operator().ssh.switches
        if name not in listed:
            raise NoTarget(f"{self._operator_file} allows no ssh switch {name!r}; it allows: {', '.join(listed) or 'none'}")
        return listed[name]

    def _operator(self) -> Operator:
        """Read each time: what the operator has taken off the list is not run any more."""
        try:
            return load_operator(self._operator_file) if self._operator_file else Operator()
        except BadInput as error:
            raise OutOfReach(str(error)) from None

    def _demand(self, command: str, called: str) -> None:
        """`called` is how people are told of it: a command is the operator's, and not to be read in a report."""
        done = self._run(command, called)
        if done.returncode:
            raise OutOfReach(f"{self._address}: {called}: exit code {done.returncode} {_last_line(done.stderr)}".rstrip())

    def _run(self, command: str, called: str) -> "subprocess.CompletedProcess[str]":
        try:
            done = subprocess.run(
                [*self._argv(), command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_COMMAND_S,
                check=False,
                encoding="utf-8",
                errors="replace",
            )
        except subprocess.TimeoutExpired:
            raise Unanswered(f"{self._address}: {called}: no answer in time") from None
        if done.returncode == _LOST:
            raise Unanswered(f"{self._address}: no connection ({_last_line(done.stderr)})")
        return done

    def _argv(self) -> list[str]:
        """Nobody is asked anything, no unknown host is trusted, and nobody's configuration leads elsewhere. Raises OutOfReach."""
        host, port, user = self._where()
        check_loopback(host)
        if not shutil.which("ssh"):
            raise OutOfReach(f"{self._address}: there is no ssh on this machine; install openssh-client")
        rules = self._operator().ssh
        options = ["BatchMode=yes", f"ConnectTimeout={DEADLINE_S:g}", "StrictHostKeyChecking=yes", "ForwardAgent=no"]
        options += [f"UserKnownHostsFile={_quoted(rules.known_hosts)}"] if rules.known_hosts else []
        options += [f"IdentityFile={_quoted(rules.identity)}", "IdentitiesOnly=yes"] if rules.identity else []
        return [
            "ssh",
            "-F",
            "none",
            "-T",
            *(word for option in options for word in ("-o", option)),
            "-p",
            str(port),
            "-l",
            user,
            "--",
            host,
        ]

    def _where(self) -> tuple[str, int, str]:
        try:
            parts = urlsplit(self._address)
            host, port, user = parts.hostname or "", parts.port or 22, parse_qs(parts.query).get("user", [""])[0]
        except ValueError:
            host, port, user = "", 0, ""
        if parts.scheme != "ssh" or not (host and user) or user.startswith("-") or "@" in parts.netloc:
            raise OutOfReach(f"{self._address} leads to no machine; allowed: {self.form}")
        if any(char.isspace() or not char.isprintable() for char in user):
            raise OutOfReach(f"{self._address}: its user is {user!r}; allowed: a name without blanks and unprintable characters")
        return host, port, user


def _quoted(path: Path) -> str:
    """As ssh's options are read: quotes keep spaces together, and % begins a token. Raises OutOfReach where it begins in nobody's home."""
    try:
        return '"' + str(path.expanduser()).replace("%", "%%") + '"'
    except RuntimeError:
        raise OutOfReach(f"there is no home for {path}; allowed in the operator's file: a path from /") from None


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:_MOST_SAID] if lines else ""
