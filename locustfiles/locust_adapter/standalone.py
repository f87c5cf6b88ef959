"""Makes a run for Locust started by itself: a world that is up already, its people enrolled, its campaign opened, T0 fixed."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import orjson

from locustfiles.provision.prepare import prepare
from scenarios.client.http import HttpClient, Unreachable
from scenarios.errors import BadInput
from scenarios.plugins import load_scenario, load_target
from scenarios.run.enrolled import read_enrolled, write_enrolled
from scenarios.run.folder import Plan, Run, create_run, fix_t0
from scenarios.safe_reading import Unreadable
from scenarios.target.model import Target, World
from scenarios.target.operation_codec import render_request
from scenarios.target.request_template import RequestTemplate
from scenarios.target.responses import compile_path
from scenarios.target.world_facts import flattened, read_facts, world_statics

_STATUS_S = 20
_PROOF_S = 5
_LEAD_S = 3.0
_UP_FIRST = "start it first: stormdrill bank up"


@dataclass(frozen=True, slots=True)
class StandaloneOptions:
    """What was asked for on Locust's command line; None and empty are the scenario's own."""

    scenario: str
    target: str
    seed: int | None
    out: Path
    topology: Path | None


def make_run(asked: StandaloneOptions, workers: int) -> tuple[Run, Plan]:
    """A new run folder, its people enrolled; T0 is not fixed yet.

    Raises:
        BadInput: a file is wrong, no world is up, or the target is none that may be loaded without the door's interlock.
        StormdrillError: the target is not reached.
    """
    scenario = load_scenario(asked.scenario)
    target = load_target(asked.target or scenario.target)
    if target.world is None:
        raise BadInput(f"target {target.name} is a real one; use: stormdrill run --target {target.name}, which checks what may be loaded")
    facts = _topology(target.world, asked.topology)
    statics = world_statics(target, facts, asked.topology)
    _prove(target, statics, str(facts.get("nonce")))
    seed = scenario.seed if asked.seed is None else asked.seed
    run, plan = create_run(scenario, target, seed=seed, workers=workers, out=asked.out)
    plan = _noted(run, plan, statics)
    write_enrolled(run, prepare(plan, "enrol"))
    return run, plan


def open_campaign(run: Run, plan: Plan) -> Plan:
    """Fixes a T0 that is near, and opens the campaign around it. Raises as `make_run`."""
    fixed = fix_t0(run, plan, lead_s=_LEAD_S)
    prepare(fixed, "open", read_enrolled(run))
    return fixed


def _noted(run: Run, plan: Plan, statics: dict[str, object]) -> Plan:
    noted = Plan.model_validate({**plan.model_dump(), "statics": {**plan.statics, **statics}})
    run.write_plan(noted)
    return noted


def _topology(world: World, path: Path | None) -> dict[str, object]:
    """The facts of the world that is up, by the paths of their values."""
    if path is None:
        told = subprocess.run(
            [sys.executable, "-m", world.module, "status", "--json"],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            timeout=_STATUS_S,
            check=False,
        )
        if told.returncode != 0:
            raise BadInput(f"no world of {world.module} is up; {_UP_FIRST}, or name its --topology FILE")
        return flattened(orjson.loads(told.stdout).get("topology"))
    try:
        return read_facts(path)
    except Unreadable as error:
        raise BadInput(f"is no topology of a world: it {error}; {_UP_FIRST}", path=path) from None


def _prove(target: Target, statics: dict[str, object], nonce: str) -> None:
    """Only a world that echoes its nonce may be loaded."""
    if target.proof is None:
        raise BadInput(f"target {target.name} starts a world but has no 'proof'; it must echo its nonce")
    with HttpClient(target, statics, {}) as client:
        request = render_request(RequestTemplate(service=target.proof.service, path=target.proof.path), target, statics)
        try:
            answer = client.send(request, _PROOF_S)
        except Unreachable as error:
            raise BadInput(f"the world's proof: {error}; {_UP_FIRST}") from None
    if compile_path(target.proof.nonce)(answer) != nonce:
        raise BadInput(f"{request.url} does not echo the world's nonce; another service answers there")
