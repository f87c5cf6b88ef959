"""A target file alone is tried before any load, and what is missing is named."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hosting import SECRETS, Hosted, hosted

from scenarios.errors import BadInput
from scenarios.own_code import ALLOW_CODE_VARIABLE
from scenarios.plan.operator_file import load_operator
from scenarios.plugins import PROJECT, load_target
from scenarios.target.operation_codec import compile_target
from scenarios.target.toolkit import Toolkit
from stormdrill.commands.target import write_starter

SCOPE = {f"secret.{name}": value for name, value in SECRETS.items()}


@pytest.fixture(scope="module")
def lanting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """A real service whose operator allows it, and whose answers repeat its secrets."""
    with hosted(tmp_path_factory.mktemp("lanting"), "--leaky") as running:
        running.operator(hosts=["127.0.0.1"])
        yield running


def test_each_operation_is_asked_once_and_told(lanting: Hosted) -> None:
    """Request, answer, extraction, outcome, read-back; and no secret, though the service shouts them."""
    told = lanting.call(*lanting.documented("target check lanting"))
    assert told.returncode == 0, told.stdout + told.stderr
    for name in lanting.target().operations:
        assert f"  {name}\n" in told.stdout, name
    for line in (
        "success (accepted: its end is still to come)",
        "state = GRANTED  coupon_code = V",
        "shows 5000 fen",
        "grants (effects): 1 rows",
        "flash-sale: can be played",
        "nothing is wrong:",
        "echoes the mark X-Channel-Mark: STORM",
    ):
        assert line in told.stdout, line
    assert "[redacted]" in told.stdout
    for secret in SECRETS.values():
        assert secret not in told.stdout + told.stderr
        assert json.dumps(secret)[1:-1] not in told.stdout + told.stderr


MISTAKES = [
    ("account: $.result.acct", "account: $.result.account", "session.create: extract account: there is nothing at $.result.account"),
    ("success: $.head.code in ['0000', '0001']", "success: $.head.code == '0000'", "claim.submit: failure instead of success (HTTP 200)"),
    ("final: [OPENED]", "final: [FINISHED]", "redpacket.open: its effect stays in the state 'OPENED'"),
    ('business: "{coupon}"', 'business: "{key}"', "coupon.redeem: its business key is 'V"),
    ("item: $.code, batch", "key: $.requestNo, item: $.code, batch", "claim.submit: its effect is not in the read-back under its key"),
    ("path: /mkt/vouchers.do", "path: /mkt/coupons.do", "coupon.list: failure instead of success"),
    ("amount_fen: $.worth|fen", "amount_fen: $.value|fen", "read-back grants: its first row has no amount_fen at $.value|fen"),
    ("account: $.acct, owner: $.owner, bal", "account: $.acct, bal", "read-back accounts: HOUSE-CASH holds -"),
    ("item: $.code, left", "item: $.sku, left", "stock.get: shows: the list at $.result.prizes tells what is left of batch batch-1 of"),
    ("  rank.list:", "  rank.top:", "zone-page: cannot be played, the target has no rank.list"),
]


def test_every_mistake_of_a_file_is_named_at_once(lanting: Hosted) -> None:
    """All in one go, each with the operation and the place; exit code 1 (a journey that cannot be played is no mistake)."""
    wrong = [mistake for mistake in MISTAKES if "success:" not in mistake[0]]
    told = lanting.call("target", "check", str(lanting.file(*((old, new) for old, new, _ in wrong), name="wrong")))
    assert told.returncode == 1, told.stdout + told.stderr
    for old, _new, says in wrong:
        assert says in told.stdout, f"{old}: {says}\n{told.stdout}"
    assert "things to mend" in told.stdout


BONUS = """
  {name}:
    service: lanting
    method: POST
    path: /mkt/sign-in/bonus.do
    body: {{days: {days}}}
    effect: {{business: "{{customer}}:bonus", id: $.result.no}}
  session.create:"""
BONUSES = """
    bonuses:
      role: effects
      path: /ops/query.do
      body: {table: bonuses, pageNo: "{page}", pageSize: "{size}"}
      fields: {op: "'a-bonus.take'"}
      business: "{customer}:bonus"
    audit:"""


def test_what_only_an_order_makes_possible_is_asked_again_and_else_no_fault(lanting: Hosted) -> None:
    """A bonus for who has signed in is refused before that and then granted; one for a week of it is not shown, and that is said."""
    week = BONUS.format(name="a-week.take", days=7).removesuffix("\n  session.create:")
    file = lanting.file(
        ("\n  session.create:", week + BONUS.format(name="a-bonus.take", days=1)), ("\n    audit:", BONUSES), name="in-order"
    )
    told = lanting.call("target", "check", str(file))
    assert told.returncode == 0, told.stdout + told.stderr
    before, again, after = told.stdout.partition("once more, now that others have been asked: a-bonus.take, a-week.take")
    assert again
    assert before.count("  a-bonus.take\n") == after.count("  a-bonus.take\n") == 1
    assert "a-week.take is not shown by itself: it is refused (HTTP 200), for its turn has not come or is over" in after
    assert "bonuses (effects): 1 rows" in after
    assert re.search(r"nothing is wrong: \d+ requests, each understood; not shown by themselves: a-week\.take\n", after)


def test_names_that_nobody_tells_are_refused_before_any_request(lanting: Hosted) -> None:
    """With file and line, and the lines of all others of that kind; by `check` and `try` alike."""
    file = lanting.file(("extract: {transfer_id: $.result.no,", "extract: {"), ('{code: "{sku}"', '{code: "{skuu}"'), name="untold")
    lines = file.read_text().splitlines()
    first, *others = (
        at + 1 for at, line in enumerate(lines) if "{transfer_id}" in line or "{skuu}" in line or "effect: transfer_id" in line
    )
    for command in (("target", "check", str(file)), ("try", "ordinary-banking", "--target", str(file))):
        told = lanting.call(*command)
        assert (told.returncode, told.stdout, told.stderr.count("\n")) == (64, "", 1), told.stdout + told.stderr
        assert f"untold.yaml:{first}: " in told.stderr
        assert " is known to nobody here; " in told.stderr
        assert all(f"untold.yaml:{line}" in told.stderr for line in others), told.stderr


def test_an_answer_that_is_misunderstood_is_named(lanting: Hosted) -> None:
    """An accepted claim is no success to a file that does not know its code; what depends on it is named too."""
    (old, new, says) = next(mistake for mistake in MISTAKES if "success:" in mistake[0])
    told = lanting.call("target", "check", str(lanting.file((old, new), name="deaf")))
    assert told.returncode == 1
    assert says in told.stdout


def test_a_kill_switch_is_shown_by_claims_and_pages_by_a_second_one(tmp_path: Path) -> None:
    """Refused while it is pulled, granted after; and what a customer was granted stands on two pages."""
    with hosted(tmp_path) as lanting:
        lanting.operator(hosts=["127.0.0.1"], exercise_kill_switch=True)
        told = lanting.call("target", "check", str(lanting.file()))
    assert told.returncode == 0, told.stdout + told.stderr
    story = told.stdout.partition("kill switch\n")[2]
    for words in (
        "pause: $.result.sale == 'OFF'",
        "claim.submit, while the campaign is paused",
        "shed",
        "resume: $.result.sale == 'ON'",
        "claim.submit, after it has been resumed",
        "success (accepted",
        "grants (effects): 2 rows in 2 pages",
    ):
        before, found, story = story.partition(words)
        assert found, f"{words}\n{before}"


def test_a_kill_switch_that_stops_nobody_is_found(tmp_path: Path) -> None:
    """It says that the campaign is paused, and whoever asks for a prize gets one."""
    with hosted(tmp_path, "--deaf") as deaf:
        deaf.operator(hosts=["127.0.0.1"], exercise_kill_switch=True)
        told = deaf.call("target", "check", str(deaf.file()))
    assert told.returncode == 1, told.stdout + told.stderr
    assert "kill switch: claim.submit is no definite no while the campaign is paused: success" in told.stdout


def test_pages_that_do_not_heed_their_size_and_another_stock_or_face_are_found(lanting: Hosted) -> None:
    """Against the scenario's own figures, though the file opens the campaign with others."""
    file = lanting.file(
        (
            'pageNo: "{page}", pageSize: "{size}"}\n      fields: {item: $.code, batch: $.batch, window',
            'pageNo: "{page}", pagesSize: "{size}"}\n      fields: {item: $.code, batch: $.batch, window',
        ),
        ('total: "{stock}"', "total: 7"),
        ('worth: "{face_fen|yuan}"', 'worth: "7.00"'),
        name="other",
    )
    told = lanting.call("target", "check", str(file), "--scenario", "smoke")
    assert told.returncode == 1, told.stdout + told.stderr
    assert "rows a page it gives" in told.stdout
    assert "read-back: stock in all: planned " in told.stdout
    assert "claim.submit: face_fen: planned 2000, claim.status shows 700" in told.stdout


