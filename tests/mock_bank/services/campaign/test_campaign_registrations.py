"""Registration: by a code that was sent to the customer, theirs alone, good for minutes, and good once."""

from collections import Counter

import pytest
from services_acts import code_of, register
from services_world import World, new_key, together


def test_campaign_registers_once_by_the_code_that_was_sent(services: World) -> None:
    """From five devices at once; and the read-back says by which code."""
    name, (me,) = services.campaign(), services.people(1)
    code = code_of(services, me, name)
    told = together([lambda n=n: register(services, me, name, code, n % 2) for n in range(5)])
    assert Counter(told) == {"OK": 1, "ALREADY_REGISTERED": 4}
    (row,) = [row for row in services.campaigns[0].read_back("/v1/ops/registrations") if row["campaign_id"] == name]
    (sent,) = [row for row in services.campaigns[0].read_back("/v1/ops/sms-codes") if row["campaign_id"] == name]
    assert (row["customer_no"], row["code_id"]) == (me.no, sent["effect_id"])
    assert [call["did"] for call in services.supplier_calls(sent["effect_id"])] == [1]


def test_campaign_code_is_nobody_elses_unless_by_defect(services: World) -> None:
    """Whoever has seen it; and by the defect it is."""
    name, (me, other) = services.campaign(), services.people(2)
    code = code_of(services, me, name)
    assert register(services, other, name, code) == "WRONG_CODE"
    call = f"select code from campaign.register('{new_key()}', '', '{other.no}', '{name}', '{code}', 'A')"  # noqa: S608 - our own values
    switch = "select set_config('mock.code_of_anybody', 'on', true);"
    assert services.database.sql(f"begin; {switch} {call}; rollback").splitlines()[-1] == "OK"
    assert register(services, me, name, code) == "OK"


@pytest.mark.parametrize(
    "wears_out",
    [
        "update campaign.sms_codes set expires_at = now() where campaign_id = '{0}'",
        "update campaign.sms_codes set wrong = 4 where campaign_id = '{0}'",
    ],
    ids=["too-late", "guessed-five-times"],
)
def test_campaign_code_wears_out(services: World, wears_out: str) -> None:
    """By time, and by wrong ones that are shown in its place; a new one is sent and good."""
    name, (me,) = services.campaign(), services.people(1)
    code = code_of(services, me, name)
    services.database.sql(wears_out.format(name))
    assert register(services, me, name, f"{(int(code) + 1) % 10**6:06}") == "WRONG_CODE"
    assert register(services, me, name, code) == "WRONG_CODE"
    assert register(services, me, name, code_of(services, me, name)) == "OK"


def test_campaign_sends_no_code_where_none_is_wanted(services: World) -> None:
    """Five that are still good are enough; and who has registered needs none."""
    name, (me, other) = services.campaign(), services.people(2)
    body = {"campaign_id": name}
    asked = [other.ask(services.campaigns[n % 2], "POST", "/v1/registrations/codes", body, new_key())[1]["code"] for n in range(6)]
    assert Counter(asked) == {"OK": 5, "TOO_MANY_CODES": 1}
    assert register(services, me, name, code_of(services, me, name)) == "OK"
    key = new_key()
    assert me.ask(services.campaigns[0], "POST", "/v1/registrations/codes", body, key)[1]["code"] == "REGISTERED"
    assert services.supplier_calls(f"SC-{key}") == []


def test_campaign_code_that_cannot_be_sent_is_none(services: World) -> None:
    """Nothing was done, and the same key has it sent once the gateway is well again."""
    name, (me,), key = services.campaign(), services.people(1), new_key()
    services.turn("sms", errors=1.0)
    try:
        status, envelope = me.ask(services.campaigns[0], "POST", "/v1/registrations/codes", {"campaign_id": name}, key)
    finally:
        services.turn("sms", errors=None)
    assert (status, envelope["code"]) == (503, "SYSTEM_BUSY")
    assert me.ask(services.campaigns[1], "POST", "/v1/registrations/codes", {"campaign_id": name}, key)[1]["code"] == "OK"
    assert register(services, me, name, services.latest_message(me)) == "OK"
