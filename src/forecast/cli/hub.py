"""`forecast hub validate|ensemble|score|export`: work with forecasts in hubverse layout."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from forecast.base import labels
from forecast.base.disk import replace_file, writing
from forecast.base.errors import EXIT_GOOD, DataError, Problem, SpecError
from forecast.base.spec import refuse_unknown
from forecast.cli.local import (
    action,
    argument,
    choice,
    option,
    refuse_beside,
    refuse_foreign,
    require_options,
    verb,
)
from forecast.cli.plain import table
from forecast.cli.types import PathType

if TYPE_CHECKING:
    import pandas as pd

    from forecast.hub.layout import Hub
    from forecast.hub.validate import Submission

METHODS: Final = ("mean", "median", "linear_pool")
DEFAULT_NAME: Final = "hub-ensemble"
_ONLY: Final = {
    **dict.fromkeys(("method", "weights", "name", "force"), ("ensemble",)),
    **dict.fromkeys(("baseline", "by", "observed", "target", "rows"), ("score",)),
    **dict.fromkeys(("run", "license", "reports-dir"), ("export",)),
    "out": ("ensemble", "score"),
    **dict.fromkeys(("round", "model", "schemas"), ("validate", "ensemble", "score")),
}


@verb(
    "hub",
    action("validate", "ensemble", "score", "export"),
    argument("hub", "HUB", type=PathType()),
    option("round", multiple=True, metavar="NAME"),
    option("schemas", type=PathType(), metavar="FOLDER"),
    option("model", multiple=True, metavar="TEAM-MODEL"),
    option("method", **choice(METHODS)),
    option("weights", type=PathType(), metavar="FILE"),
    option("name", metavar="TEAM-MODEL"),
    "force",
    option("baseline", metavar="TEAM-MODEL"),
    option("by", multiple=True, metavar="COLUMN", default=None),
    option("observed", type=PathType(), metavar="FILE"),
    option("target", metavar="NAME"),
    option("rows", type=PathType(), metavar="FILE"),
    option("out", metavar="PATH"),
    option("run", metavar="ID|FOLDER"),
    option("license", metavar="NAME"),
    "reports-dir",
)
def hub(*, action: str, hub: Path, lang: str, **given: Any) -> int:
    """Validate, combine, score or export, by `action`."""
    refuse_foreign(_ONLY, action)
    run = given["run"]
    refuse_beside("run", "reports-dir", given=run is not None and Path(run).is_dir())
    if action == "export":
        export(hub, lang=lang, **given)
        return EXIT_GOOD
    from forecast.hub import layout

    config = layout.read(hub, given["schemas"])
    actions: Mapping[str, Callable[..., None]] = {"validate": validate, "ensemble": ensemble, "score": score}
    actions[action](config, lang=lang, **given)
    return EXIT_GOOD


def validate(
    hub: Hub,
    *,
    round: Sequence[str],  # noqa: A002 - the option's name
    model: Sequence[str],
    lang: str,
    **_: object,
) -> None:
    """Check a hub, and say all that is wrong."""
    from forecast.hub.validate import check

    _refuse_unknown_rounds(round, hub)
    _refuse_unknown_models(model, hub)
    result = check(hub, rounds=round, models=model)
    for remark in result.remarks:
        click.echo(remark.text(lang), err=True)
    if result.problems:
        raise DataError(result.problems)
    if model and not result.files:
        raise SpecError("hub.no_file", {"models": list(model), "round": ", ".join(round) or "–"})
    click.echo(labels.text("hub.sound", lang, hub=hub.root, files=result.files, rows=result.rows))


def ensemble(
    hub: Hub,
    *,
    round: Sequence[str],  # noqa: A002 - the option's name
    model: Sequence[str],
    method: str | None,
    weights: Path | None,
    name: str | None,
    force: bool,
    out: Path | None,
    lang: str,
    **_: object,
) -> None:
    """Combine the models of each round asked for, and write a table a round.

    A table that is there is written over under the usual name, and else only by `force`: it may be a team's.
    """
    from forecast.hub import checks, tables
    from forecast.hub.ensemble import combine
    from forecast.hub.layout import MODEL

    name = name or DEFAULT_NAME
    if not MODEL.fullmatch(name):
        raise DataError([Problem("--name", None, "", name, "hub.expect.model_name")])
    require_options("hub ensemble", {"--round": round or None})
    submissions = [
        submission for submission in _submissions(hub, round, model, lang) if submission.model != name
    ]
    shares = _weights(weights, {submission.model for submission in submissions}, hub.teams)
    folder = out or hub.output_folder / name
    own = name == DEFAULT_NAME or force
    for place in (
        folder / f"{round_id}-{name}.{ending}" for round_id in round for ending in ("csv", "parquet")
    ):
        if place.exists() and not own:
            raise SpecError("hub.taken", {"name": name, "path": place})
    for round_name in dict.fromkeys(round):
        parts = [submission for submission in submissions if submission.round_name == round_name]
        round_ = hub.round_of(round_name)
        if not parts or round_ is None:
            raise SpecError("hub.no_models", {"round": round_name})
        combined = {submission.model for submission in parts}
        absent = [team for team in model or hub.teams if team not in {*combined, name}]
        _tell_absent(absent, round_name, model, lang)
        frame, left_out = combine(parts, round_, method or "mean", shares)
        ending = "csv" if "csv" in round_.formats else "parquet"
        place = folder / f"{round_name}-{name}.{ending}"
        with writing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            if ending == "parquet":
                tables.write_parquet(place, frame.replace({"": None}))
            else:
                replace_file(place, tables.write_csv(frame.replace({"": None})))
        problems, _frame = checks.check(tables.read(place, place.name), round_name, round_, place.name)
        facts = {"method": labels.text(f"hub.method.{method or 'mean'}", lang), "path": place}
        facts |= {"count": len(combined), "rows": len(frame)}
        click.echo(labels.text("hub.combined", lang, **facts))
        if left_out:
            click.echo(labels.text("hub.left_out", lang, kinds=left_out), err=True)
        for problem in problems:
            if problem.expected_key != "hub.expect.output_type":  # what was left out
                click.echo(f"  {problem.text(lang)}", err=True)


def _tell_absent(absent: Sequence[str], round_name: str, asked: Sequence[str], lang: str) -> None:
    """Name the models that have no file in a round; refuse, if they were asked for."""
    if absent and asked:
        raise SpecError("hub.no_file", {"models": list(absent), "round": round_name})
    if absent:
        click.echo(labels.text("hub.absent", lang, models=list(absent), round=round_name), err=True)


def score(
    hub: Hub,
    *,
    round: Sequence[str],  # noqa: A002 - the option's name
    model: Sequence[str],
    baseline: str | None,
    by: Sequence[str],
    observed: Path | None,
    target: str | None,
    rows: Path | None,
    out: Path | None,
    lang: str,
    **_: object,
) -> None:
    """Score the models, and show their means."""
    from forecast.cli.panels import refuse_places
    from forecast.hub import observed as outcomes
    from forecast.hub import scoring, tables

    for column in by:
        if column not in hub.task_ids:
            refuse_unknown("--by", column, hub.task_ids)
    refuse_places({"--observed": observed, "--rows": rows, "--out": out})
    submissions = _submissions(hub, round, model, lang)
    if baseline is not None and baseline not in {submission.model for submission in submissions}:
        refuse_unknown("--baseline", baseline, sorted({submission.model for submission in submissions}))
    known = _known(hub, observed, target, submissions, lang)
    frame, unknown = scoring.scores(submissions, hub, known)
    if unknown:
        click.echo(labels.text("hub.unknown", lang, count=unknown), err=True)
    if frame.empty:
        if strange := outcomes.strange_values(known, hub, str(observed or outcomes.FOLDER)):
            raise DataError(strange)
        raise SpecError("hub.nothing_to_score")
    means = scoring.summary(frame, by=by, baseline=baseline)
    for path, result in ((rows, frame), (out, means)):
        if path is not None:
            _write(path, tables.write_csv(result))
            click.echo(labels.text("hub.written", lang, path=path))
    for kind, part in means.groupby("output_type", sort=False):
        click.echo(f"\n{kind}\n{_means_table(part.drop(columns='output_type'), lang)}")


def _known(
    hub: Hub, file: Path | None, target: str | None, submissions: Sequence[Submission], lang: str
) -> pd.DataFrame:
    """Read the outcomes of some forecasts, and say which of either have no counterpart or are far apart."""
    from forecast.hub import agreement, observed, outcomes

    known = observed.read(hub, file=file, target=target)
    forecasts = [submission.frame for submission in submissions]
    if wrong := [*outcomes.untold(known, forecasts, str(file or observed.FOLDER), hub)]:
        raise DataError(wrong)
    remarks = [*observed.unmatched(known, forecasts, hub, besides=["target"] if target else [])]
    remarks += agreement.odd_outcomes(known, observed.days(hub))
    for own in submissions:
        days, round_ = observed.days(hub), hub.round_of(own.round_name)
        if round_ is not None:
            remarks += agreement.unlike_known(own.frame, round_, own.round_name, known, days, own.name)
    for remark in remarks:
        click.echo(remark.text(lang), err=True)
    return known


def export(
    place: Path,
    *,
    run: str | None,
    license: str | None,  # noqa: A002 - the option's name
    reports_dir: Path,
    lang: str,
    **_: object,
) -> None:
    """Write a run's forecasts as a round of a hub, and check it."""
    from forecast.hub import layout
    from forecast.hub.export import export as export_run
    from forecast.hub.validate import check

    files, round_name = export_run(
        _run_folder(run or "latest", reports_dir), place, license_name=license or ""
    )
    with tempfile.TemporaryDirectory() as aside:  # nothing is written that is not sound
        for name, text in files.items():
            _write(Path(aside) / name, text)
        result = check(layout.read(Path(aside)))
    if result.problems:
        raise DataError(result.problems)
    for name, text in files.items():
        _write(place / name, text)
    facts = {"hub": place, "round": round_name, "files": result.files, "rows": result.rows}
    click.echo(labels.text("hub.exported", lang, **facts))


