"""Sets the stage for customers: a target that is up and admitted, with its people enrolled and its campaign opened around T0."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from scenarios.plan.campaign import campaign_statics
from scenarios.plan.scenario import Scenario
from scenarios.run.folder import Plan, Run, create_run, fix_t0
from scenarios.target.model import Target
from scenarios.target.secrets import secret_scope
from scenarios.target.world_facts import world_statics
from stormdrill.rehearsal.interlock import Admission, admit
from stormdrill.rehearsal.load_processes import prepare
from stormdrill.rehearsal.world import keep_logs, running_world

Tell = Callable[[str], None]

_LEAD_S = 4.0
_LEAD_PER_ENROLMENT = 3.0
_LEAD_PER_10K_CUSTOMERS_S = 2.0


def lead_s(plan: Plan, enrolment_s: float, *, here: bool = True) -> float:
    """How far ahead T0 must be for every load process to be ready.

    Enrolling has just started an interpreter and done some work; starting the load takes a few times as long, on a busy machine too.
    Load processes that are not `here` are up already, and take no turns on this machine's cores.
    """
    crowd_s = plan.scenario.population.customers / 10_000 * _LEAD_PER_10K_CUSTOMERS_S
    starting_s = plan.workers + _LEAD_PER_ENROLMENT * enrolment_s if here else enrolment_s
    return _LEAD_S + crowd_s + starting_s


def provision(
    run: Run, plan: Plan, stack: ExitStack, tell: Tell, *, ahead: bool, await_workers: Callable[[], None] | None = None
) -> tuple[Plan, Admission]:
    """Starts the target's world, if it brings one, until the stack is unwound; lets the target pass the interlock, and prepares it.

    T0 is far enough ahead for load processes to be ready, or now; `await_workers` waits for those of other machines before it is fixed.

    Raises:
        BadInput: the target is not admitted, or refuses its preparation.
        StormdrillError: a part could not be started, or does not answer.
    """
    statics: dict[str, object] = {}
    own: set[str] = set()
    nonce = secrets.token_hex(8)
    if plan.target.world is not None:
        world = stack.enter_context(running_world(plan.target.world, nonce, tell))
        stack.callback(keep_logs, world.folder, run.folder / "logs")
        facts = world.facts()
        statics |= world_statics(plan.target, facts, world.topology)
        own = {str(value) for value in facts.values()} | {str(world.topology)}
    scope = {**campaign_statics(plan.scenario, datetime.now(UTC)), **statics, **secret_scope(plan.target)}
    admission = admit(plan.target, plan.scenario, scope, nonce, own=own)
    for proof in admission.proofs:
        tell(f"{plan.target.name} {proof}")
    tell(f"enrolling {plan.scenario.population.customers} customers")
    plan = with_statics(run, plan.model_copy(update={"pins": admission.pins}), statics)
    begun_s = time.monotonic()
    prepare(run, "enrol")
    enrolment_s = time.monotonic() - begun_s
    if await_workers:
        await_workers()
    plan = fix_t0(run, plan, lead_s=lead_s(plan, enrolment_s, here=await_workers is None) if ahead else 0)
    plan = with_statics(run, plan, dict(campaign_statics(plan.scenario, datetime.fromisoformat(plan.t0_wall))))
    prepare(run, "open")
    return plan, admission


@contextmanager
def provisioned_briefly(scenario: Scenario, target: Target, seed: int, tell: Tell) -> Iterator[Run]:
    """A stage for a few requests by hand, whose T0 is now; its run folder is gone afterwards. Raises as `provision`."""
    with tempfile.TemporaryDirectory(prefix="stormdrill-try-") as out, ExitStack() as stack:
        run, plan = create_run(scenario, target, seed=seed, workers=1, out=Path(out))
        provision(run, plan, stack, tell, ahead=False)
        yield run


def with_statics(run: Run, plan: Plan, statics: dict[str, object]) -> Plan:
    """The plan with more statics, written down."""
    grown = plan.model_copy(update={"statics": plan.statics | statics})
    run.write_plan(grown)
    return grown
