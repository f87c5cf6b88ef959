"""Sets the stage for customers: a target that is up and admitted, with its people enrolled and its campaign opened around T0."""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import chaos
from scenarios.plan.campaign import campaign_statics
from scenarios.plan.scenario import Scenario
from scenarios.run.folder import Plan, Run, create_run, fix_t0
from scenarios.target.model import Target
from scenarios.target.secrets import secret_scope
from scenarios.target.world_facts import world_statics
from stormdrill.rehearsal.interlock import Admission, admit, look_again
from stormdrill.rehearsal.preparation import Preparation
from stormdrill.rehearsal.world import keep_logs, running_world, tell_stderr
from stormdrill.rehearsal.world_ahead import WorldAhead

Tell = Callable[[str], None]

_LEAD_S = 2.0
"""From T0's being fixed to T0: everybody is ready, so that the campaign is opened meanwhile and the last steps are taken."""


def provision(
    run: Run,
    plan: Plan,
    stack: ExitStack,
    tell: Tell,
    *,
    await_load: Callable[[], None] | None = None,
    not_down: Tell = tell_stderr,
    ahead: WorldAhead | None = None,
) -> tuple[Plan, Admission]:
    """Starts the target's world, if it brings one, until the stack is unwound; lets the target pass the interlock, and prepares it.

    A world `ahead` has been started already.

    T0 is fixed when `await_load` has seen every load process say that it is ready; where there is none, it is now. `not_down` hears of a
    world that does not go down.

    Raises:
        BadInput: the target is not admitted, what is to be broken of it cannot be reached, or it refuses its preparation.
        Untrusted: the target has gone since it was admitted.
        StormdrillError: a part could not be started, or does not answer.
    """
    statics: dict[str, object] = {}
    own: set[str] = set()
    nonce = ahead.nonce if ahead else secrets.token_hex(8)
    if plan.target.world is not None:
        world = stack.enter_context(ahead.taken(not_down) if ahead else running_world(plan.target.world, nonce, tell, not_down))
        stack.callback(keep_logs, world.folder, run.folder / "logs")
        facts = world.facts()
        statics |= world_statics(plan.target, facts, world.topology)
        own = {str(value) for value in facts.values()} | {str(world.topology)}
    scope = {**campaign_statics(plan.scenario, datetime.now(UTC)), **statics, **secret_scope(plan.target)}
    admission = admit(plan.target, plan.scenario, scope, nonce, own=own)
    for proof in admission.proofs:
        tell(f"{plan.target.name} {proof}")
    chaos.check_reach(plan.scenario, plan.target, scope, admission.pins)
    tell(f"enrolling {plan.scenario.population.customers} customers")
    plan = with_statics(run, plan.model_copy(update={"pins": admission.pins}), statics)
    with Preparation(run) as preparation:
        preparation.done("enrol")
        if await_load:
            await_load()
        plan = fix_t0(run, plan, lead_s=_LEAD_S if await_load else 0)
        preparation.done("open")
    if await_load:
        look_again(plan.target, {**plan.statics, **scope}, admission.pins)
    return plan, admission


@contextmanager
def provisioned_briefly(scenario: Scenario, target: Target, seed: int, tell: Tell) -> Iterator[Run]:
    """A stage for a few requests by hand, whose T0 is now; its run folder is gone afterwards. Raises as `provision`."""
    with tempfile.TemporaryDirectory(prefix="stormdrill-try-") as out, ExitStack() as stack:
        run, plan = create_run(scenario, target, seed=seed, workers=1, out=Path(out))
        provision(run, plan, stack, tell)
        yield run


def with_statics(run: Run, plan: Plan, statics: dict[str, object]) -> Plan:
    """The plan with more statics, written down."""
    grown = plan.model_copy(update={"statics": plan.statics | statics})
    run.write_plan(grown)
    return grown
