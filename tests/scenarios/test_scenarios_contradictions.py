"""What a target's file says that cannot be, or names and is not there: file, line, what, what is allowed; before any request."""

from pathlib import Path

import pytest

from scenarios.errors import EXIT_USAGE, BadInput
from scenarios.plugins import PATH_VARIABLE, load_scenario, load_target
from stormdrill.rehearsal.validation import validate

HEAD = "name: shop\ndescribe: d\nsecrets: [KEY_A]\n"
SERVICE = 'services: {s: {base: "http://127.0.0.1:1"}}\n'
OPERATION = "operations:\n  a:\n    service: s\n    method: POST\n    path: /a\n    authorised: false\n"
ECHO = 'mark_echo: {service: s, path: /m, headers: {A: "{operator.token}"}, echo: $.a}\n'
TABLE = "readback:\n  tables:\n    t: {service: s, role: effects, path: /t, fields: {op: \"'a'\"}, "

ITEMS = ", ".join(f"sku-{number}: of-{number}" for number in range(1, 21))


def beside(said: str) -> str:
    """A file whose operation says this besides, in its line 11."""
    return f"{HEAD}{SERVICE}{OPERATION}    {said}\n"


def over(said: str) -> str:
    """A file that says this in its line 5."""
    return f"{HEAD}{SERVICE}{said}\n{OPERATION}"


def does(effect: str) -> str:
    """A file whose operation has an effect of which this is said besides, in its line 11."""
    return beside(f"effect: {{business: '{{customer}}', {effect}}}")


def at(service: str) -> str:
    """A file whose service, in its line 4, is this."""
    return f"{HEAD}services: {{s: {service}}}\n{OPERATION}"


def below(said: str) -> str:
    """A file whose table says this, in its line 13."""
    return f"{HEAD}{SERVICE}{OPERATION}{TABLE}{said}}}\n"


BRAKE = ("state", "pause", "resume")
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
    "such a one of the operator's": (
        over('mark_echo: {service: s, method: POST, path: /m, body: {k: "{secret.KEY_B}"}, echo: $.a}'),
        5,
        "secret.KEY_B",
    ),
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
    "rows kept by what is no path": (below("where: {state: [A]}"), 13, "'state' is no path into a row; allowed: $.name"),
    "a path in another address": (at('{base: "http://127.0.0.1:1", also_at: ["http://127.0.0.1:2/x"]}'), 4, "more than a host and a port"),
    "an event without its time": (over('events: {url: "http://127.0.0.1:1", fields: {kind: $.k}}'), 5, "nothing tells 'monotonic_ns'"),
    "a text of no type": (beside("text: <a/>"), 11, "nobody knows what a text is by itself; add its content_type, as application/xml"),
    "a body that is not posted": (
        over("mark_echo: {service: s, path: /m, body: {a: b}, echo: $.a}"),
        5,
        "a GET has no body; say method: POST",
    ),
    "a login for nothing": (over("operator: {login: {service: s, path: /l}}"), 5, "put {operator.token} into control requests"),
    "a list of nothing": (over("prepare: {enrol: [{service: s, path: /p, over: customers, batch: 5}]}"), 5, "say what each is as well"),
    "a state like the other": (
        over("kill_switch: {running: $.a == 1, paused: $.a == 1, " + ", ".join(f"{it}: {{service: s, path: /k}}" for it in BRAKE) + "}"),
        5,
        "a campaign that is paused does not run; allowed: two predicates that differ",
    ),
    "sums from nowhere": (
        over("books: {account: '6-{customer}', opening: null, opened_from: G}"),
        5,
        "and none is known; leave one of both out",
    ),
    "an end that was not promised": (does("settles_within_s: 9"), 11, "say when it is as well (`accepted`)"),
    "what is told of nothing": (does("tells: {at_ms: $.at}"), 11, "say where as well (`id`)"),
    "a question about nothing": (does("asks_about: '{sku}'"), 11, "say where as well (`id`)"),
    "a turn of nobody's": (does("in_turn: true"), 11, "say that as well (`person`)"),
    "a statement of nothing": (does("collects: true"), 11, "say what it moves as well (`moves`)"),
    "someone new to nobody": (does("newcomer: {by: b, since: c}"), 11, "say for whom as well (`invited_by`)"),
    "known by being invited": (does("invited_by: '{inviter}', newcomer: {by: b, since: b}"), 11, "allowed: two operations"),
    "a sum that is not shown": (does("moves: {from: A, to: B, amount: shown}"), 11, "what is moved is the figure shown; say where"),
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


@pytest.mark.parametrize(
    "said",
    [
        over("mark_echo: {service: s, method: GET, path: /m, body: {a: b}, echo: $.a}"),
        beside("text: <a/>\n    headers: {content-type: text/xml}"),
        over("operator: {login: {service: s, path: /l}, extract: {my-token: $.t}}\n" + ECHO.replace("token", "my-token")),
    ],
    ids=["a GET with a body that is said", "a text whose type is a header", "a name with a hyphen"],
)
def test_what_is_rare_and_said_is_taken(tmp_path: Path, said: str) -> None:
    """There are services that want it so."""
    (tmp_path / "shop.yaml").write_text(said)
    load_target(str(tmp_path / "shop.yaml"))


