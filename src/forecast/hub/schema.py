"""Check JSON and YAML of a hub against a schema; list all that is wrong, in words of the catalogue."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

from forecast.base.errors import DataError, Problem, shown
from forecast.base.incoming import MOST_DEPTH, NoNumberError, RepeatedKeyError, content, record, refusal, text

OLDEST: Final = (6, 0, 0)
_DATASETS: Final = ("time-series", "oracle-output")
MOST_LISTED: Final = 100  # errors of one file
_DASHES: Final = re.compile(rf"(?:[-?:]\s+){{{MOST_DEPTH}}}")
_VERSION: Final = re.compile(r"/v(\d{1,4})\.(\d{1,4})\.(\d{1,4})/([a-z-]+)-schema\.json$")
_WORDED: Final = frozenset(  # keywords of JSON schema that have a sentence of their own
    "type enum const minimum maximum uniqueItems pattern maxLength minLength format minItems".split()
)


def _object(needed: str = "", *, others: Any = True, least: int = 0, **properties: Any) -> dict[str, Any]:
    """Make the schema of an object; `needed` names its required entries, `properties` describes entries."""
    whole = {"type": "object", "required": needed.split(), "properties": properties}
    return whole | {"additionalProperties": others, "minProperties": least}


def _array(items: Any, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_TEXT, _NUMBER, _FLAG = ({"type": kind} for kind in ("string", "number", "boolean"))
_COUNT, _LIST = {"type": "integer", "minimum": 1}, {"type": ["array", "null"]}
_FORMATS = _array({"enum": ["csv", "parquet", "arrow"]}, 1)
_TEXTS = {**_LIST, "items": _TEXT}
_VALUES = {**_LIST, "items": {"type": ["string", "number", "boolean"]}}
_VALUE = _object("type", type={"enum": ["double", "integer"]}, minimum=_NUMBER, maximum=_NUMBER)
_OUTPUT = _object(
    "output_type_id value is_required",
    output_type_id=_object("required", required=_VALUES),
    value=_VALUE,
    is_required=_FLAG,
)
_SAMPLE = _object(
    "output_type_id_params value is_required",
    output_type_id_params=_object(
        "type min_samples_per_task max_samples_per_task",
        type={"enum": ["character", "integer"]},
        compound_taskid_set=_array(_TEXT),
        max_length=_COUNT,
        min_samples_per_task=_COUNT,
        max_samples_per_task=_COUNT,
    ),
    value=_VALUE,
    is_required=_FLAG,
)
_GROUP = _object(
    "task_ids output_type target_metadata",
    task_ids=_object(least=1, others=_object("required optional", required=_VALUES, optional=_VALUES)),
    output_type=_object(
        least=1,
        others=False,
        sample=_SAMPLE,
        mean=_OUTPUT,
        median=_OUTPUT,
        quantile=_OUTPUT,
        cdf=_OUTPUT,
        pmf=_OUTPUT,
    ),
    target_metadata=_array(
        _object(
            "target_id target_type target_keys", target_type=_TEXT, target_keys={"type": ["object", "null"]}
        )
    ),
)
_ROUND = _object(
    "round_id_from_variable round_id model_tasks",
    round_id_from_variable=_FLAG,
    round_id=_TEXT,
    derived_task_ids=_TEXTS,
    file_format=_FORMATS,
    model_tasks=_array(_GROUP, 1),
)
_TARGET_DATA = _object("observable_unit date_col", observable_unit=_array(_TEXT, 1), date_col=_TEXT)
_TARGET_DATA["properties"] |= dict.fromkeys(
    _DATASETS, _object(observable_unit=_TEXTS, non_task_id_schema=_object())
)
# What this package needs of the files, whatever else a hub's own version asks for.
NEEDED: Final[Mapping[str, Mapping[str, Any]]] = {
    "tasks.json": _object(
        "schema_version rounds", schema_version=_TEXT, derived_task_ids=_TEXTS, rounds=_array(_ROUND, 1)
    ),
    "admin.json": _object(
        file_format=_FORMATS,
        timezone=_TEXT,
        model_output_dir={"type": "string", "pattern": r"^(?!.*\.\.)[^/\\].*$", "maxLength": 80},
    ),
    "target-data.json": _TARGET_DATA,
    "model-metadata-schema.json": _object(),
}


def read_json(path: Path, name: str) -> Any:
    """Read a file of JSON.

    Raises DataError if it is missing, too large, or no JSON; with the place where it ends to be.
    """
    whole = text(content(path, name=name), name)
    try:
        return record(whole, foreign=True)
    except json.JSONDecodeError as error:
        raise refusal(name, "hub.expect.json", error.lineno, place=error.colno) from error
    except RepeatedKeyError as error:
        raise DataError(
            [Problem(name, None, "", "", "expect.json_key_once", {"name": shown(error.args[0])})]
        ) from error
    except NoNumberError as error:
        raise DataError([Problem(name, None, "", error.args[0], "hub.expect.json_number")]) from error
    except ValueError as error:
        raise refusal(name, "hub.expect.flat_json") from error


def read_yaml(path: Path, name: str) -> Any:
    """Read a file of YAML; aliases, by which a short file can stand for an endless one, are refused.

    Raises DataError if it is missing, too large or no YAML.
    """
    import yaml

    whole = text(content(path, most=1_000_000, name=name), name)
    brackets = accumulate((char in "[{") - (char in "]}") for char in whole)
    if max(brackets, default=0) > MOST_DEPTH or _DASHES.search(whole):  # which takes the parser ages
        raise refusal(name, "hub.expect.yaml")
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(whole, Loader=yaml.SafeLoader)):
            raise refusal(name, "hub.expect.no_alias")
        return yaml.safe_load(whole)
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else None
        raise refusal(name, "hub.expect.yaml", row) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise refusal(name, "hub.expect.yaml") from error


def check_config(name: str, document: Any, schemas: Path | None) -> tuple[list[Problem], bool]:
    """Check a file of hub-config against `NEEDED` and the hubverse's schema of its version.

    Returns
    -------
    problems : list of Problem
    known : bool
        False if the schema of its version is not there.
    """
    file = f"hub-config/{name}"
    problems = check(document, NEEDED[name], file, known=True)
    if problems or name == "model-metadata-schema.json":
        return problems, True
    address = str(document.get("schema_version", ""))
    version = _VERSION.search(address)
    numbers = tuple(int(part) for part in version.groups()[:3]) if version else ()
    if numbers < OLDEST:
        return [Problem(file, None, "schema_version", address, "hub.expect.version")], True
    official = _official(schemas, name, ".".join(map(str, numbers)))
    if official is None:
        return [], False
    return check(document, read_json(official, official.name), file, known=True), True


def _official(schemas: Path | None, name: str, version: str) -> Path | None:
    """Find the hubverse's schema of a file, in a folder of its version or in the folder itself."""
    if schemas is None:
        return None
    if not schemas.is_dir():
        raise refusal(str(schemas), "hub.expect.schemas")
    file = name.replace(".json", "-schema.json")
    for path in (schemas / f"v{version}" / file, schemas / file):
        if path.is_file() and f"/v{version}/" in str(read_json(path, file).get("$id", "")):
            return path
    return None


