"""What a scenario's campaign amounts to: its prizes, and the names under which a target's templates know it."""

from datetime import datetime, timedelta, timezone

from scenarios.plan.scenario import Prizes, Scenario
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
    campaign = scenario.campaign
    opens = t0 + timedelta(seconds=scenario.opens_s)
    closes = t0 + timedelta(seconds=scenario.lasts_s + scenario.drain + 600)
    return {
        "campaign.id": campaign.id,
        "campaign.activity": campaign.activity,
        "campaign.batch": campaign.batch,
        "campaign.start_at": (t0 - timedelta(seconds=300)).isoformat(timespec="milliseconds"),
        "campaign.end_at": closes.isoformat(timespec="milliseconds"),
        "campaign.opens_at": opens.isoformat(timespec="milliseconds"),
        "campaign.closes_at": closes.isoformat(timespec="milliseconds"),
        "campaign.per_customer": campaign.prizes.per_customer,
        "campaign.face_fen": campaign.prizes.face_fen,
        "campaign.pool_fen": campaign.red_packets.pool_fen,
        "campaign.least_fen": campaign.red_packets.least_fen,
        "campaign.most_fen": campaign.red_packets.most_fen,
    }


def prize_scopes(scenario: Scenario) -> list[Scope]:
    """For each prize the names that a step over prizes may use: sku, stock, face_fen."""
    prizes = scenario.campaign.prizes
    return [
        {"sku": sku, "stock": stock, "face_fen": prizes.face_fen}
        for sku, stock in zip(prize_names(prizes), stock_split(prizes), strict=True)
    ]
