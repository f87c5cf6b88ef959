"""A field of a row: a path into it, with converters, or a constant in quotes."""

from collections.abc import Callable
from dataclasses import dataclass

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.converters import ALLOWED, Converter, compile_converters, split_path
from scenarios.target.json_paths import Step, walk, walk_steps


@dataclass(frozen=True, slots=True)
class RowField:
    """Where a row tells something."""

    constant: str | None
    steps: tuple[Step, ...] = ()
    convert: Converter | None = None
    spelled: str = ""
    """Its converters, as the file has them."""

    @classmethod
    def of(cls, source: str) -> "RowField":
        """Raises BadInput where it is none."""
        if len(source) > 1 and source[0] == "'" == source[-1]:
            return cls(source[1:-1])
        path, chain = split_path(source)
        if not path.startswith("$"):
            raise BadInput(f"{clipped(source)!r} is no field of a row; allowed: $.name.name[0] with |{ALLOWED}, or 'text' in quotes")
        convert = None if chain is None else compile_converters(chain, source)
        return cls(None, walk_steps(path, path[1:]), convert, chain or "")

    def raw(self, row: object) -> object:
        """As the row has it; None where it does not."""
        return self.constant if self.constant is not None else walk(row, self.steps)

    def value(self, row: object) -> object:
        """Converted; None where it cannot be."""
        return self.converted(self.raw(row))

    def converted(self, raw: object) -> object:
        """What becomes of a value as the row has it."""
        return raw if self.convert is None or raw is None else self.convert(raw)


def field_getter(source: str) -> Callable[[object], object]:
    """What gives the value of a row's field. Raises BadInput."""
    return RowField.of(source).value
