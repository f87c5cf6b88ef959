"""A draft of a target's file: operations matched to ours by verb, path and names of fields, each with its confidence; else choices."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from scenarios.draft.published import BEARER, Published, Service, words_of
from scenarios.harmless import clipped, harmless


@dataclass(frozen=True, slots=True)
class Ours:
    """One of our operations, and by what it is known."""

    name: str
    method: str
    words: frozenset[str]
    sent: frozenset[str]
    """Words of the fields by which what is asked is known."""
    told: frozenset[str]
    one: bool = False  # asks for one thing, by a hole in its path
    effect: bool = False


def _ours(name: str, method: str, words: str, sent: str, told: str, *, one: bool = False, effect: bool = False) -> Ours:
    return Ours(name, method, frozenset(words.split()), frozenset(sent.split()), frozenset(told.split()), one, effect)


OURS = (
    _ours("session.create", "POST", "login session sessions signin auth oauth token", "password phone mobile pin", "token"),
    _ours(
        "claim.submit", "POST", "claim claims grab seckill receive coupons vouchers orders", "sku prize goods item", "claim", effect=True
    ),
    _ours("claim.status", "GET", "claim claims grab orders", "claim order", "state status", one=True),
    _ours("stock.get", "GET", "stock stocks inventory remaining left", "sku", "stock remaining left"),
    _ours("activity.token", "POST", "ticket tickets token activity activities", "activity", "ticket"),
    _ours("campaign.get", "GET", "campaign campaigns activity activities promotion promotions", "activity campaign", "opens starts begin"),
    _ours("coupon.list", "GET", "coupon coupons voucher vouchers prizes", "", "coupons vouchers"),
    _ours("coupon.redeem", "POST", "redeem redemption redemptions use verify consume", "coupon voucher", "redemption", effect=True),
    _ours("account.balance", "GET", "balance balances account accounts acct", "account acct", "balance"),
    _ours("transfer.submit", "POST", "transfer transfers remit", "payee amount amt", "transfer", effect=True),
    _ours("transfer.status", "GET", "transfer transfers", "transfer", "state status", one=True),
    _ours("checkin.post", "POST", "checkin checkins check sign attendance", "", "streak days", effect=True),
    _ours("redpacket.open", "POST", "redpacket redpackets red packet packets hongbao open", "packet", "amount", effect=True),
)
_LOGIN = "session.create"
_SURE, _FAIR = 5, 3
_READS = words_of("query get list find search detail details info")
"""By these words a POST is known that reads, as services have them that POST everything."""

_VALUES = (
    (r"phone|mobile", "{phone}"), (r"^(sku|prize|goods|item|product)", "{sku}"), (r"device", "{device}"), (r"id_?(no|card)", "{id_no}"),
    (r"card", "{card_no}"), (r"activity_?token|ticket", "{activity_token}"),
    (r"activity|campaign|^act_?(id|no|code)$", "{campaign.activity}"), (r"payee|to_?(account|user|member)", "{payee|str}"),
    (r"amount_?fen|fen$", "{amount_fen}"), (r"amount|amt|money", "{amount_fen|yuan}"), (r"account|^acct", "{account}"),
    (r"claim_?(id|no)", "{claim_id}"), (r"(coupon|voucher)_?(id|no|code)", "{coupon_code}"), (r"transfer_?(id|no)", "{transfer_id}"),
    (r"customer|member|user|login_?(name|id|no)", "{customer|str}"),
    (r"nonce", "{nonce}"), (r"serial|trace", "{serial}"), (r"time", "{timestamp}"),
    (r"^(request_?id|biz_?no|order_?no|idempotency)", "{key}"), (r"name", "{name}"),
)  # fmt: skip
_HOLES = ((r"claim|order", "{claim_id}"), (r"transfer", "{transfer_id}"))
_STATED = ("claim.submit", "claim.status", "transfer.submit", "transfer.status")
_TELLS = (
    # what is told, by the end of a field's name, by which operations
    ("token", r"(^|\.)(access_?)?token$", ("session.create",)),
    ("account", r"account|acct", ("session.create", "account.balance")),
    ("activity_token", r"(^|\.)(activity_?)?(token|ticket)$", ("activity.token",)),
    ("claim_id", r"(^|\.)(claim|order)?_?(id|no)$", ("claim.submit",)),
    ("transfer_id", r"(^|\.)(transfer)?_?(id|no)$", ("transfer.submit",)),
    ("coupon_code", r"(^|\.)(coupon|voucher)_?(code|no)$", ("claim.submit", "claim.status")),
    ("state", r"(^|\.)(state|status)$", _STATED),
    ("state", r"(state|status)$", _STATED),
)
_TOLD = frozenset(known for known, _, _ in _TELLS)
"""What nobody knows before an answer has told it."""
_PLACE = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*", re.ASCII)
_MOST_BESIDES, _MOST_OTHERS = 200, 20
_KEY = re.compile(r"idempotency|request-?id", re.IGNORECASE)
_HIDDEN = re.compile(r"[cx]srf", re.IGNORECASE)
"""What a form has from its page."""
_TOKEN = re.compile(r"token|session", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    """One of ours, what it was found to be, and how surely."""

    ours: Ours
    published: Published
    score: int

    @property
    def confidence(self) -> str:
        """In a word."""
        return "high" if self.score >= _SURE else "fair" if self.score >= _FAIR else "low"


def matches(service: Service) -> tuple[list[Match], list[Match]]:
    """The best for each of ours, nothing published twice; and what else each of them might be."""
    all_of_them = [
        Match(ours, published, score) for ours in OURS for published in service.operations if (score := _score(ours, published)) > 0
    ]
    chosen: dict[str, Match] = {}
    taken: set[str] = set()
    for match in sorted(all_of_them, key=lambda each: (-each.score, OURS.index(each.ours), each.published.path)):
        if match.ours.name not in chosen and match.published.shape not in taken:
            chosen[match.ours.name] = match
            taken.add(match.published.shape)
    best = [chosen[ours.name] for ours in OURS if ours.name in chosen]
    return best, [match for match in all_of_them if match not in best and match.score >= _FAIR]


def best_match(published: Published) -> Match | None:
    """What of ours it looks like most, by itself; None where it fairly looks like nothing."""
    best = max((Match(ours, published, _score(ours, published)) for ours in OURS), key=lambda match: match.score)
    return best if best.score >= _FAIR else None


def _score(ours: Ours, published: Published) -> int:
    """Two for each common word of paths and names, one each for its hole, the fields that are sent and those that are told.

    Nothing where the verb is another, unless a POST says that it reads; without a common word fields must speak on both sides.
    """
    one = published.path.rstrip("/").endswith("}") or bool(published.operation and published.body)
    reads = ours.method == "GET" and published.method == "POST" and (published.reads or bool(_READS & published.words))
    if published.operation and reads != (ours.method == "GET"):
        return 0
    if not (ours.method == published.method or reads) or (ours.one and not (one or reads)):
        return 0
    common = len(ours.words & published.words)
    fields = bool(ours.sent & _words(*published.body, *published.query)) + bool(ours.told & _words(*published.answer))
    if not common:
        return fields if fields > 1 else 0
    return 2 * common + (1 if ours.one == one else 0) + fields


def _words(*names: str) -> frozenset[str]:
    return words_of(" ".join(names))


def draft(service: Service, name: str, source: str) -> str:
    """The file's text. It loads as it is; what nothing published could tell is said in its comments."""
    best, others = matches(service)
    secrets = [re.sub(r"\W", "_", header).upper() for header in service.key_headers]
    lines = [
        f"# Drafted from {clipped(source)}. Each operation says how surely it was matched; look at all, then: stormdrill target check",
        f"name: {name}",
        f"describe: {json.dumps(f'Drafted from {clipped(source)}.', ensure_ascii=False)}",
        "services:",
        f"  api: {{base: {json.dumps(service.base or 'http://127.0.0.1:1')}}}",
    ]
    lines += [f"  # ? {harmless(service.about_base)}"] if service.about_base else []
    lines += [f"secrets: [{', '.join(secrets)}]"] if secrets else []
    if secrets:
        pairs = zip(service.key_headers, secrets, strict=True)
        lines.append("headers: {" + ", ".join(f'{header}: "{{secret.{secret}}}"' for header, secret in pairs) + "}")
    told = frozenset().union(*(_told(match) for match in best))
    lines += _authorisation(service, best, told)
    lines += [f"# ? {harmless(note)}" for note in service.notes]
    by_cookie = "# ? nothing tells a token, so none is sent; cookies go back by themselves: session: {cookie: …, renew: session.create}"
    lines += [] if "token" in told or not best else [by_cookie]
    if any(match.published.operation for match in best):
        lines.append("outcome: {success: not exists $.errors}   # ? and by which code each error is a refusal, shed or a failure")
    lines.append("operations:" if best else "operations: {}")
    page = _login_page(service, best)
    if page is not None:
        lines += _paged(page, best)
        told |= {"csrf"}
    for match in best:
        lines += _operation(match, [other for other in others if other.ours is match.ours], told)
    missing = [ours.name for ours in OURS if ours.name not in {match.ours.name for match in best}]
    lines += [f"# ? nothing published looks like: {', '.join(missing)}"] if missing else []
    taken = {match.published.shape for match in best} | {page.shape for page in (page,) if page}
    left = [each for each in service.operations if each.shape not in taken]
    lines += ["# Published besides:", *(f"#   {each.method} {each.path}" for each in left[:_MOST_BESIDES])] if left else []
    lines += [f"#   and {len(left) - _MOST_BESIDES} more"] if len(left) > _MOST_BESIDES else []
    lines += ["# ? Still to be said, docs/attach.md tells how: mark_echo, kill_switch, outcome, prepare, readback", ""]
    return "\n".join(lines).encode("utf-8", "replace").decode()


