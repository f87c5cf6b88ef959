"""Master and workers understand each other exactly or not at all: nothing that comes from the other side is a traceback."""

from collections.abc import Callable
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from locustfiles_kit import made, scenario, target

from locustfiles.distributed.messages import (
    BadMessage,
    Begin,
    ClockError,
    CrowdFigures,
    Ended,
    Farewell,
    FileBatch,
    FromMaster,
    FromWorker,
    Halt,
    Hello,
    Ping,
    Pong,
    Ready,
    Refused,
    ShowPlan,
    Taken,
    Unfit,
    crowd_figures,
    encode,
    from_master,
    from_worker,
)

FROM_WORKER: list[FromWorker] = [
    Hello(host="machine-1", pid=7, cores=2, build=None),
    Ping(sent_ns=1 << 60),
    Ready(),
    Unfit(reason="its disk is full"),
    FileBatch(seq=3, file="samples/load-0.bin", at=48, rows=b"", data=bytes(range(256))),
    ClockError(error_ms=0.25, drift_ms=0.0),
    Ended(failure=""),
]
FROM_MASTER: list[FromMaster] = [
    Pong(sent_ns=1, master_ns=-5),
    Refused(reason="the run has begun already"),
    Taken(upto=4),
    Halt(reason=""),
    Farewell(),
]


def _carried(message: FromWorker | FromMaster) -> object:
    """As Locust carries it."""
    return msgpack.loads(msgpack.dumps(encode(message), use_bin_type=True), strict_map_key=False)


@pytest.mark.parametrize("message", FROM_WORKER, ids=lambda message: message.kind)
def test_what_a_worker_says_arrives_as_it_was_said(message: FromWorker) -> None:
    """Through Locust's own serialisation."""
    assert from_worker(_carried(message)) == message


@pytest.mark.parametrize("message", FROM_MASTER, ids=lambda message: message.kind)
def test_what_the_master_says_arrives_as_it_was_said(message: FromMaster) -> None:
    """Through Locust's own serialisation."""
    assert from_master(_carried(message)) == message


def test_a_plan_arrives_as_it_was_made(tmp_path: Any) -> None:
    """Scenario, target and all."""
    _, plan = made(tmp_path, target("http://127.0.0.1:1"), scenario())
    for message in (ShowPlan(plan=plan, machine="m"), Begin(plan=plan, worker=1, workers=2, folder="")):
        assert from_master(_carried(message)) == message


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        "hello",
        b"\xff",
        {},
        {"kind": "sudo"},
        {"kind": ["ready"]},
        {"kind": "ready", "more": 1},
        {"kind": "ping"},
        {"kind": "ping", "sent_ns": "1"},
        {"kind": "ping", "sent_ns": 1 << 63},
        {"kind": "ping", "sent_ns": 1.5},
        {"kind": "clock", "error_ms": float("nan"), "drift_ms": 0.0},
        {"kind": "clock", "error_ms": -1.0, "drift_ms": 0.0},
        {"kind": "batch", "seq": -1, "file": "f", "at": 0, "rows": b"", "data": b""},
        {"kind": "batch", "seq": 0, "file": "f", "at": 0, "rows": b"", "data": "text"},
        {"kind": "hello", "host": 7, "pid": 1, "cores": 1, "build": None},
        {"kind": "hello", "host": "h", "pid": 1, "cores": 1, "build": {"version": "2"}},
        {"kind": "farewell"},  # is not a worker's to say
    ],
    ids=repr,
)
def test_what_does_not_fit_is_one_sentence(said: object) -> None:
    """That names what is wrong, and shows nothing of what was said."""
    with pytest.raises(BadMessage, match=r"^it said what is not understood: ") as raised:
        from_worker(said)
    assert "\n" not in str(raised.value)


def test_a_plan_of_another_version_is_one_sentence() -> None:
    """Whatever another version puts into it."""
    for plan in ("", "{}", "[" * 100_000, '{"format": 99}', 7, None):
        with pytest.raises(BadMessage) as raised:
            from_master({"kind": "plan", "plan": plan, "machine": "m"})
        assert "\n" not in str(raised.value)
        assert len(str(raised.value)) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from([*(message.kind for message in (*FROM_WORKER, *FROM_MASTER)), "plan", "begin", "?"])


@given(
    kind=KINDS, said=st.dictionaries(st.sampled_from(["seq", "at", "host", "reason", "plan", "sent_ns", "x\n\x1b[31m"]), JSON, max_size=5)
)
def test_whatever_comes_is_a_message_or_one_sentence(kind: str, said: dict[str, Any]) -> None:
    """From either side."""
    for read in (from_worker, from_master, crowd_figures):
        assert _sentence(lambda read=read: read({"kind": kind, **said})).isprintable()


def _sentence(read: Callable[[], object]) -> str:
    """What is said against it, empty where it is a message."""
    try:
        read()
    except BadMessage as error:
        return str(error)
    return ""


@pytest.mark.parametrize("words", ["\x1b[31mred", "one\ntwo", "nul\0", "\u202eevil", "x" * 100_000])
def test_another_machines_words_are_harmless_here(words: str) -> None:
    """No control characters, no line breaks, no end of it."""
    message = from_worker({"kind": "unfit", "reason": words})
    assert isinstance(message, Unfit)
    assert message.reason.isprintable()
    assert len(message.reason) <= 2000


def test_crowds_add_up() -> None:
    """Figure by figure."""
    one = CrowdFigures(customers=1, in_flight=2, connection_queue=3)
    assert one + crowd_figures({"customers": 10, "in_flight": 20, "connection_queue": 30}) == CrowdFigures(
        customers=11, in_flight=22, connection_queue=33
    )
