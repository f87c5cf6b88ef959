"""A GraphQL document in a target's file: its braces are its own, and its variables are those that it declares."""

import json

import pytest

from scenarios.target.bodies import WithBody
from scenarios.target.operations import Operation

QUERY = "mutation Claim($sku: ID!, $keys: [String!]!, $note: String, $n: Int! = 1) { claim(sku: $sku) { id {nonce} } }"


def spoken(**graphql: object) -> WithBody:
    """A request whose body is that document."""
    return WithBody.model_validate({"graphql": {"query": QUERY, **graphql}})


def test_only_variables_have_placeholders() -> None:
    """The query is sent as it is written; a value keeps its type."""
    body = spoken(variables={"sku": "{sku}", "keys": ["k-{key}"], "n": "{amount_fen}"}).compiled({})
    assert body is not None
    assert body.placeholders == {"sku", "key", "amount_fen"}
    sent = json.loads(body.render({"sku": 'a"b', "key": "1", "amount_fen": 7}))
    assert sent == {"query": QUERY, "variables": {"sku": 'a"b', "keys": ["k-1"], "n": 7}}
    assert body.content_type == "application/json"


@pytest.mark.parametrize(
    ("graphql", "says"),
    [
        ({"variables": {"sku": 1, "keys": [], "skuu": 1}}, r"the query declares no \$skuu; it declares: sku, keys, note, n"),
        ({"variables": {"sku": 1}}, r"the query needs \$keys: \[String!\]!, which is none of the variables"),
        ({"query": "query A { b "}, "is no GraphQL document"),
        ({"query": ""}, "is no GraphQL document"),
        ({"variables": {"sku": "{", "keys": []}}, "a lone '{'"),
        ({"document": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_a_document_that_cannot_be_posted_is_refused(graphql: dict[str, object], says: str) -> None:
    """With what is allowed."""
    with pytest.raises(ValueError, match=says):
        spoken(**graphql)


def test_a_document_is_one_body_and_is_posted() -> None:
    """No other beside it, and no GET."""
    document = {"query": "query A { b }"}
    with pytest.raises(ValueError, match="a request has one body, and here are body and graphql"):
        WithBody.model_validate({"body": {}, "graphql": document})
    with pytest.raises(ValueError, match="allowed: method: POST"):
        Operation.model_validate({"service": "s", "path": "/graphql", "graphql": document})
