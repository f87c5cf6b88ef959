"""What a scenario's campaign amounts to: its prizes, and the names under which a target's templates know it."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from scenarios.errors import BadInput
from scenarios.plan.campaign_model import Campaign, Prizes, Restocking
from scenarios.plan.scenario import Scenario
from scenarios.target.templates import Scope

SHANGHAI = timezone(timedelta(hours=8))
"""The bank's calendar; China has one zone, and no summer time."""


def prize_names(prizes: Prizes) -> list[str]:
    """SKUs, the most wanted first."""
    width = len(str(prizes.skus))
    return [f"sku-{number:0{width}d}" for number in range(1, prizes.skus + 1)]


def zipf(count: int, exponent: float) -> list[float]:
    """The share of each of so many ranks, the first the greatest: Zipf's law, rank^-exponent, normalised."""
    weights = [rank**-exponent for rank in range(1, count + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


def popularity(prizes: Prizes) -> list[float]:
    """Share of the crowd that wants each prize."""
    return zipf(prizes.skus, prizes.zipf)


def stock_split(prizes: Prizes) -> list[int]:
    """The stock of each prize: as popular, so sold out alike; at least one each while there is enough, and the sum exact."""
    shares = popularity(prizes)
    split = [int(share * prizes.stock) for share in shares]
    order = sorted(range(len(split)), key=lambda rank: split[rank] - shares[rank] * prizes.stock)
    for rank in order[: prizes.stock - sum(split)]:
        split[rank] += 1
    return split


def campaign_date(t0_wall: str) -> str:
    """The day on which a run's T0 lies, by the bank's calendar; `t0_wall` is ISO-8601 with its zone."""
    return datetime.fromisoformat(t0_wall).astimezone(SHANGHAI).date().isoformat()


def campaign_statics(scenario: Scenario, t0: datetime) -> dict[str, str | int]:
    """The scope `campaign.*` of a run whose T0 is known. Times are ISO-8601 with zone; the campaign outlives the load and the drain."""
    return {f"campaign.{name}": value for name, value in (_moments(scenario, t0) | _figures(scenario.campaign)).items()}


def _moments(scenario: Scenario, t0: datetime) -> dict[str, str | int]:
    """When what is planned begins and ends."""
    double = scenario.campaign.points.double
    double_from_s, double_until_s = scenario.span(double) if double else (0.0, 0.0)
    free_from_s, free_until_s = scenario.privilege_s
    since_t0_s = {
        "start_at": -300.0,
        "end_at": scenario.lasts_s + scenario.drain + 600,
        "opens_at": scenario.opens_s,
        "closes_at": scenario.ends_s,
        "double_from": double_from_s,
        "double_until": double_until_s,
        "rules_change_at": scenario.rules_change_s,
        "remit_free_from": free_from_s,
        "remit_free_until": free_until_s,
        "team_ends_at": scenario.contest_ends_s,
    }
    return {name: (t0 + timedelta(seconds=at_s)).isoformat(timespec="milliseconds") for name, at_s in since_t0_s.items()}


def _figures(campaign: Campaign) -> dict[str, str | int]:
    """Names, sums, counts and caps."""
    lottery: dict[str, str | int] = {
        f"{name}_{what}": figure
        for name, prize in campaign.lottery.prizes.items()
        for what, figure in (("ppm", prize.ppm), ("stock", prize.stock), ("fen", prize.face_fen))
    }
    return lottery | {
        "id": campaign.id,
        "activity": campaign.activity,
        "batch": campaign.batch,
        "per_customer": campaign.prizes.per_customer,
        "face_fen": campaign.prizes.face_fen,
        "pool_fen": campaign.red_packets.pool_fen,
        "least_fen": campaign.red_packets.least_fen,
        "most_fen": campaign.red_packets.most_fen,
        "agents": campaign.desk.agents,
        "handle_ms": round(campaign.desk.handle_s * 1000),
        "hotline_agents": campaign.desk.hotline,
        "video_agents": campaign.desk.video,
        "call_ms": round(campaign.desk.call_s * 1000),
        "first_bind_fen": campaign.budgets.first_bind.fen,
        "first_bind_face_fen": campaign.budgets.first_bind.face_fen,
        "compensation_fen": campaign.budgets.compensation.fen,
        "compensation_face_fen": campaign.budgets.compensation.face_fen,
        "reserve_fen": campaign.budgets.reserve_fen,
        "community_fen": campaign.budgets.community_fen,
        "points_price": campaign.points.price,
        "credit_fen": campaign.points.credit_fen,
        "bundle_fen": campaign.bundle.face_fen,
        "bundle_coupons": campaign.bundle.coupons,
        "adviser_slots": campaign.advisers.slots,
        "vip_slots": campaign.advisers.vip_slots,
        "remit_fee_fen": campaign.privilege.fee_fen,
        "remit_free": campaign.privilege.free,
        "popups_per_day": campaign.popup.per_day,
        "carbon_points": campaign.carbon.points,
        "carbon_per_day": campaign.carbon.per_day,
        "letters": campaign.inbox.letters,
        "pushes_per_day": campaign.inbox.push_per_day,
        "team_size": campaign.team.size,
        "team_prize_fen": campaign.team.prize_fen if campaign.team.ends else 0,
        "invite_friends": campaign.invitation.friends,
        "invite_coupon_fen": campaign.invitation.coupon_fen,
        "invite_coupons": campaign.invitation.coupons,
        "kill_switch": campaign.kill_switch,
    }


def item_names(prizes: Prizes, items: Mapping[str, str]) -> list[str]:
    """The prizes as the target calls them, the most wanted first; `items` are its names for ours, where it has its own.

    Raises:
        BadInput: it has none for one of ours.
    """
    ours = prize_names(prizes)
    if items and (missing := [sku for sku in ours if sku not in items]):
        raise BadInput(f"the target's items lack {missing[0]}, one of the scenario's {len(ours)} prizes; there are: {', '.join(items)}")
    return [items.get(sku, sku) for sku in ours]


def prize_scopes(scenario: Scenario, items: Mapping[str, str]) -> list[Scope]:
    """For each prize the names that a step over prizes may use: sku (as the target calls it), stock, face_fen, and how more is ordered.

    Raises as `item_names`.
    """
    prizes = scenario.campaign.prizes
    return [
        {"sku": sku, "stock": stock, "face_fen": prizes.face_fen} | _restocked(prizes.restock, ordered=rank < prizes.restock.skus)
        for rank, (sku, stock) in enumerate(zip(item_names(prizes, items), stock_split(prizes), strict=True))
    ]


def _restocked(plan: Restocking, *, ordered: bool) -> dict[str, object]:
    figures = {"units": plan.units, "most": plan.most, "lead_ms": round(plan.lead_s * 1000)}
    return {f"restock_{name}": figure if ordered else 0 for name, figure in figures.items()}
