"""Read the declarations of a notebook's parameters cell without a kernel, and check values against them.

papermill only warns of a misspelt parameter and goes on with the default, and it does not look at types.
Here each parameter must be declared, given and of its declared type before a kernel is started.
"""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeGuard

from forecast.base.errors import RunError, SpecError, shown
from forecast.base.labels import Phrase
from forecast.base.spec import nearest

if TYPE_CHECKING:
    from nbformat import NotebookNode

Value = str | int | float | bool
TAG: Final = "parameters"
_TRUTH: Final = {"true": True, "false": False}
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of a parameters cell: ``name: type = value  # help``."""

    name: str
    type_name: str
    default: Value
    help: str = ""


def is_of(value: object, type_name: str) -> TypeGuard[Value]:
    """Whether a value is of a declared type; a whole number serves as a float, a flag as nothing else.

    >>> is_of(1, "float"), is_of(True, "int")
    (True, False)
    """
    if isinstance(value, bool):
        return type_name == "bool"
    return isinstance(value, _TYPES[type_name])


def read_declarations(notebook: NotebookNode, name: str) -> tuple[Parameter, ...]:
    """Read the parameters cell of a notebook.

    `notebook`: as stored, in any state; `name`: the notebook's file name, for messages. In the cell's order.
    Raises RunError if there is no such cell, or one of its lines is not ``name: type = value  # help`` with a
    plain literal of type str, int, float or bool.
    """
    tagged = (cell for cell in notebook.cells if TAG in cell.get("metadata", {}).get("tags", []))
    cell = next((cell for cell in tagged if cell.cell_type == "code"), None)
    if cell is None:
        raise RunError("run.no_parameters_cell", {"notebook": name})
    try:
        statements = ast.parse(cell.source).body
        helps = _helps(cell.source)
    except SyntaxError as error:
        raise _bad_line(name, cell.source, error.lineno or 1) from None
    except (ValueError, MemoryError, RecursionError):  # brackets or signs without end
        raise _bad_line(name, cell.source, 1) from None
    parameters = tuple(_parameter(name, cell.source, statement, helps) for statement in statements)
    for place, parameter in enumerate(parameters):
        if any(parameter.name == other.name for other in parameters[:place]):
            raise _bad_line(name, cell.source, statements[place].lineno)
    return parameters


def check_values(name: str, parameters: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, Value]:
    """Check given values against a notebook's parameters; give them in the cell's order.

    Raises SpecError with every unknown name (and the nearest known one), missing name and value of a wrong
    type.
    """
    names = [parameter.name for parameter in parameters]
    wrong = [_unknown(name, names) for name in given if name not in names]
    wrong += [Phrase("run.parameter_missing", {"name": missing}) for missing in names if missing not in given]
    values: dict[str, Value] = {}
    for parameter in parameters:
        if parameter.name not in given:
            continue
        value = given[parameter.name]
        if is_of(value, parameter.type_name):
            values[parameter.name] = value
        else:
            wrong.append(_ill_typed(parameter, value))
    if wrong:
        raise SpecError("run.parameters_refused", {"notebook": name, "problems": tuple(wrong)})
    return values


def parse_texts(
    name: str,
    parameters: Sequence[Parameter],
    texts: Sequence[str],
    *,
    settle: Callable[[str, Value], Value] = lambda _, value: value,
) -> dict[str, Value]:
    """Read ``name=value`` texts, as a command line has them, as values of the declared types.

    `name`: the notebook's file name, for messages; `settle`: gives the value that is meant by a name and a
    value, or refuses it with SpecError. Raises SpecError with every text without ``=``, unknown name (and the
    nearest known one), name that comes twice, value that is not written as its type is, and value that
    `settle` refuses.

    >>> parse_texts("a.ipynb", [Parameter("share", "float", 0.5), Parameter("force", "bool", False)],
    ...       ["share=0.25", "force=true"])
    {'share': 0.25, 'force': True}
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Value] = {}
    wrong: list[Phrase] = []
    for text in texts:
        target, equals, written = text.partition("=")
        target = target.strip()
        if not equals or not target:
            wrong.append(Phrase("run.parameter_form", {"found": shown(text)}))
        elif target not in by_name:
            wrong.append(_unknown(shown(target), list(by_name)))
        elif target in values:
            wrong.append(Phrase("run.parameter_twice", {"name": target}))
        elif (value := _read(written, by_name[target].type_name)) is None:
            kind = Phrase(f"run.type.{by_name[target].type_name}")
            wrong.append(
                Phrase("run.parameter_text", {"name": target, "type": kind, "found": shown(written)})
            )
        else:
            try:
                values[target] = settle(target, value)
            except SpecError as error:
                wrong.append(Phrase(error.key, error.facts))
    if wrong:
        raise SpecError("run.parameters_refused", {"notebook": name, "problems": tuple(wrong)})
    return values


def _read(written: str, kind: str) -> Value | None:
    """Give the value that a text stands for; None if it is none of this type."""
    plain = written.strip()
    match kind:
        case "bool":
            return _TRUTH.get(plain.casefold())
        case "int":
            return int(plain) if _WHOLE.fullmatch(plain) else None
        case "float":
            value = float(plain) if _NUMBER.fullmatch(plain) else math.nan
            return value if math.isfinite(value) else None
    return written if written.isprintable() else None


def _parameter(name: str, source: str, statement: ast.stmt, helps: Mapping[int, str]) -> Parameter:
    match statement:
        case ast.AnnAssign(
            target=ast.Name(id=target), annotation=ast.Name(id=kind), value=ast.expr() as node
        ):
            default = _literal(node)
            if kind in _TYPES and is_of(default, kind) and _sound(default):
                return Parameter(target, kind, default, helps.get(statement.end_lineno or 0, ""))
    raise _bad_line(name, source, statement.lineno)


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None  # of no declared type, so the line is refused


def _sound(default: Value) -> bool:
    """Whether a default can be written and computed with."""
    if isinstance(default, float):
        return math.isfinite(default)
    return not isinstance(default, str) or default.encode("utf-8", "replace").decode() == default


def _helps(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ").rstrip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _bad_line(name: str, source: str, number: int) -> RunError:
    line = source.splitlines()[number - 1].strip() if source else ""
    return RunError("run.bad_parameters_cell", {"notebook": name, "line": shown(line)})


def _unknown(name: str, names: Sequence[str]) -> Phrase:
    near = nearest(name, names)
    if near:
        return Phrase("run.parameter_unknown_near", {"name": name, "near": near})
    return Phrase("run.parameter_unknown", {"name": name, "known": list(names)})


def _ill_typed(parameter: Parameter, value: object) -> Phrase:
    facts = {"name": parameter.name, "expected": parameter.type_name}
    return Phrase("run.parameter_type", {**facts, "found": repr(value), "type": type(value).__name__})
