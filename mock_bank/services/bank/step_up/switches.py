"""The switches of proofs and challenges."""

from mock_bank.services.kit.switches import Switch

CHALLENGES_SKIPPED = Switch("challenges_skipped", "a large transfer goes through without a challenge")
NEW_DEVICES_TRUSTED = Switch("new_devices_trusted", "a telephone that nobody knows needs no challenge")
ASSERTIONS_UNCHECKED = Switch("assertions_unchecked", "whatever is shown as a telephone's signature is taken for one")
ANSWERS_USED_AGAIN = Switch(
    "answers_used_again", "an answered challenge lets through any transfer of its customer's, as often as they like"
)
ANSWERS_NEVER_EXPIRE = Switch("answers_never_expire", "an answered challenge is good for ever")
