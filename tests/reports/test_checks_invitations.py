"""Friends bring one coupon to who invited them: more, fewer, for nobody or for the wrong one is named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads_back
from handmade_plan import T0_MS, UNKNOWN
from handmade_stories import said

from reports.finding import merge
from scenarios.target.effects import invited_terms


def invited(folder: Path) -> Story:
    """Customer 10 brings two friends, 20 brings three and 30 brings five; 20 and 30 have their coupon."""
    story = brief(folder)
    effect: dict[str, object] = {"business": "{customer}", "invited_by": "{inviter}"}
    maps(story, "invite.verify", "verifications", effect, "/verify/{inviter}", inviter="")
    reads_back(story, "coupons", "rewards", "kind", "customer", "amount_fen", "id", "at_ms")
    for host, friends in ((10, 2), (20, 3), (30, 5)):
        for number in range(friends):
            friend(story, host, host + 1 + number)
        if friends >= 3:
            coupon(story, host)
    return story


def friend(story: Story, host: int, customer: int, *, recorded_for: int | None = None, there: bool | None = None) -> None:
    """Somebody who was told that they count."""
    inviter = host if recorded_for is None else recorded_for
    at_s = 10 + customer / 10
    happens(story, "invite.verify", customer, customer, at_s, there=there, terms=invited_terms(host), inviter=inviter)


def coupon(story: Story, customer: int, fen: int = 5000) -> None:
    """What somebody got for it."""
    number = len(story.tables["coupons"])
    row = {"kind": "invite", "customer": customer, "amount_fen": fen, "id": f"C-{number}", "at_ms": T0_MS + 20_000 + number}
    story.tables["coupons"].append(dict(row))


def second_coupon(story: Story) -> None:
    """Third and fourth came at once, and each earned one."""
    coupon(story, 30)


def coupon_for_two(story: Story) -> None:
    """One friend short."""
    coupon(story, 10)


def no_coupon(story: Story) -> None:
    """Three friends, and nothing for them."""
    del story.tables["coupons"][0]


def less_than_promised(story: Story) -> None:
    """A coupon of another sum."""
    story.tables["coupons"][0]["amount_fen"] = 500


def own_friend(story: Story) -> None:
    """Somebody invites themselves."""
    friend(story, 40, 40)


def told_and_not_kept(story: Story) -> None:
    """Three were told that they count; the system knows of two, and says that this is why there is no coupon."""
    friend(story, 10, 19, there=False)


def friend_of_two(story: Story) -> None:
    """One friend, counted for two."""
    row = dict(story.tables["verifications"][0]) | {"inviter": 20, "key": "00000000-0000-8000-8000-000000000001", "id": "another"}
    story.tables["verifications"].append(row)


def for_stranger(story: Story) -> None:
    """A coupon for who invited nobody."""
    coupon(story, 77)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (second_coupon, "customer 30: 2 coupons for 5 friends"),
    (coupon_for_two, "customer 10: a coupon for 2 friends, 3 are needed"),
    (no_coupon, "customer 20: no coupon for 3 friends"),
    (less_than_promised, "customer 20: a coupon of 500 fen, 5000 are promised"),
    (own_friend, "customer 40 counts as their own friend"),
    (told_and_not_kept, "customer 10: no coupon for 3 friends"),
    (friend_of_two, "customer 11 counts as a friend 2 times: of 10, 20"),
    (for_stranger, "customer 77: a coupon for no friend, 3 are needed"),
]


def test_coupons_as_owed_pass(tmp_path: Path) -> None:
    """Told with friends, inviters and coupons."""
    found = said(invited(tmp_path / "run"))["invitations"]
    assert (found.status, found.measured) == ("PASS", 0), found
    assert found.detail == "10 friends of 3 inviters, 2 with 3 or more; 2 coupons; none not as owed"


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_coupons_otherwise_are_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The customer, and what is wrong."""
    story = invited(tmp_path / "run")
    defect(story)
    found = said(story)
    assert (found["invitations"].status, found["invitations"].measured) == ("FAIL", 1), found["invitations"]
    assert found["invitations"].evidence == (sentence,)
    assert merge(found.values()) == "FAIL"


