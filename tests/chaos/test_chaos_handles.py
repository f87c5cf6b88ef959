"""Handles: found by their folder, made from the address that the target's file gives them, each keeping the contract of its kind."""

import socket
from pathlib import Path
from typing import cast

import pytest

from chaos.errors import NoTarget, OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.supervisor import Supervisor
from chaos.target_handles import Handles, check_handles
from scenarios.errors import BadInput
from scenarios.plugins import HANDLE, PATH_VARIABLE, classes, load_target, module, modules, plugin_class
from scenarios.target.model import Target

KINDS = [cast("type[Handle]", plugin_class(HANDLE, each)) for _, each in modules(HANDLE) if classes(HANDLE, each)]

OWN = '''"""Feature flags."""
from chaos.handles.handle import Handle

class FeatureFlags(Handle):
    """Flags."""
    def __init__(self, address): self.address = address
    def probe(self): pass
'''


def target(**handles: str) -> Target:
    """A target with these handles."""
    tree = {"name": "small", "describe": "d", "services": {"s": {"base": "http://127.0.0.1:1"}}, "handles": handles}
    return Target.model_validate(tree | {"operations": {"a.read": {"service": "s", "path": "/"}}})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind())
def test_every_handle_keeps_the_contract(kind: type[Handle]) -> None:
    """Named as its file; where nobody listens its probe says so in bounded time, with nothing but OutOfReach."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    handles = Handles.of(target(**{kind.kind(): address}), {})
    with pytest.raises(OutOfReach, match="no connection"):
        handles.handle(kind).probe()
    with pytest.raises(NoTarget, match=f"the target has no handle '{kind.kind()}'"):
        Handles().handle(kind)
    with pytest.raises(OutOfReach, match="loopback only"):
        kind("http://192.0.2.1:1").probe()  # type: ignore[call-arg]  # a handle is made from its address


def test_a_users_own_handle_is_reached_by_the_name_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the address of the target's file, its placeholders filled; underscores are hyphens."""
    path = tmp_path / "chaos" / "handles" / "feature_flags.py"
    path.parent.mkdir(parents=True)
    path.write_text(OWN)
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    named = target(feature_flags="http://{host}/flags")
    check_handles(named)
    kind = module(HANDLE, "feature-flags").FeatureFlags
    assert Handles.of(named, {"host": "127.0.0.1"}).handle(kind).address == "http://127.0.0.1/flags"
    path.write_text(OWN.replace("(self, address)", "(self)"))
    monkeypatch.setenv(PATH_VARIABLE, "")
    check_handles(load_target("embedded"))
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    with pytest.raises(BadInput, match=r"feature_flags.py:4: FeatureFlags must be made from \(address\) alone"):
        check_handles(named)


def test_a_handle_that_there_is_not_is_named() -> None:
    """Before anything is started; a mistyped one would else be found in mid-drill."""
    with pytest.raises(BadInput, match=r"target small: there is no handle 'proxi_api'; did you mean 'proxy_api'\? there are: proxy_api, "):
        check_handles(target(proxi_api="http://127.0.0.1:1"))
    check_handles(load_target("embedded"))
    assert Supervisor.kind() == "supervisor"
