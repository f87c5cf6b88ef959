"""A target's mapping speaks and understands as its file says."""

import orjson
import pytest
from pydantic import ValidationError

from scenarios.errors import BadInput
from scenarios.plugins import load_target
from scenarios.run.outcomes import Outcome, Promise
from scenarios.run.records import CODE_IN_PROGRESS, CODE_MISMATCH, CODE_MISSING, NO_AMOUNT, REASONS, answer_digest
from scenarios.target.model import Target
from scenarios.target.operation_codec import OperationCodec, TransportError, compile_target
from scenarios.target.responses import Response
from scenarios.target.secrets import redacted, secret_scope

FOREIGN = Target.model_validate(
    {
        "name": "foreign",
        "describe": "Answers 200 to everything, amounts in yuan as texts.",
        "services": {"mkt": {"base": "{topology.gate}/"}},
        "secrets": ["FOREIGN_TOKEN"],
        "idempotency": {
            "header": "X-Idem",
            "in_progress": "$.ret == 'BUSY'",
            "mismatch": "$.ret == 'OTHER'",
            "missing": "$.ret == 'NOKEY'",
        },
        "site": "header.X-Idc",
        "headers": {"X-Auth": "{secret.FOREIGN_TOKEN}"},
        "operations": {
            "claim.submit": {
                "service": "mkt",
                "method": "POST",
                "path": "/act/{activity}/grab.do",
                "body": {"prizeId": "{sku}", "yuan": "{amount_fen|yuan}", "deep": [{"n": "{customer}"}]},
                "extract": {"state": "$.data.st"},
                "outcome": {"success": "$.ret in ['0000', '0001']", "refusal": "$.ret == 'SOLD'", "shed": "$.ret == 'SLOW'"},
                "effect": {
                    "business": "{customer}:{activity}",
                    "id": "$.data.seq",
                    "shown": "$.data.yuan|fen",
                    "accepted": "$.ret == '0001'",
                },
            },
            "stock.get": {"service": "mkt", "path": "/stock", "authorised": False},
        },
    }
)
STATICS = {"topology.gate": "http://127.0.0.1:80", "activity": "a1", "secret.FOREIGN_TOKEN": "canary-123"}


@pytest.fixture
def claim() -> OperationCodec:
    """The foreign claim, compiled."""
    return compile_target(FOREIGN, STATICS)["claim.submit"]


def says(ret: str, status: int = 200, **data: object) -> Response:
    """An answer of the foreign service."""
    return Response(status, {"x-idc": "B"}, orjson.dumps({"ret": ret, "data": data}))


def test_a_request_is_spoken_as_the_file_says(claim: OperationCodec) -> None:
    """Path, headers, key and body, each placeholder filled, types kept."""
    assert claim.placeholders == {"sku", "amount_fen", "customer", "token"}
    request = claim.request({"sku": "s1", "amount_fen": 1205, "customer": 7, "token": "t", "key": "k1"})
    assert (request.method, request.url) == ("POST", "http://127.0.0.1:80/act/a1/grab.do")
    assert request.headers == [
        "Host: 127.0.0.1:80",
        "User-Agent: stormdrill",
        "Accept: */*",
        "X-Pressure-Test: true",
        "X-Auth: canary-123",
        "Authorization: Bearer t",
        "Content-Type: application/json",
        "X-Idem: k1",
        f"Content-Length: {len(request.body)}",
    ]
    assert orjson.loads(request.body or b"") == {"prizeId": "s1", "yuan": "12.05", "deep": [{"n": 7}]}
    assert b"X-Idem" not in claim.request({"sku": "s1", "amount_fen": 1, "customer": 7, "token": "t"}).data


def test_a_bank_that_answers_200_to_everything_is_understood(claim: OperationCodec) -> None:
    """Outcomes come from predicates, not from HTTP alone."""
    granted = claim.decode(says("0000", seq="X1", yuan="50.00", st="ok"))
    assert (granted.outcome, granted.promise, granted.digest) == (Outcome.SUCCESS, Promise.EFFECTED, answer_digest("X1"))
    assert (granted.shown_fen, granted.site, granted.extracted) == (5000, "B", {"state": "ok"})
    assert claim.decode(says("0001", seq="X1")).promise is Promise.ACCEPTED
    assert claim.decode(says("SOLD")).outcome is Outcome.REFUSAL
    assert claim.decode(says("SLOW")).outcome is Outcome.SHED
    assert claim.decode(says("????")).outcome is Outcome.UNKNOWN
    assert claim.decode(says("????", status=502)).outcome is Outcome.UNKNOWN
    assert claim.decode(Response(200, {}, b"<html>")).outcome is Outcome.UNKNOWN


def test_the_idempotency_rules_are_recognised(claim: OperationCodec) -> None:
    """In progress may still happen; a mismatch and a missing key are told apart."""
    busy = claim.decode(says("BUSY"))
    assert (busy.outcome, busy.code) == (Outcome.UNKNOWN, CODE_IN_PROGRESS)
    assert claim.decode(says("OTHER")).code == CODE_MISMATCH
    assert claim.decode(says("NOKEY")).code == CODE_MISSING
    assert claim.decode(says("SOLD")).shown_fen == NO_AMOUNT