def test_a_wrong_signature_is_refused_by_the_service_and_said(lanting: Hosted) -> None:
    """At the very first request."""
    told = lanting.call("target", "check", str(lanting.file(("&{timestamp}&", "|{timestamp}|"), name="unsigned")))
    assert told.returncode == 64
    assert "echoes None instead of the mark" in told.stderr


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("secret: LANTING_SECRET", "secret: LANTING_KEY", "the signature's secret 'LANTING_KEY' is none of the declared secrets"),
        ("path: /mkt/act.do", 'path: "/mkt/act.do?k={secret.LANTING_SECRET}"', "a secret never enters a URL"),
        ("algorithm: hmac-sha256", "algorithm: hmac-md5", "hmac-sha256"),
        ("&{nonce}", "&{nonse}", "{nonse} cannot be signed or sent"),
        ('X-Lt-Sign: "{signature}"', "X-Lt-Sign: none", "no header carries {signature}"),
        ("amount_fen: $.worth|fen", "amount_fen: $.worth|jiao", "unknown converter 'jiao'"),
        ("algorithm: hmac-sha256", "hook: bank-hsm", "which is code; allow it with: stormdrill --allow-code"),
    ],
)
def test_a_file_that_cannot_be_is_one_sentence(lanting: Hosted, old: str, new: str, says: str) -> None:
    """With what is allowed; nothing is sent."""
    with pytest.raises(BadInput) as refused:
        compile_target(lanting.target((old, new)), SCOPE)
    assert says in str(refused.value)


