"""The suite itself: what is made once for many tests is made once, however many processes run them."""

import pytest


def test_tests_that_share_what_is_made_once_are_kept_in_one_process(request: pytest.FixtureRequest) -> None:
    """The group stands behind a test's name, where alone whoever hands out the tests looks for it."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("nobody hands out tests by their groups: this is not --dist loadgroup")
    grouped = [item for item in request.session.items if item.get_closest_marker("xdist_group")]
    assert grouped
    assert [item.nodeid for item in grouped if not item.nodeid.endswith(f"@{item.get_closest_marker('xdist_group').args[0]}")] == []
