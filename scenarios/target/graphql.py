"""A GraphQL document as a request's body: the query as it is, and its variables with placeholders."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from scenarios.errors import Misfit
from scenarios.strict import Strict
from scenarios.target.fields import BodyTree, InnerName
from scenarios.target.templates import JsonTemplate

_DECLARED = re.compile(r"\$(\w{1,80})\s{0,20}:\s{0,20}([\w!\[\]]{1,200})\s{0,20}(=?)")


def _balanced(query: str) -> str:
    if not query.strip().endswith("}") or query.count("{") != query.count("}"):
        raise ValueError("is no GraphQL document: each { has its }, and the last } is its end")
    return query


class GraphQL(Strict):
    """What is posted: {"query": …, "variables": …}. Braces of the query are its own; only variables have placeholders."""

    query: Annotated[str, Field(max_length=20_000), AfterValidator(_balanced)]
    variables: dict[InnerName, BodyTree] = {}

    @model_validator(mode="after")
    def _declared(self) -> "GraphQL":
        declared = {name: (kind, more) for name, kind, more in _DECLARED.findall(self.query)}
        if unknown := next((name for name in self.variables if name not in declared), None):
            raise Misfit(f"the query declares no ${unknown}; it declares: {', '.join(declared) or 'none'}", "variables", unknown)
        for name, (kind, more) in declared.items():
            if kind.endswith("!") and more != "=" and name not in self.variables:
                raise Misfit(f"the query needs ${name}: {kind}, which is none of the variables", "variables")
        return self

    def compiled(self) -> JsonTemplate:
        """The body."""
        literal = self.query.replace("{", "{{").replace("}", "}}")
        return JsonTemplate.of({"query": literal, "variables": {**self.variables}})