def check(document: Any, against: Mapping[str, Any], name: str, *, known: bool = False) -> list[Problem]:
    """Check a document against a JSON schema, without network.

    The schema itself is checked first, unless it is `known` to be good.
    """
    from jsonschema import FormatChecker, SchemaError, validators
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    kind = validators.validator_for(against, default=validators.Draft202012Validator)
    problems: list[Problem] = []
    try:
        if not known:
            kind.check_schema(against)
        validator = kind(against, format_checker=FormatChecker(["date"]), registry=Registry())
        for error in validator.iter_errors(document):
            problems += _problems_of(error, name)
            if len(problems) >= MOST_LISTED:
                break
    except (SchemaError, Unresolvable, RecursionError, re.error):
        return [Problem(name, None, "", "", "hub.expect.schema")]
    return sorted(problems, key=lambda problem: problem.column)


def _problems_of(error: Any, name: str) -> Iterator[Problem]:
    """Word an error of jsonschema: where it stands, what was found, what is allowed."""
    while error.validator in {"oneOf", "anyOf"} and error.context:
        error = max(error.context, key=lambda part: len(part.absolute_path))
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    where, key = place.lstrip("."), error.validator
    if key == "required":
        missing = re.match(r"'(.*?)' is a required", error.message)
        yield Problem(
            name, None, where, "", "hub.schema.required", {"missing": missing[1] if missing else ""}
        )
    elif key in {"additionalProperties", "unevaluatedProperties"}:
        extra = sorted(set(error.instance) - set(error.schema.get("properties", {})))
        yield Problem(name, None, where, ", ".join(extra), "hub.schema.extra")
    else:
        allowed = error.validator_value
        facts = {"allowed": allowed if isinstance(allowed, list | str) else json.dumps(allowed)}
        value = json.dumps(error.instance, ensure_ascii=False, default=str)
        keyword = key if key in _WORDED else "other"
        yield Problem(
            name, None, where, value, f"hub.schema.{keyword}", facts if keyword == key else {"rule": key}
        )