AUTHORISED = OPERATION.replace("false", "true")
BEFORE_THE_LOAD = {
    "a name of no page": (below('paging: "?after={cursr}"'), 13, "{cursr} is known to nobody here; did you mean 'cursor'?"),
    "a name of no customer": (
        over('prepare: {enrol: [{service: s, path: /p, over: customers, body: {no: "{custmer}"}}]}'),
        5,
        "{custmer} is known to nobody here; did you mean 'customer'?",
    ),
    "a customer's name of a prize": (over('prepare: {open: [{service: s, path: /p, over: prizes, body: {a: "{phone}"}}]}'), 5, "{phone}"),
    "a list nobody sends": (
        over('prepare: {enrol: [{service: s, path: /p, over: customers, each: {a: "{customer}"}, body: {}}]}'),
        5,
        "nothing carries {list}",
    ),
    "a name in an address": (at('{base: "http://{host}:1"}'), 4, "{host} is known to nobody here; there are: none"),
    "a name of the operator's": (over('mark_echo: {service: s, path: "/m/{phone}", echo: $.a}'), 5, "{phone} is known to nobody here"),
    "a name of a mark": (over('test_mark: {header: X-M, value: "{nonce}"}'), 5, "{nonce} is known to nobody here"),
    "a name like a secret's": (over('mark_echo: {service: s, method: PUT, path: /, body: "{secrt.KEY_A}", echo: $.a}'), 5, "{secrt.KEY_A}"),
    "a campaign's name": (
        beside('body: {a: "{campaign.activty}", b: "{campaign.activity}", c: "{{campaign.x}}"}'),
        11,
        "operations.a.body.a names {campaign.activty}, which no campaign has; did you mean 'campaign.activity'?",
    ),
    "a customer's name": (beside('body: {a: "{phon}"}'), 11, "{phon} is known to nobody here; did you mean 'phone'?"),
    "one with a hyphen": (beside('body: {a: "{phone-no}"}'), 11, "{phone-no} is known to nobody here"),
    "one in all headers": (over('headers: {X: "{custmer}"}'), 5, "did you mean 'customer'?"),
    "one of an effect": (beside('effect: {business: "{custmer}:x"}'), 11, "did you mean 'customer'?"),
    "a name with a hyphen": (
        beside("extract: {claim-id: $.i}\n  b: {service: s, path: '/b/{clam-id}', authorised: false}"), 12, "did you mean 'claim-id'?"),
    "a token of nobody": (HEAD + SERVICE + AUTHORISED, 6, "a is sent with {token}, which no operation tells"),
    "such a one that is said": (f"{HEAD}{SERVICE}authorisation: {{header: X, value: '{{tokn}}'}}\n{AUTHORISED}", 5, "{tokn}, which"),
    "words of nothing": (over("words: {state: {A: B}}"), 5, "words of 'state', which no operation extracts"),
    "a sum of no effects": (
        beside("shows: {spent: [{of: [a], fen: $.x}]}"), 11, "'a' is no operation with an effect; there are: none"),
    "rows of no operation": (below("size: 5"), 13, "'a' is no operation with an effect; there are: none"),
    "a state of nothing": (
        beside("effect: {business: '{customer}'}\n  b: {service: s, path: /b, authorised: false, extract: {id: $.i}, "
               "shows: {state: {of: a, effect: idd, state: $.s, done: [A]}}}"),
        12,
        "'idd' is extracted by no operation; did you mean 'id'?",
    ),
    "sites of no answer": (over("sites: [A, B]"), 5, "say where one names its data centre"),
    "everybody's account": (over('books: {account: "6"}'), 5, "allowed: a text with {customer} in it"),
    "a mark that says nothing": (over("test_mark: {header: X}"), 5, "the test mark says nothing"),
    "a handle nowhere": (over('handles: {proxy_api: "127.0.0.1:8474"}'), 5, "'127.0.0.1:8474' is no address; allowed for a handle: http://"),
    "a world's address without one": (over('handles: {proxy_api: "{topology.proxy_api}"}'), 5, "is told by a world, and this"),
    "no name for a prize": (over("items: {sku-9: a}"), 5, "the target's items lack sku-1"),
    "one name for two prizes": (over(f"items: {{{ITEMS}, sku-99: of-7}}"), 5, "'of-7' is 'sku-7' already; allowed: a prize"),
    "a drill that is not there": (over("failover: {cannot: {primary-kil: why}}"), 5, "no drill 'primary-kil'; did you mean 'primary-kill'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BEFORE_THE_LOAD)
def test_what_the_rest_of_the_file_and_the_scenario_do_not_bear_out_is_refused_at_its_line(tmp_path: Path, name: str) -> None:
    """Before any request: by `run`, `drill`, `try` and `target check` alike."""
    text, line, says = BEFORE_THE_LOAD[name]
    (tmp_path / "shop.yaml").write_text(text)
    anything = load_scenario("smoke").model_copy(update={"mix": {"zone-page": 1}, "gates": []})
    with pytest.raises(BadInput) as refused:
        validate(anything, load_target(str(tmp_path / "shop.yaml")))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert (refused.value.exit_code, refused.value.line) == (EXIT_USAGE, line), str(refused.value)


def test_a_name_that_an_own_journey_gives_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is given in a way that only its text shows."""
    journeys = tmp_path / "bank" / "locustfiles" / "journeys"
    journeys.mkdir(parents=True)
    (journeys / "scan.py").write_text('def scan(customer):\n    yield customer.ask("a", **{"shelf": 1})\n')
    (tmp_path / "shop.yaml").write_text(beside('body: {a: "{shelf}"}'))
    anything = load_scenario("smoke").model_copy(update={"mix": {"zone-page": 1}, "gates": []})
    with pytest.raises(BadInput, match=r"\{shelf\} is known to nobody here"):
        validate(anything, load_target(str(tmp_path / "shop.yaml")))
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "bank"))
    validate(anything, load_target(str(tmp_path / "shop.yaml")))