def _login_page(service: Service, best: Sequence[Match]) -> Published | None:
    """The page that a login's form is on, where the form has a field that only a page tells."""
    login = next((match.published for match in best if match.ours.name == _LOGIN), None)
    if login is None or not (login.form and any(map(_HIDDEN.search, login.body))):
        return None
    return next((each for each in service.operations if each.method == "GET" and each.path == login.path), None)


def _paged(page: Published, best: Sequence[Match]) -> Iterator[str]:
    """The page as an operation, asked before the form."""
    form = next(match.published for match in best if match.ours.name == _LOGIN)
    hidden = next(field for field in form.body if _HIDDEN.search(field))
    yield "  session.page:   # the login's page, by its path"
    yield "    service: api"
    yield f"    path: {json.dumps(_braced(page.path))}"
    yield "    authorised: false"
    yield f"    extract: {{csrf: {json.dumps(f'field.{hidden}', ensure_ascii=False)}}}"


def _authorisation(service: Service, best: Sequence[Match], told: frozenset[str]) -> list[str]:
    header, _, value = service.sent_back.partition(": ")
    if header and service.sent_back != BEARER:
        return [f"authorisation: {{header: {header}, value: {json.dumps(value)}}}"]
    said = service.bearer or bool(header)
    sent = (each for match in best if match.ours.name != _LOGIN for each in match.published.headers)
    names = (each for each in sent if _TOKEN.search(each) and not _HIDDEN.search(each) and each not in service.key_headers)
    if not said and "token" in told and (named := next(names, "")):
        return [f'authorisation: {{header: {named}, value: "{{token}}"}}   # ? by its name']
    return [] if said else ["# ? no bearer token is published; say how the login's is sent: authorisation: {header: …, value: …}"]


