"""The folder that a large run would have left, written by arrays: a flash sale, transfers and check-ins through the loss of the primary."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from scenarios.plan.campaign import prize_names
from scenarios.plan.scenario import Scenario
from scenarios.plugins import load_scenario, load_target
from scenarios.run.event_kinds import KINDS, LoadSealed
from scenarios.run.folder import Plan, Run, create_run, fix_t0
from scenarios.run.outcomes import Outcome, Promise
from scenarios.run.records import (
    ACK,
    FLAG_FINAL,
    FLAG_PULSE,
    MARK_DONE,
    NO_AMOUNT,
    SAMPLE,
    STREAM_PULSE,
    Records,
    answer_digest,
)
from scenarios.run.run_seal import seal_run
from scenarios.run.seals import seal_records

LASTS_S, ZERO_S, DOWN_S = 600.0, 300.0, 1.0
CUSTOMERS, OPENING_FEN, FACE_FEN, TRANSFER_FEN = 50_000, 1_000_000, 5000, 100
SHARES = {"transfer.submit": 0.5, "claim.submit": 0.3, "checkin.post": 0.2}  # of the effects
READS = ("account.balance", "campaign.get", "zone.get", "stock.get")
PULSE = (("account.balance", 50), ("transfer.submit", 50))
_KEY_HI = 0x751FAE5ACF098563


def big_run(folder: Path, samples: int, effects: int) -> Run:
    """Writes it under `folder`: so many samples, of which so many are of effects and have their ack."""
    run, plan = create_run(_scenario(effects), load_target("embedded"), seed=1, workers=1, out=folder)
    plan = fix_t0(run, plan, lead_s=0)
    draw = np.random.default_rng(1)
    made = np.concatenate([_effects(plan, effects, draw), *_pulse(plan), _reads(plan, samples - effects, draw)])
    acks = _acks(plan, made, draw)
    made[np.argsort(made["intended_ns"], kind="stable")].tofile(run.samples_folder / "load-0.bin")
    acks.tofile(run.acks_folder / "load-0.bin")
    _read_back(run, plan, acks)
    _events(run, plan, len(made))
    return run


def _scenario(effects: int) -> Scenario:
    plain = load_scenario("flash-sale").model_dump()
    stock = round(effects * SHARES["claim.submit"] / 2)
    plain |= {
        "population": {"customers": CUSTOMERS, "opening_balance_fen": OPENING_FEN},
        "phases": [{"name": "peak", "lasts": LASTS_S, "arrivals": 300}],
        "campaign": {"prizes": {"skus": 1, "stock": stock, "per_customer": -(-stock // CUSTOMERS), "face_fen": FACE_FEN}},
        "drills": [{"drill": "primary-kill", "at": f"{ZERO_S:g} s", "deadline": 12, "window": 10}],
        "gates": ["p99 of claim.submit <= 1 s in peak", "error ratio <= 1 %", "rto of primary-kill <= 10 s", "rpo of primary-kill == 0"],
        "waive": [
            {"check": "idempotency", "reason": "a run made of arrays sends no key twice"},
            {"check": "witness", "reason": "a run made of arrays has nobody left to ask"},
        ],
    }
    return Scenario.model_validate(plain)


def _sample(plan: Plan, name: str, intended_s: Any, ids: Any, service_us: Any) -> Records:
    made = np.zeros(len(intended_s), SAMPLE)
    made["intended_ns"] = np.round(np.asarray(intended_s) * 1e9)
    made["operation_id"], made["operation_index"] = ids, plan.operations.index(name)
    made["dispatch_us"], made["service_us"], made["status"], made["size"] = 80, service_us, 200, 300
    made["outcome"], made["attempt"], made["flags"], made["mark"] = Outcome.SUCCESS, 1, FLAG_FINAL, MARK_DONE
    return made


def _effects(plan: Plan, count: int, draw: np.random.Generator) -> Records:
    parts, begun = [], 1 << 40
    for name, share in SHARES.items():
        mine = round(count * share)
        ids = (np.arange(begun, begun + mine, dtype=np.uint64)) << np.uint64(16)
        parts.append(_sample(plan, name, np.sort(draw.uniform(0, LASTS_S, mine)), ids, draw.gamma(4, 1500, mine)))
        begun += mine
    claims = parts[1]
    claims["outcome"][len(claims) // 2 :] = Outcome.REFUSAL  # the stock is gone in the middle
    claims["status"][len(claims) // 2 :] = 409
    return np.concatenate(parts)


def _reads(plan: Plan, count: int, draw: np.random.Generator) -> Records:
    parts = zip(READS, np.array_split(np.arange(1 << 30, (1 << 30) + count, dtype=np.uint64) << np.uint64(16), len(READS)), strict=True)
    return np.concatenate(
        [_sample(plan, name, draw.uniform(0, LASTS_S, len(ids)), ids, draw.gamma(3, 800, len(ids))) for name, ids in parts]
    )


def _pulse(plan: Plan) -> list[Records]:
    """Each path at its rate; nothing of it is answered while the primary is gone."""
    parts = []
    for place, (name, rate) in enumerate(PULSE):
        at_s = np.arange(0, LASTS_S, 1 / rate)
        ids = (np.arange(len(at_s), dtype=np.uint64) + np.uint64((place + 1) << 36)) << np.uint64(16) | np.uint64(STREAM_PULSE << 60)
        down = (at_s >= ZERO_S) & (at_s < ZERO_S + DOWN_S)
        made = _sample(plan, name, at_s, ids, 3000)
        made["flags"] |= FLAG_PULSE
        made["outcome"][down], made["status"][down] = Outcome.UNKNOWN if name == "transfer.submit" else Outcome.FAILURE, 500
        parts.append(made)
    return parts


def _acks(plan: Plan, samples: Records, draw: np.random.Generator) -> Records:
    """One for each sample of an effect."""
    effectful = [plan.operations.index(name) for name in SHARES]
    mine = samples[np.isin(samples["operation_index"], effectful)]
    acks = np.zeros(len(mine), ACK)
    for name in ("operation_id", "intended_ns", "operation_index", "status", "attempt", "outcome", "mark"):
        acks[name] = mine[name]
    acks["key_hi"], acks["key_lo"] = _KEY_HI, np.arange(len(mine), dtype=np.uint64) | np.uint64(1 << 63)
    acks["sent_ns"] = mine["intended_ns"] + 80_000
    acks["done_ns"] = acks["sent_ns"] + mine["service_us"].astype(np.int64) * 1000
    success = mine["outcome"] == Outcome.SUCCESS
    acks["promise"] = np.where(success, Promise.EFFECTED, 0)
    fen = {"transfer.submit": TRANSFER_FEN, "claim.submit": FACE_FEN, "checkin.post": NO_AMOUNT}
    acks["asked_fen"] = [fen[plan.operations[index]] for index in mine["operation_index"].tolist()]
    acks["shown_fen"] = np.where(success, acks["asked_fen"], NO_AMOUNT)
    acks["customer"] = np.arange(len(mine)) % CUSTOMERS
    acks["site"] = draw.choice([b"A", b"B"], len(mine))
    claims = np.flatnonzero(acks["operation_index"] == plan.operations.index("claim.submit"))
    acks["customer"][claims] = CUSTOMERS + np.arange(len(claims))  # each comes once
    acks["business"] = [_business(plan, ack).encode() for ack in acks]
    acks["answer"] = [answer_digest(_effect_id(key)) if won else 0 for key, won in zip(acks["key_lo"].tolist(), success, strict=True)]
    return acks


def _key(low: int) -> str:
    text = f"{_KEY_HI << 64 | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _effect_id(low: int) -> str:
    return f"E-{_key(low)}"


def _business(plan: Plan, ack: Any) -> str:
    name, customer = plan.operations[int(ack["operation_index"])], int(ack["customer"])
    kinds = {"transfer.submit": f"t:{_key(int(ack['key_lo']))}", "claim.submit": f"{customer}:flash:batch-1"}
    return kinds.get(name) or f"{customer}:check-in:{int(ack['key_lo']) & 0xFFFFFF}"


def _events(run: Run, plan: Plan, offered: int) -> None:
    t0_ns, second = plan.t0_monotonic_ns, 1_000_000_000
    writers = {name: run.event_writer(name, t0_ns) for name in ("door", "load-0", "watchdog", "system")}

    def tell(by: str, at_s: float, kind: str, **facts: object) -> None:
        writers[by].write(KINDS[kind].model_validate(facts), t0_ns + round(at_s * second))

    tell("door", -5, "run.started", seed=1, workers=1, t0=plan.t0_wall, plan_seal=run.plan_seal)
    tell("load-0", -2, "load.ready", arrivals=offered, late_s=0.0)
    figures = {"cpu_share": 0.3, "lag_ms": 0.1, "lag_max_ms": 0.2, "stall_ms": 3.0, "gc_ms": 0.0, "wall_step_ms": 0.0, "slept_ms": 0.0}
    for at_s in range(1, int(LASTS_S)):
        tell("load-0", at_s, "load.health", in_flight=3, customers=9, connection_queue=0, run_delay_share=0.01, **figures)
    who = {"fault": "primary-kill", "drill": "primary-kill", "lease": "1"}
    tell("watchdog", ZERO_S, "fault.injecting", **who, target="db-a")
    tell("watchdog", ZERO_S + 0.05, "fault.effective", **who, evidence="gone")
    for kind, after_s in (("detected", 0.1), ("promoting", 0.2), ("promoted", 0.8)):
        tell("system", ZERO_S + after_s, f"system.{kind}", source="target", detail=kind)
    tell("watchdog", LASTS_S + 2, "fault.undone", **who)
    tell("system", LASTS_S + 2.5, "system.redundant", source="target", detail="redundant")
    tell("watchdog", LASTS_S + 3, "fault.healed", **who, evidence="the target is whole")
    ended = {
        "offered": offered,
        "sent": offered,
        "not_sent": 0,
        "unsent": 0,
        "arrivals": offered,
        "cancelled": 0,
        "late_s": 0.0,
        "cpu_s": 180.0,
    }
    tell("load-0", LASTS_S + 1, "load.finished", **ended)
    tell("door", LASTS_S + 1, "run.drained")
    tell("door", LASTS_S + 4, "run.ended", reason="complete")
    sealed = {f"{path.parent.name}/{path.name}": seal_records(path, size) for path, size in _record_files(run)}
    writers["load-0"].write(LoadSealed(files=sealed, sent=offered), t0_ns + round((LASTS_S + 1) * second))
    for name in ("load-0", "watchdog", "system"):
        writers[name].close()
    writers["door"].write(seal_run(run, "door"), t0_ns + round((LASTS_S + 5) * second))
    writers["door"].close()


def _record_files(run: Run) -> list[tuple[Path, int]]:
    return [(run.samples_folder / "load-0.bin", SAMPLE.itemsize), (run.acks_folder / "load-0.bin", ACK.itemsize)]


def _read_back(run: Run, plan: Plan, acks: Records) -> None:
    """What the system would say of it: every acknowledged effect, its postings, the stock, the balances."""
    t0_ms = datetime.fromisoformat(plan.t0_wall).timestamp() * 1000
    done = acks[acks["outcome"] == Outcome.SUCCESS]
    names = [plan.operations[index] for index in done["operation_index"].tolist()]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SHARES}
    for name, ack in zip(names, done, strict=True):
        key, at_ms = int(ack["key_lo"]), round(t0_ms + int(ack["done_ns"]) / 1e6)
        row = {"op": name, "key": _key(key), "customer": int(ack["customer"]), "state": "DONE", "id": _effect_id(key), "at_ms": at_ms}
        row |= {"site": "A", "business": ack["business"].decode(), "final": True}
        rows[name].append(row | ({} if name == "checkin.post" else {"amount_fen": int(ack["shown_fen"])}))
    (prize,) = prize_names(plan.scenario.campaign.prizes)
    claims = [row | {"item": prize, "batch": "batch-1", "window": "flash"} for row in rows["claim.submit"]]
    stock, cap = plan.scenario.campaign.prizes.stock, plan.scenario.campaign.prizes.per_customer
    balances = dict.fromkeys((f"AC-{number}" for number in range(CUSTOMERS)), OPENING_FEN)
    ledger = [_entry(f"OB-{account}", account, 0, OPENING_FEN) for account in balances]
    ledger.append(_entry("OB-all", "GL-OPENING", OPENING_FEN * CUSTOMERS, 0))
    for row in rows["transfer.submit"]:
        payer, payee = f"AC-{row['customer']}", f"AC-{(row['customer'] + 1) % CUSTOMERS}"
        ledger += [_entry(row["id"], payer, TRANSFER_FEN, 0), _entry(row["id"], payee, 0, TRANSFER_FEN)]
    ledger[: CUSTOMERS + 1] = [entry | {"txn": "OB"} for entry in ledger[: CUSTOMERS + 1]]
    for entry in ledger[CUSTOMERS + 1 :]:
        balances[entry["account"]] += entry["credit_fen"] - entry["debit_fen"]
    accounts = [{"account": name, "owner": name[3:], "balance_fen": fen} for name, fen in balances.items()]
    accounts.append({"account": "GL-OPENING", "owner": None, "balance_fen": -OPENING_FEN * CUSTOMERS})
    opens_s, closes_s = plan.scenario.opens_s, plan.scenario.ends_s
    window = {"window": "flash", "opens_ms": round(t0_ms + opens_s * 1000), "closes_ms": round(t0_ms + closes_s * 1000), "cap": cap}
    granted = {"item": prize, "batch": "batch-1", "window": "flash", "initial": stock, "replenished": 0, "granted": len(claims)}
    tables = {
        "grants": claims,
        "transfers": rows["transfer.submit"],
        "checkins": rows["checkin.post"],
        "ledger": ledger,
        "accounts": accounts,
        "stock": [granted | {"remaining": stock - len(claims)}],
        "windows": [window],
        "audit": [{"actor": "operator", "action": "campaign.create", "target": plan.scenario.campaign.id, "at_ms": round(t0_ms) - 5000}],
    }
    readback = plan.target.readback
    manifest = {}
    for name, source in readback.tables.items() if readback else ():
        lines = b"".join(orjson.dumps(row) + b"\n" for row in tables.get(name, []))
        (run.readback_folder / f"{name}.jsonl").write_bytes(lines)
        manifest[name] = {
            "role": source.role,
            "rows": len(tables.get(name, [])),
            "sha256": sha256(lines).hexdigest(),
            "complete": True,
            "reason": "",
        }
    (run.readback_folder / "manifest.json").write_bytes(orjson.dumps({"tables": manifest}))


def _entry(txn: str, account: str, debit_fen: int, credit_fen: int) -> dict[str, Any]:
    return {"txn": txn, "account": account, "debit_fen": debit_fen, "credit_fen": credit_fen, "at_ms": 0}