def check_rules(tasks: Mapping[str, Any]) -> list[Problem]:
    """Check what a schema cannot say of tasks.json: names that must be task ids, contradictory numbers."""
    problems: list[Problem] = []
    names: set[str] = set()
    for r, round_ in enumerate(tasks["rounds"]):
        if round_["round_id"] in names:
            problems.append(_wrong(f"rounds[{r}].round_id", round_["round_id"], "round_twice"))
        names.add(round_["round_id"])
        for g, group in enumerate(round_["model_tasks"]):
            place = f"rounds[{r}].model_tasks[{g}]"
            if round_["round_id_from_variable"] and round_["round_id"] not in group["task_ids"]:
                facts = {"allowed": list(group["task_ids"])}
                problems.append(_wrong(f"rounds[{r}].round_id", round_["round_id"], "task_id", **facts))
            problems += _of_group(group, place)
            derived = round_.get("derived_task_ids") or tasks.get("derived_task_ids") or ()
            problems += _of_derived(derived, list(group["task_ids"]), place)
    return [problem for at, problem in enumerate(problems) if problem not in problems[:at]]


def check_target_data(target: Mapping[str, Any], task_ids: Sequence[str]) -> Iterator[Problem]:
    """Check that target-data.json speaks of columns that there are: task ids, or those that it names."""
    parts = {name: target.get(name, {}) for name in _DATASETS}
    units = {"observable_unit": target["observable_unit"]}
    units |= {f"{name}.observable_unit": part.get("observable_unit") or () for name, part in parts.items()}
    named = [*task_ids, *(name for part in parts.values() for name in part.get("non_task_id_schema", ()))]
    file, day = "hub-config/target-data.json", target["date_col"]
    facts = {"allowed": list(dict.fromkeys(named))}
    if day not in [*named, *(name for unit in units.values() for name in unit)]:
        yield Problem(file, None, "date_col", day, "hub.rule.day_column", facts)
    for where, unit in units.items():
        for name in unit:
            if name not in (*named, day):
                yield Problem(file, None, where, name, "hub.rule.unit_column", facts)


def check_timezone(admin: Mapping[str, Any]) -> Iterator[Problem]:
    """Check that the time zone is one of the TZ database, where the system has it."""
    zone, zones = admin.get("timezone"), available_timezones()
    if zone is not None and zones and zone not in zones:
        yield Problem("hub-config/admin.json", None, "timezone", zone, "hub.rule.timezone")


def _of_group(group: Mapping[str, Any], place: str) -> Iterator[Problem]:
    ids = list(group["task_ids"])
    for name, values in group["task_ids"].items():
        both = {*map(str, values["required"] or ())} & {*map(str, values["optional"] or ())}
        for value in sorted(both):
            yield _wrong(f"{place}.task_ids.{name}", value, "value_twice")
    for level in group["output_type"].get("quantile", {}).get("output_type_id", {}).get("required") or ():
        if not (is_number(level) and 0 <= level <= 1):
            yield _wrong(f"{place}.output_type.quantile", level, "level")
    params = group["output_type"].get("sample", {}).get("output_type_id_params", {})
    if params:
        yield from _of_samples(params, ids, f"{place}.output_type.sample")
    for t, target in enumerate(group["target_metadata"]):
        for name, value in (target["target_keys"] or {}).items():
            values = group["task_ids"].get(name, {})
            if value not in [*(values.get("required") or ()), *(values.get("optional") or ())]:
                yield _wrong(f"{place}.target_metadata[{t}].target_keys", f"{name}: {value}", "target_key")


def _of_derived(derived: Sequence[str], ids: list[str], place: str) -> Iterator[Problem]:
    """A task is told from others by what does not follow from other task ids."""
    for name in derived:
        if name not in ids:
            yield _wrong(f"{place}.derived_task_ids", name, "task_id", allowed=ids)
    if set(ids) <= set(derived):
        yield _wrong(f"{place}.derived_task_ids", ", ".join(derived), "all_derived")


def _of_samples(params: Mapping[str, Any], ids: list[str], where: str) -> Iterator[Problem]:
    for name in params.get("compound_taskid_set") or ():
        if name not in ids:
            yield _wrong(where, name, "task_id", allowed=ids)
    if params["min_samples_per_task"] > params["max_samples_per_task"]:
        yield _wrong(where, params["min_samples_per_task"], "fewest_most")


def is_number(value: Any) -> bool:
    """Tell a number of JSON from a text and from true and false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(where: str, value: Any, key: str, **facts: Any) -> Problem:
    return Problem("hub-config/tasks.json", None, where, str(value), f"hub.rule.{key}", facts)