def _told(match: Match) -> dict[str, str]:
    """What its answer tells, and where."""
    found = {"token": match.published.token} if match.published.token else {}
    for known, pattern, operations in _TELLS:
        names = (field for field in match.published.answer if _PLACE.fullmatch(field) and re.search(pattern, field, re.IGNORECASE))
        if match.ours.name in operations and known not in found and (place := next(names, "")):
            found[known] = f"$.{place}"
    return found


def _operation(match: Match, others: Sequence[Match], told: frozenset[str]) -> Iterator[str]:
    """Its lines; `told` is all that answers tell."""
    published, ours = match.published, match.ours
    yield f"  {ours.name}:   # confidence: {match.confidence}"
    listed = others[:_MOST_OTHERS]
    yield from (f"    # or: {other.published.method} {other.published.path}   (confidence: {other.confidence})" for other in listed)
    yield "    service: api"
    yield f"    method: {published.method}"
    asked = {name: value for name in published.query if (value := _known(name, told))}
    query = "&".join(f"{_braced(quote(name))}={value}" for name, value in asked.items())
    path = _path(published, told) + (f"?{query}" if query else "")
    yield f"    path: {json.dumps(path)}" + ("   # ? its holes" if "{" in path else "")
    unknown = [name for name in published.query if name not in asked]
    yield from ([f"    # ? its query may have besides: {', '.join(unknown)}"] if unknown else [])
    yield from ("    authorised: false",) if ours.name == _LOGIN or "token" not in told else ()
    yield from ("    before: [session.page]",) if ours.name == _LOGIN and "csrf" in told else ()
    fields = {field: _value(field, told) for field in published.body}
    if published.operation:
        yield from _graphql(published, fields)
    elif fields:
        yield f"    {'form' if published.form else 'body'}:"
        yield from _tree(fields, "      ", nested=not published.form)
    elif published.method == "POST" and not published.form:
        yield "    body: {}"
    if found := _told(match):
        yield f"    extract: {{{', '.join(f'{known}: {place}' for known, place in found.items())}}}"
    yield from _effect(published, ours) if ours.effect else ()
    besides = [header for header in published.headers if not _KEY.search(header)]
    yield from ([f"    # ? sent besides, by names of headers: {', '.join(besides)}"] if besides else [])


