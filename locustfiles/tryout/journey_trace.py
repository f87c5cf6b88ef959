"""One customer on one journey, by hand, each request told: `python -m locustfiles.tryout.journey_trace RUN_FOLDER JOURNEY`."""

import sys
import time
from collections.abc import Mapping
from traceback import extract_tb

from locustfiles.crowd.customer import NOTHING, ManualCustomer
from locustfiles.crowd.journey_steps import NO_KEY, Ask, Bell, Journey, Parallel, Step, Think
from locustfiles.crowd.workload import JourneyFunction, load_journeys
from locustfiles.tryout.traced_client import TracedClient, traced
from scenarios.errors import EXIT_USAGE, BadInput, StormdrillError
from scenarios.run.outcomes import FOLD_RANK, Outcome, Probe
from scenarios.target.operation_codec import Answer, OperationCodec
from scenarios.target.request_encoder import KEY

_MOST_STEPS = 200
_LONGEST_PAUSE_S = 1.0
_PURPOSES = {
    Probe.NONE: "",
    Probe.FIRST: "whose key will come again",
    Probe.REPLAY: "the very same once more",
    Probe.MISMATCH: "with the key of another request, on purpose",
    Probe.MISSING: "without a key, on purpose",
    Probe.FOREIGN: "of what is another's, on purpose",
    Probe.TWIN: "twice at once under one key, on purpose",
}


def try_journey(client: TracedClient, name: str, journey: JourneyFunction) -> None:
    """Lets customer 0 go on the journey. Pauses are cut short; the bell rings as soon as it is waited for."""
    customer = ManualCustomer(client.shared, 0, 0)
    client.say(f"{name}: {(journey.__doc__ or '').strip().splitlines()[0]}", "bold")
    steps, answer = journey(customer), None
    for _ in range(_MOST_STEPS):
        try:
            step = steps.send(answer)  # type: ignore[arg-type]  # a generator is started by sending None
            answer = _done(client, customer, step)
        except StopIteration:
            break
        except StormdrillError as error:
            client.fault(f"{name} at {_line_of(steps)}: {error}")
            break
        except Exception as error:  # noqa: BLE001 - whatever a journey raises is its own fault, to be told
            client.fault(f"{name} at {_place(error)}: {type(error).__name__}: {error}")
            break
        customer.last = answer
    else:
        client.fault(f"{name} does not end within {_MOST_STEPS} steps")
    steps.close()


def _done(client: TracedClient, customer: ManualCustomer, step: Step) -> Answer:
    if isinstance(step, Ask):
        _pause(client, customer, step.after_s, "waits")
        return _asked(client, customer, step)
    if isinstance(step, Parallel):
        client.say("    all at once:", "dim")
        return max((_asked(client, customer, ask) for ask in step.asks), key=lambda answer: FOLD_RANK[answer.outcome])
    if isinstance(step, Think):
        _pause(client, customer, customer.chance.log_normal(step.median_s, step.p95_s), "thinks")
    elif isinstance(step, Bell):
        _pause(client, customer, max(0.0, step.at_s - customer.at_s), "waits for the bell")
    return NOTHING


def _asked(client: TracedClient, customer: ManualCustomer, ask: Ask) -> Answer:
    codec = client.operations.get(ask.operation)
    args = dict(ask.args)
    if codec is not None and codec.effectful and ask.key != NO_KEY:
        args[KEY] = customer.shared.key_text(customer.new_key() if ask.key is None else ask.key)
    if codec is not None:
        _learn_first(client, customer, codec, args, set())
    before = len(client.faults)
    answer = client.ask(ask.operation, args, customer.session, _PURPOSES[ask.probe], ask.probe)
    customer.session.learn(answer.extracted)
    if answer.outcome in (Outcome.FAILURE, Outcome.UNKNOWN) and not ask.probe and len(client.faults) == before:
        client.fault(f"{ask.operation}: {answer.outcome.label} ({answer.cause})")
    return answer


def _learn_first(
    client: TracedClient, customer: ManualCustomer, codec: OperationCodec, args: Mapping[str, object], asked: set[str]
) -> None:
    """Asks what the target's file names for that, as long as it tells something that nobody has told yet."""
    for name in codec.before:
        told = client.operations[name].outputs & codec.placeholders
        if name not in asked and any(not customer.knows(each) for each in told - args.keys()):
            asked.add(name)
            _learn_first(client, customer, client.operations[name], {}, asked)
            answer = client.ask(name, {}, customer.session, f"before {codec.name}")
            customer.session.learn(answer.extracted)


def _pause(client: TracedClient, customer: ManualCustomer, seconds: float, what: str) -> None:
    if seconds <= 0:
        return
    cut = f", cut to {_LONGEST_PAUSE_S:g} s" if seconds > _LONGEST_PAUSE_S else ""
    client.say(f"\n    … {what} {seconds:.1f} s{cut}", "dim")
    time.sleep(min(seconds, _LONGEST_PAUSE_S))
    customer.at_s += seconds


def _line_of(steps: Journey) -> str:
    """Where the journey is."""
    frame = getattr(steps, "gi_frame", None)
    return _shown(frame.f_code.co_filename, frame.f_lineno) if frame else "its end"


def _place(error: Exception) -> str:
    """Where the journey raised."""
    _ours, *frames = extract_tb(error.__traceback__)
    return _shown(frames[0].filename, frames[0].lineno) if frames else "its beginning"


def _shown(path: str, line: int | None) -> str:
    return f"{path.rpartition('/')[2]}:{line}"


def main(arguments: list[str]) -> int:
    """The command; returns its exit code, as `traced`."""
    if len(arguments) != 2:  # noqa: PLR2004 - a folder and a journey
        sys.stderr.write("usage: python -m locustfiles.tryout.journey_trace RUN_FOLDER JOURNEY\n")
        return EXIT_USAGE
    folder, name = arguments
    return traced(folder, lambda client: _try_named(client, name))


def _try_named(client: TracedClient, name: str) -> None:
    journeys = load_journeys()
    if name not in journeys:
        raise BadInput(f"there is no journey {name!r}; there are: {', '.join(journeys)}")
    try_journey(client, name, journeys[name])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
