"""Whether reads show what the target's file says of them: a list that has what was done, a balance, a state, the stock of a prize."""

from collections.abc import Iterable, Iterator

from locustfiles.tryout.effects_made import Effect
from locustfiles.tryout.traced_client import TracedClient
from scenarios.harmless import clipped
from scenarios.plan.campaign import prize_scopes
from scenarios.run.records import answer_digest
from scenarios.target.converters import split_path
from scenarios.target.responses import Response, compile_path
from scenarios.target.view_reading import row_reader, view_reader
from scenarios.target.views import BalanceView, RowsView, StateView, StockView, View


def shows_nothing(client: TracedClient, name: str) -> Iterator[str]:
    """A sentence for each view of which the last answer, a success, tells nothing where the file looks for it."""
    shows, response = client.plan.target.operations[name].shows, client.response
    if shows is None or response is None:
        return
    for view in shows.views:
        if why := _nothing_of(client, view, response):
            yield f"{name}: shows: {why}"


def _nothing_of(client: TracedClient, view: View, response: Response) -> str:
    match view:
        case BalanceView() if view_reader(view)(response, "") is None:
            return nothing_at(view.fen, response)
        case StateView() if view_reader(view)(response, "") is None:
            return nothing_at(view.state, response)
        case RowsView() if row_reader(view)(response) is None:
            return f"there is no list at {view.rows}"
        case StockView():
            plan = client.plan
            batch = "" if view.batch == "''" else plan.scenario.campaign.batch
            items = [str(prize["sku"]) for prize in prize_scopes(plan.scenario, plan.target.items)]
            if all(view_reader(view)(response, (item, batch)) is None for item in items):
                of_batch = f" of batch {clipped(batch)}" if batch else ""
                return f"the list at {view.rows} tells what is left{of_batch} of none of {clipped(', '.join(items))}"
    return ""


def lists_of(client: TracedClient, made: Iterable[Effect]) -> Iterator[tuple[str, list[RowsView]]]:
    """The reads that list effects by name of a kind that was made."""
    done = {effect.operation for effect in made if effect.digest}
    for name, operation in client.plan.target.operations.items():
        views = [view for view in operation.shows.rows if view.effect and view.of in done] if operation.shows else []
        if views:
            yield name, views


def unlisted(view: RowsView, made: Iterable[Effect], response: Response | None) -> list[str]:
    """What was made and is not in a list that has room for it: a sentence each."""
    rows = (row_reader(view)(response) if response else None) or []
    if view.most is not None and len(rows) >= view.most:
        return []
    listed = {answer_digest(row.effect) for row in rows if row.effect is not None}
    missing = [effect for effect in made if effect.operation == view.of and effect.digest and effect.digest not in listed]
    return [f"the list at {view.rows} has no {view.effect} that is the id of this customer's {effect.operation}" for effect in missing]


def nothing_at(path: str, response: Response | None) -> str:
    """Why a path gives nothing: there is nothing, or what there is cannot be converted so."""
    plain, chain = split_path(path)
    value = compile_path(plain)(response) if response is not None and chain else None
    if value is None:
        return f"there is nothing at {path}"
    beyond = "; a number beyond 64 bits stays what it is, digit for digit, without |int" if "int" in (chain or "") else ""
    return f"at {plain} there is {clipped(str(value))}, of which |{chain} makes nothing{beyond}"
