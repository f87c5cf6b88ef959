"""Check-ins and streaks."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from services_acts import check_in
from services_world import World, together


def test_services_streak_goes_by_the_calendar_of_shanghai(services: World) -> None:
    """A check-in of yesterday (Shanghai) is continued, one of the day before is not; once a day, from many devices at once."""
    name = services.campaign(redpacket={"pool_fen": 1000, "min_fen": 1, "max_fen": 50})
    fresh, steady, lapsed = services.people(3)
    for person, days, streak in ((steady, 1, 6), (lapsed, 2, 9)):
        row = f"'{name}', '{person.no}', campaign.today() - {days}, 'CK-{person.no}', 'k', {streak}, 'RP', now(), 'A'"
        services.database.sql(f"insert into campaign.checkins values ({row})")  # noqa: S608 - our own values
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    for person, streak in ((fresh, 1), (steady, 7), (lapsed, 1)):
        answers = together([lambda n=n, p=person: check_in(services, p, name, n % 2) for n in range(6)])
        assert Counter(code for code, _ in answers) == {"OK": 1, "ALREADY_CLAIMED": 5}
        assert {data["streak"] for _, data in answers} == {streak}
        assert {data["date"] for _, data in answers} <= {today, datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()}
        said = person.ask(services.campaigns[1], "GET", f"/v1/campaigns/{name}/streak")[1]["data"]
        assert (said["streak"], said["checked_in_today"]) == (streak, True)