def _submissions(hub: Hub, rounds: Sequence[str], models: Sequence[str], lang: str) -> list[Submission]:
    """Read the tables of the rounds and models asked for; default: all."""
    from forecast.hub.validate import sound

    _refuse_unknown_rounds(rounds, hub)
    _refuse_unknown_models(models, hub)
    all_submissions = sound(hub, rounds=rounds)
    there = {submission.model for submission in all_submissions}
    if absent := [name for name in models if name not in there]:
        raise SpecError("hub.no_file", {"models": absent, "round": ", ".join(rounds) or "–"})
    submissions = [submission for submission in all_submissions if not models or submission.model in models]
    if not submissions:
        raise SpecError("hub.no_models", {"round": ", ".join(rounds) or "–"})
    for doubt in (doubt for submission in submissions for doubt in submission.doubts):
        click.echo(doubt.text(lang), err=True)
    return submissions


def _refuse_unknown_rounds(rounds: Sequence[str], hub: Hub) -> None:
    for name in rounds:
        if hub.round_of(name) is None:
            refuse_unknown("--round", name, sorted(name_ for r in hub.rounds for name_ in r.names))


def _refuse_unknown_models(models: Sequence[str], hub: Hub) -> None:
    for name in models:
        if name not in hub.teams:
            refuse_unknown("--model", name, hub.teams)


