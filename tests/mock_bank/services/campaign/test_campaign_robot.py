"""The robot: more than two hundred entries, found by likeness."""

import pytest
from services_world import World, new_key

from locustfiles.crowd.enquiries import TOPICS, phrase
from mock_bank.services.campaign.robot.book import BOOK
from mock_bank.services.campaign.robot.likeness import Likeness
from mock_bank.services.campaign.robot.operations import found


def test_campaign_robots_book_has_two_hundred_entries_that_answer_themselves() -> None:
    """Each of their own questions leads to them."""
    assert len(BOOK) == len({entry.id for entry in BOOK}) >= 200
    assert [entry.id for entry in BOOK for question in entry.questions if found(question) is not entry] == []


def test_campaign_robot_understands_customers_own_words() -> None:
    """Nine in ten of what the crowd asks, all things and all phrases alike; the crowd's topics are those of the book."""
    asked = [(topic, phrase(topic, (place + 0.5) / 8)) for topic in TOPICS for place in range(8)]
    right = sum((entry := found(text)) is not None and entry.id == topic for topic, text in asked)
    assert set(TOPICS) == {entry.id for entry in BOOK}
    assert right / len(asked) >= 0.9


@pytest.mark.parametrize("text", ["hello", "今天天气真好", "?!", "ﷺ", "\U0001f600"])
def test_campaign_robot_does_not_guess(text: str) -> None:
    """Nothing in its book is like it."""
    assert found(text) is None


def test_campaign_likeness_is_one_for_the_same_and_nothing_for_the_other() -> None:
    """And rare pairs weigh more than what all have."""
    index = Likeness(["红包怎么领", "红包过期了", "积分过期了"])
    assert index.best("红包怎么领") == (0, pytest.approx(1))
    assert index.best("xyz") == (-1, 0.0)
    assert index.best("积分")[0] == 2


def test_campaign_contact_says_what_it_was_taken_for_and_keeps_no_words(services: World) -> None:
    """Its intent is read back, the text is not; what is not known is open."""
    name = services.campaign()
    (me,) = services.people(1)
    ask = lambda text: me.ask(services.campaigns[0], "POST", "/v1/robot/messages", {"campaign_id": name, "text": text}, new_key())[1]  # noqa: E731 - a phrase
    assert ask("你好,积分多久到账")["data"]["intent"] == "points.when"
    unknown = ask("今天天气真好")["data"]
    assert (unknown["intent"], unknown["answer"], unknown["resolved"]) == (None, None, False)
    rows = [row for row in services.campaigns[1].read_back("/v1/ops/contacts") if row["campaign_id"] == name]
    assert sorted(row["state"] for row in rows) == ["OPEN", "RESOLVED"]
    assert "天气" not in str(rows)