def test_a_hook_that_is_not_installed_is_named(lanting: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allowed, but not there."""
    monkeypatch.setenv(ALLOW_CODE_VARIABLE, "1")
    with pytest.raises(BadInput, match=r"'bank-hsm' is not installed; entry points of stormdrill\.signers: none"):
        compile_target(lanting.target(("algorithm: hmac-sha256", "hook: bank-hsm")), SCOPE)


def test_an_installed_hook_signs(lanting: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package's entry point, found by its name, in every process that sends."""
    site = lanting.folder / "site"
    (site / "bank_hsm-1.0.dist-info").mkdir(parents=True)
    (site / "bank_hsm-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: bank-hsm\nVersion: 1.0\n")
    (site / "bank_hsm-1.0.dist-info" / "entry_points.txt").write_text("[stormdrill.signers]\nbank-hsm = bank_hsm:sign\n")
    (site / "bank_hsm.py").write_text(
        "import hmac\n\ndef sign(text: bytes, secret: bytes) -> str:\n    return hmac.new(secret, text, 'sha256').hexdigest()\n"
    )
    monkeypatch.setenv("LANTING_SITE", str(site))
    told = lanting.call(
        "--allow-code", "try", "zone-page", "--target", str(lanting.file(("algorithm: hmac-sha256", "hook: bank-hsm"), name="hooked"))
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_a_signature_by_sm3_is_taken(tmp_path: Path) -> None:
    """By a service that knows no other."""
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("the OpenSSL of this Python has no sm3")
    with hosted(tmp_path, "--digest", "sm3") as sm3:
        sm3.operator(hosts=["127.0.0.1"])
        wrong = sm3.call("target", "check", str(sm3.file(name="sha")))
        assert wrong.returncode == 64, wrong.stdout
        told = sm3.call("target", "check", str(sm3.file(("hmac-sha256", "hmac-sm3"), name="sm")))
    assert told.returncode == 0, told.stdout + told.stderr


def test_a_key_may_have_a_header_of_its_own(lanting: Hosted) -> None:
    """Instead of a field of the body; effects are found under it in the read-back."""
    file = lanting.file(("header: null", "header: X-Lt-Biz"), ("\n  body_field: bizNo", ""), name="headed")
    told = lanting.call("target", "check", str(file))
    assert told.returncode == 0, told.stdout + told.stderr
    assert "X-Lt-Biz: " in told.stdout
    assert '"bizNo"' not in told.stdout.partition("read-back")[0].replace("< HTTP", "")


def test_what_is_not_marked_is_seen_before_any_load(lanting: Hosted) -> None:
    """The service refuses whoever does not say that he tests; the mark is the file's own header and value."""
    file = lanting.file(
        ("test_mark: {header: X-Channel-Mark, value: STORM}", "test_mark: {header: X-Channel-Mark, value: CALM}"), name="calm"
    )
    told = lanting.call("target", "check", str(file))
    assert told.returncode == 64
    assert "echoes None instead of the mark X-Channel-Mark: CALM" in told.stderr


def test_a_journey_is_told_like_a_story(lanting: Hosted) -> None:
    """Its questions, pauses and answers, in order."""
    told = lanting.call(*lanting.documented("try flash-sale"))
    assert told.returncode == 0, told.stdout + told.stderr
    places = [
        told.stdout.index(word)
        for word in ("Log in, browse the zone", "session.create", "zone.get", "thinks", "claim.submit", "claim.status")
    ]
    assert places == sorted(places)


def test_a_file_to_start_from_is_written_once(lanting: Hosted, tmp_path: Path) -> None:
    """It is a target that loads, named like the file; what is there is never overwritten."""
    path = lanting.folder / "our-sale.yaml"
    told = lanting.call(*lanting.documented("target new"))
    assert told.returncode == 0, told.stderr
    assert load_target(str(path)).name == "our-sale"
    before = path.read_text()
    again = lanting.call("target", "new", str(path))
    assert (again.returncode, path.read_text()) == (64, before)
    assert "is there already" in again.stderr
    with pytest.raises(BadInput, match="is no name for a target's file"):
        write_starter(tmp_path / "Our Sale.yaml")


def test_the_examples_of_the_walk_through_are_the_files() -> None:
    """Every line of YAML in docs/attach.md that is not shortened, nor another's, stands in the example's target file."""
    text, file = (
        path.read_text().replace("&operator ", "").replace("*operator", '{X-Lt-Operator: "{secret.LANTING_OPERATOR}"}')
        for path in (PROJECT / "docs" / "attach.md", PROJECT / "tests" / "foreign" / "scenarios" / "targets" / "lanting.yaml")
    )
    plain = {line.split("  #")[0].strip() for line in file.splitlines()}
    others = ("hosts:", "# of the operator's file\n", "# of another target\n")
    blocks = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if not block.startswith(others)]
    assert len(blocks) >= 6
    shown = {line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if "…" not in line}
    assert shown - plain <= {""}, shown - plain


def test_the_examples_of_other_files_are_of_their_shape(tmp_path: Path) -> None:
    """The operator's file, and Chaos Toolkit's actions."""
    blocks = re.findall(r"```yaml\n(.*?)```", (PROJECT / "docs" / "attach.md").read_text(), re.DOTALL)
    path = tmp_path / "operator.yaml"
    path.write_text("".join(block for block in blocks if block.startswith(("hosts:", "# of the operator's file\n"))))
    operator = load_operator(path)
    assert (operator.hosts, list(operator.ssh.switches)) == (["127.0.0.1"], ["outage"])
    (toolkit,) = (block for block in blocks if "\ntoolkit:\n" in block)
    assert list(Toolkit.model_validate(yaml.safe_load(toolkit)["toolkit"]).switches) == ["outage"]