def _weights(path: Path | None, models: set[str], known: Collection[str]) -> Mapping[str, float]:
    """Read weights from a file with the columns model_id and weight; equal weights without a file."""
    if path is None:
        return dict.fromkeys(models, 1.0)
    from forecast.hub import tables

    rows = tables.read(path, path.name)
    problems = [
        Problem(path.name, 1, c, "", "expect.column") for c in ("model_id", "weight") if c not in rows
    ]
    if problems:
        raise DataError(problems)
    texts = rows["weight"].astype(str)
    cells = zip(rows["model_id"].astype(str), texts, tables.numbers(rows["weight"]).tolist(), strict=True)
    weights: dict[str, float] = {}
    for row, (name, text, weight) in enumerate(cells, start=tables.HEAD):
        if not weight > 0:
            problems.append(Problem(path.name, row, "weight", text or "NA", "hub.expect.weight"))
        if name in weights or name not in known:
            key = "hub.expect.once" if name in weights else "hub.expect.known_model"
            problems.append(Problem(path.name, row, "model_id", name, key))
        weights[name] = weight
    problems += [
        Problem(path.name, None, "model_id", name, "hub.expect.weighted")
        for name in sorted(models - set(weights))
    ]
    if problems:
        raise DataError(problems)
    return weights


def _run_folder(run: str, reports_dir: Path) -> Path:
    """Find a run's folder by its path, its name, or "latest"."""
    from forecast.runs.store import Store

    if Path(run).is_dir():
        return Path(run)
    store = Store(reports_dir.resolve())
    entry = store.find(run)
    if entry is None or entry not in store.published():
        raise SpecError("cli.runs.unknown", {"run_id": run, "folder": str(store.root)})
    return entry.folder


def _write(path: Path, text: str) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text)


def _means_table(part: pd.DataFrame, lang: str) -> str:
    """Lay out means with four significant digits."""
    part = part.dropna(axis="columns", how="all")
    wide = [name for name in part if part[name].dtype.kind not in "fi"]
    rows = [
        [
            str(value)
            if name in wide
            else str(value)
            if isinstance(value, int)
            else _figure(float(value), lang)
            for name, value in zip(part.columns, row, strict=True)
        ]
        for row in part.itertuples(index=False)
    ]
    return table(list(part.columns), rows, ["left" if name in wide else "right" for name in part])


def _figure(value: float, lang: str) -> str:
    if math.isnan(value):
        return labels.MISSING
    return "∞" if math.isinf(value) else labels.plain(float(f"{value:.4g}"), lang)
