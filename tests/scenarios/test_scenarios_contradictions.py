"""What a target's file says that cannot be, or names and is not there: file, line, what, what is allowed; before any request."""

from pathlib import Path

import pytest

from scenarios.errors import EXIT_USAGE, BadInput
from scenarios.plugins import load_scenario, load_target
from stormdrill.rehearsal.validation import validate

HEAD = "name: shop\ndescribe: d\nsecrets: [KEY_A]\n"
SERVICE = 'services: {s: {base: "http://127.0.0.1:1"}}\n'
OPERATION = "operations:\n  a:\n    service: s\n    method: POST\n    path: /a\n    authorised: false\n"
ECHO = 'mark_echo: {service: s, path: /m, headers: {A: "{operator.token}"}, echo: $.a}\n'
TABLE = "readback:\n  tables:\n    t: {service: s, role: effects, path: /t, fields: {op: \"'a'\"}, "


def beside(said: str) -> str:
    """A file whose operation says this besides, in its line 11."""
    return f"{HEAD}{SERVICE}{OPERATION}    {said}\n"


def over(said: str) -> str:
    """A file that says this in its line 5."""
    return f"{HEAD}{SERVICE}{said}\n{OPERATION}"


def at(service: str) -> str:
    """A file whose service, in its line 4, is this."""
    return f"{HEAD}services: {{s: {service}}}\n{OPERATION}"


def below(said: str) -> str:
    """A file whose table says this, in its line 13."""
    return f"{HEAD}{SERVICE}{OPERATION}{TABLE}{said}}}\n"


WRONG = {
    "two bodies": (beside("body: {}\n    form: {a: b}"), 12, "a request has one body, and here are body and form; allowed: one of body,"),
    "two kinds of JSON": (beside('graphql: {query: "{ a }"}\n    body: {}'), 11, "here are body and graphql"),
    "a type of nothing": (beside("content_type: text/xml"), 11, "content_type is of a body, and there is none"),
    "a variable of no query": (beside('graphql: {query: "query Q { a }", variables: {x: 1}}'), 11, "declares no $x"),
    "a variable that is needed": (beside('graphql: {query: "query Q($x: ID!) { a(x: $x) }"}'), 11, "the query needs $x: ID!"),
    "no character set": (beside("text: a\n    content_type: text/xml; charset=nope"), 12, "there is no character set 'nope'"),
    "no filter": (beside('body: {a: "{phone|uppr}"}'), 11, "unknown filter 'uppr'; allowed: base64"),
    "no length": (beside('body: {a: "{phone|pad_left(x)}"}'), 11, "'x' is no length; allowed: 1 to 4000"),
    "no time": (beside('body: {a: "{timestamp|time(yyyyQQ, +08:00)}"}'), 11, "is no pattern of times; allowed: yyyy"),
    "no zone": (beside('body: {a: "{timestamp|time(yyyyMMdd, Mars/One)}"}'), 11, "'Mars/One' is no zone; allowed"),
    "no word for an outcome": (beside('outcome: {succes: "http == 200"}'), 11, "input should be 'success'"),
    "no path": (beside("extract: {x: $..a}"), 11, "'$..a' is not a path from '..a' on; allowed"),
    "one header twice": (beside("headers: {Host: a, host: b}"), 11, "Host and host are the same header; allowed: one of them"),
    "a length of its own": (beside('headers: {Content-Length: "5"}'), 11, "leave it out"),
    "a secret nobody declares": (beside('headers: {X: "{secret.KEY_B}"}'), 11, "{secret.KEY_B} is none of the declared secrets: KEY_A"),
    "such a one of the operator's": (over('mark_echo: {service: s, path: /m, body: {k: "{secret.KEY_B}"}, echo: $.a}'), 5, "secret.KEY_B"),
    "a signature of nothing": (beside('body: {a: "{signature}"}'), 11, "{signature} is brought by nothing; say how requests are signed"),
    "rows of no file": (beside('body: {a: "{data.account}"}'), 11, "{data.account} needs data: {file: people.csv}"),
    "no step before": (beside("before: [b]"), 11, "'b' is no read that tells something"),
    "itself before": (beside("before: [a]"), 11, "'a' is no read that tells something"),
    "no operator": (f"{HEAD}{SERVICE}{OPERATION}{ECHO}", 11, "{operator.token} needs operator: {login: …}"),
    "an operator's name": (
        over("operator: {login: {service: s, path: /l}, extract: {t: $.t}}\n" + ECHO),
        5,
        "is told by no login; there are: t",
    ),
    "TLS without it": (at('{base: "http://127.0.0.1:1", tls: {verify: false}}'), 4, "tls is for a base that begins with https"),
    "a key alone": (at('{base: "https://127.0.0.1:1", tls: {key: /etc/hosts}}'), 4, "add cert"),
    "trust and none": (at('{base: "https://127.0.0.1:1", tls: {ca: /etc/hosts, verify: false}}'), 4, "allowed: one of them"),
    "authorities that are none": (at('{base: "https://127.0.0.1:1", tls: {ca: /etc/hosts}}'), 4, "holds no authorities in PEM"),
    "a user in a base": (at('{base: "http://u:p@127.0.0.1:1"}'), 4, "names a user; send what it needs in a header"),
    "a query in a base": (at('{base: "http://127.0.0.1:1/?a=b"}'), 4, "neither ? nor #"),
    "two signers": (over('signature: {algorithm: md5, hook: x, secret: KEY_A, headers: {X: "{signature}"}}'), 5, "an algorithm or a hook"),
    "a signature nobody sends": (over("signature: {algorithm: md5, secret: KEY_A}"), 5, "nothing carries {signature}"),
    "no token": (over("session: {renew: a}"), 5, "allowed: Bearer {token}, or the session's cookie"),
    "two lifetimes": (over("session: {cookie: S, renew: a, expires_in: x, lifetime_s: 4}"), 5, "allowed: one of them"),
    "a session that is a list": (over("session: [a]"), 5, "is no mapping; allowed keys: cookie, expired"),
    "two ends": (below("next: $.n, last: $.l == true"), 13, "next and last tell of the next page both"),
    "a third page first": (below("first_page: 2"), 13, "less than or equal to 1, not 2"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_at_its_line(tmp_path: Path, name: str) -> None:
    """In one sentence."""
    text, line, says = WRONG[name]
    (tmp_path / "shop.yaml").write_text(text)
    with pytest.raises(BadInput) as refused:
        load_target(str(tmp_path / "shop.yaml"))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert (refused.value.exit_code, refused.value.line) == (EXIT_USAGE, line), str(refused.value)


def test_what_is_named_of_a_campaign_is_something_that_one_has(tmp_path: Path) -> None:
    """Else every request that names it would be left unsaid."""
    (tmp_path / "shop.yaml").write_text(beside('body: {a: "{campaign.activty}", b: "{campaign.activity}", c: "{{campaign.x}}"}'))
    says = r"operations\.a\.body\.a names \{campaign\.activty\}, which no campaign has; did you mean 'campaign\.activity'\?"
    anything = load_scenario("smoke").model_copy(update={"mix": {"zone-page": 1}, "gates": []})
    with pytest.raises(BadInput, match=says):
        validate(anything, load_target(str(tmp_path / "shop.yaml")))
