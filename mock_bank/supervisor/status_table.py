"""The status as a table for eyes."""

from collections.abc import Mapping
from typing import cast

_Row = tuple[str, str, str, str, str]
_Json = Mapping[str, object]


def render(state: _Json) -> str:
    """Lay out what `world.state` returns."""
    topology = cast("_Json", state["topology"])
    head = "healthy" if state["healthy"] else f"NOT healthy: {state.get('reason')}"
    rows: list[_Row] = [("PART", "CENTRE", "STATE", "ADDRESS", "PID")]
    rows += [_database(database, state) for database in cast("list[_Json]", topology["databases"])]
    for gateway in cast("list[_Json]", topology["gateways"]):
        addresses = f"campaign {gateway['campaign']}, bank {gateway['bank']}"
        rows.append((str(gateway["name"]), str(gateway["datacentre"]), "up" if gateway["pid"] else "DOWN", addresses, _pid(gateway)))
    suppliers = cast("_Json", topology["suppliers"])
    rows.append(("suppliers", "-", "up" if suppliers["pid"] else "DOWN", str(suppliers["url"]), _pid(suppliers)))
    health = cast("Mapping[str, Mapping[str, bool]]", state["nodes"])
    rows += [_node(node, health[str(node["name"])]) for node in cast("list[_Json]", topology["nodes"])]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"{head}  (durability {topology['durability']}, {topology['dir']})", "", *lines])


def _pid(part: _Json) -> str:
    return str(part["pid"] or "-")


def _database(database: _Json, state: _Json) -> _Row:
    name = str(database["name"])
    if not database["pid"]:
        told = "DOWN"
    elif name == state["primary"]:
        told = "primary"
    elif name == state["standby"]:
        told = "standby, synchronous" if state["synchronous"] else "standby"
    else:
        told = "standby, NOT following"
    return name, str(database["datacentre"]), told, f"{database['host']}:{database['port']}", _pid(database)


def _node(node: _Json, health: Mapping[str, bool]) -> _Row:
    told = "serving" if health["serving"] else "up, NOT serving" if health["alive"] else "DOWN"
    return str(node["name"]), str(node["datacentre"]), told, str(node["url"]), _pid(node)