def _graphql(published: Published, fields: dict[str, str]) -> Iterator[str]:
    """The document as it was sent, without its literals, and its variables; where it was sent by a hash, what is known of it."""
    if not published.graphql:
        yield f"    # ? {published.operation} was sent by the hash of its document; write that as graphql: {{query: …, variables: {{…}}}}"
        yield from ("    body:", f"      operationName: {published.operation}", *(["      variables:"] if fields else []))
        yield from _tree(fields, "        ", nested=True)
        return
    yield "    graphql:"
    left_out = re.search(r'""|\b0\b', published.graphql)
    yield "      query: |-" + ('   # ? "" and 0 stand for values that were left out' if left_out else "")
    yield from (f"        {line}" for line in published.graphql.splitlines())
    if fields:
        yield "      variables:"
        yield from _tree(fields, "        ", nested=True)


def _effect(published: Published, ours: Ours) -> Iterator[str]:
    yield f'    effect: {{business: "{{customer}}:{ours.name}:{{campaign.activity}}"}}   # ? who, what, in which period'
    key = next((header for header in published.headers if _KEY.search(header)), "")
    yield f"    # ? its idempotency key: {key or 'Idempotency-Key, or a field of the body'}"


def _tree(fields: dict[str, str], indent: str, *, nested: bool) -> Iterator[str]:
    """Fields with dots as objects in objects."""
    done: set[str] = set()
    for field, value in fields.items():
        head, _, rest = field.partition(".") if nested else (field, "", "")
        if head in done:
            continue
        done.add(head)
        if not rest:
            yield f"{indent}{json.dumps(head, ensure_ascii=False)}: {value}"
        else:
            yield f"{indent}{json.dumps(head, ensure_ascii=False)}:"
            inner = {name.partition(".")[2]: each for name, each in fields.items() if name.startswith(f"{head}.")}
            yield from _tree(inner, f"{indent}  ", nested=True)


def _value(field: str, told: frozenset[str]) -> str:
    known = "{csrf}" if "csrf" in told and _HIDDEN.search(field) else _known(field.rpartition(".")[2], told)
    return json.dumps(known) if known else '""   # ? what it is'


def _known(name: str, told: frozenset[str]) -> str | None:
    """What fills a field of such a name; None where that would have to be told, and nothing tells it."""
    value = stands_for(name)
    return None if value is None or _untold(value, told) else value


def _untold(value: str, told: frozenset[str]) -> bool:
    return value.strip("{}") in _TOLD - told


def stands_for(name: str) -> str | None:
    """What fills a field of such a name."""
    return next((value for pattern, value in _VALUES if re.search(pattern, name, re.IGNORECASE)), None)


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _path(published: Published, told: frozenset[str]) -> str:
    """Its holes filled by what we know of that name, else braces that stand for themselves."""

    def fill(hole: "re.Match[str]") -> str:
        value = next((value for pattern, value in _HOLES if re.search(pattern, hole[1], re.IGNORECASE)), None) or stands_for(hole[1])
        return value if value and not _untold(value, told) else f"{{{{{hole[1]}}}}}"

    return re.sub(r"\{([^{}]*)\}", fill, published.path)