@pytest.mark.parametrize(
    ("said", "reasons", "code"),
    [
        ({}, {"sold_out": "$.ret == 'SOLD'"}, REASONS["sold_out"]),
        ({}, {"sold_out": "$.ret == 'GONE'"}, CODE_IN_PROGRESS),
        ({}, {"sold_out": "http == 409"}, CODE_IN_PROGRESS),
        ({"in_progress": "http == 409"}, {"sold_out": "$.ret == 'SOLD'"}, CODE_IN_PROGRESS),
        ({"in_progress": "http == 425"}, {"sold_out": "http == 409"}, REASONS["sold_out"]),
    ],
)
def test_why_it_refuses_is_not_hidden_by_what_a_status_is_presumed_to_say_of_a_key(
    said: dict[str, str], reasons: dict[str, str], code: int
) -> None:
    """A reason found in the answer goes before a rule that the file does not name; before one that it names, none does."""
    tree = FOREIGN.model_dump(exclude_unset=True) | {"idempotency": said, "refusals": reasons}
    claim = compile_target(Target.model_validate(tree), STATICS)["claim.submit"]
    answer = claim.decode(says("SOLD", 409))
    assert (answer.outcome, answer.code) == (Outcome.REFUSAL, code)


def test_what_never_came_is_classified_by_what_may_have_happened(claim: OperationCodec) -> None:
    """A refused connection is a definite no; a timeout is unknown; a reset is unknown only where something may have changed."""
    read = compile_target(FOREIGN, STATICS)["stock.get"]
    assert claim.without_response(TransportError.REFUSED).outcome is Outcome.FAILURE
    assert claim.without_response(TransportError.RESET).outcome is Outcome.UNKNOWN
    assert claim.without_response(TransportError.TIMEOUT).outcome is Outcome.UNKNOWN
    assert read.without_response(TransportError.RESET).outcome is Outcome.FAILURE
    assert read.without_response(TransportError.TIMEOUT).outcome is Outcome.UNKNOWN
    assert read.decode(Response(500, {}, b"")).outcome is Outcome.FAILURE
    assert read.decode(Response(503, {"retry-after": "1"}, b"")).outcome is Outcome.SHED
    assert read.decode(Response(204, {}, b"")).outcome is Outcome.SUCCESS


def test_the_embedded_target_understands_each_code_of_the_domain() -> None:
    """Every outcome that a campaign service knows, on a claim."""
    places = [f"gateways.gateway-{centre}.{service}" for centre in "ab" for service in ("bank", "campaign")] + ["suppliers.url"]
    statics = {f"topology.{place}": "http://127.0.0.1:1" for place in places} | {"campaign.activity": "flash"}
    claim = compile_target(load_target("embedded"), statics)["claim.submit"]

    def outcome(status: int, code: str, headers: dict[str, str] | None = None) -> Outcome:
        return claim.decode(Response(status, headers or {}, orjson.dumps({"code": code, "data": None}))).outcome

    assert outcome(200, "OK") is Outcome.SUCCESS
    for code in ("SOLD_OUT", "LIMIT_REACHED", "ALREADY_CLAIMED", "NOT_STARTED", "ENDED"):
        assert outcome(409, code) is Outcome.REFUSAL, code
    assert outcome(409, "IDEMPOTENCY_IN_PROGRESS") is Outcome.UNKNOWN
    assert outcome(422, "IDEMPOTENCY_MISMATCH") is Outcome.FAILURE
    assert outcome(503, "SYSTEM_BUSY", {"retry-after": "1"}) is Outcome.SHED
    assert outcome(503, "no retry-after") is Outcome.UNKNOWN
    assert outcome(500, "TXN_UNKNOWN") is Outcome.UNKNOWN
    assert outcome(401, "TOKEN_EXPIRED") is Outcome.FAILURE


def test_a_service_must_have_an_address() -> None:
    """A base that is none is refused with what is allowed."""
    with pytest.raises(BadInput, match="allowed: http://host:port"):
        compile_target(FOREIGN, STATICS | {"topology.gate": "ftp://x"})


def test_secrets_come_from_the_environment_and_are_redacted() -> None:
    """A missing one is named; a present one is taken out of texts."""
    with pytest.raises(BadInput, match="needs the environment variable FOREIGN_TOKEN"):
        secret_scope(FOREIGN, {})
    environment = {"FOREIGN_TOKEN": "canary-123"}
    assert secret_scope(FOREIGN, environment) == {"secret.FOREIGN_TOKEN": "canary-123"}
    assert redacted("a canary-123 b", FOREIGN, environment) == "a [redacted] b"


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"Host": "a", "hOST": "b"}, "Host and hOST are the same header"),
        ({"content-length": "5"}, "content-length says where a request ends"),
        ({"Transfer-Encoding": "chunked"}, "Transfer-Encoding says where a request ends"),
        ({"Accept-Encoding": "gzip;q=1, zstd"}, "Accept-Encoding asks for 'zstd', which cannot be unpacked; allowed: gzip, deflate, br"),
    ],
)
def test_headers_that_cannot_be_sent_once_and_right_are_refused(headers: dict[str, str], says: str) -> None:
    """With what is wrong, before anything is asked."""
    with pytest.raises(ValidationError, match=says):
        Target.model_validate({**FOREIGN.model_dump(exclude_unset=True), "headers": headers})


def test_a_base_that_is_filled_to_more_than_a_base_is_refused() -> None:
    """A query in front of the path would be moved, a user would be sent nowhere."""
    with pytest.raises(BadInput, match="is no base address; it has neither"):
        compile_target(FOREIGN, STATICS | {"topology.gate": "http://127.0.0.1:80/?tenant=7"})
    with pytest.raises(BadInput, match="names a user"):
        compile_target(FOREIGN, STATICS | {"topology.gate": "http://me:word@127.0.0.1:80"})