def test_friend_counted_for_another_is_for_somebody_else_than_was_asked(tmp_path: Path) -> None:
    """Whom a friend named is in the customer's own record."""
    story = invited(tmp_path / "run")
    friend(story, 10, 50, recorded_for=30)
    found = said(story)
    assert found["parties"].status == "FAIL"
    assert "recorded with inviter 30" in found["parties"].evidence[0]
    assert found["invitations"].status == "FAIL"  # three friends told, by their own word, and no coupon


def test_first_worst_and_last_are_told(tmp_path: Path) -> None:
    """Of many."""
    story = invited(tmp_path / "run")
    for _ in range(3):
        coupon(story, 30)
    for customer in (60, 61, 62):
        coupon(story, customer)
    found = said(story)["invitations"]
    assert found.measured == 4
    assert [line.partition(":")[0] for line in found.evidence] == ["first and worst", "last", "… and 2 more"]


def test_coupons_that_are_spent_are_owed_to_nobody(tmp_path: Path) -> None:
    """One coupon in all, and one given."""
    story = invited(tmp_path / "run")
    story.scenario["campaign"] = {"invitation": {"coupons": 1}}
    no_coupon(story)
    assert said(story)["invitations"].status == "PASS"
    coupon(story, 20)
    story.folder = tmp_path / "more"
    assert "2 coupons of 1 that there are" in said(story)["invitations"].evidence[0]


def test_what_a_friend_does_not_know_is_resolved_by_the_read_back(tmp_path: Path) -> None:
    """No answer, and recorded: the friend counts, and the coupon is owed."""
    story = invited(tmp_path / "run")
    happens(story, "invite.verify", 13, 13, 12, UNKNOWN, there=True, terms=invited_terms(10), inviter=10)
    assert said(story)["invitations"].evidence == ("customer 10: no coupon for 3 friends",)
    coupon(story, 10)
    story.folder = tmp_path / "paid"
    assert said(story)["invitations"].status == "PASS"


def test_run_without_invitations_is_not_judged_by_them(tmp_path: Path) -> None:
    """A target that does not map them, and a run in which nobody came by one."""
    assert said(brief(tmp_path / "unmapped"))["invitations"].status == "SKIPPED"
    story = brief(tmp_path / "nobody")
    maps(story, "invite.verify", "verifications", {"business": "{customer}", "invited_by": "{inviter}"}, "/verify/{inviter}", inviter="")
    reads_back(story, "coupons", "rewards", "kind", "customer")
    found = said(story)["invitations"]
    assert (found.status, found.detail) == ("SKIPPED", "invitations is not judged: no customer of this run came by an invitation")


@pytest.mark.parametrize(("verified_s", "invited_s", "status"), [(3, 6, "FAIL"), (8, 6, "PASS"), (None, 6, "PASS"), (3, None, "PASS")])
def test_a_friend_who_was_known_does_not_count(tmp_path: Path, verified_s: float | None, invited_s: float | None, status: str) -> None:
    """By what the friend was told, and when: verified, and only then invited."""
    story = invited(tmp_path / "run")
    maps(story, "kyc.submit", "kyc", {"business": "{customer}"})
    maps(story, "invite.accept", "acceptances", {"business": "{customer}"})
    rule = {"newcomer": {"by": "kyc.submit", "since": "invite.accept"}}
    story.target["operations"]["invite.verify"]["effect"] |= rule  # type: ignore[index]  # a story's target is plain data
    for op, at_s, number in (("kyc.submit", verified_s, 700), ("invite.accept", invited_s, 701), ("kyc.submit", 9, 702)):
        if at_s is not None:
            happens(story, op, number, 21, at_s)
    found = said(story)["invitations"]
    assert found.status == status, found.evidence
    assert status == "PASS" or found.evidence == ("customer 20: friend 21 had been verified before they were invited",)
