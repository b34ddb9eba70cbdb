"""`forecast framework import|show`: import the Ministry's criteria from an annex, or show them as a tree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, SpecError
from forecast.base.spec import refuse_unknown
from forecast.cli.local import action, argument, choice, option, refuse_foreign, require_options, verb
from forecast.cli.plain import Side, table
from forecast.cli.types import PathType, WholeType
from forecast.data.framework import PART_PREFIX, TOTAL, is_criterion
from forecast.data.tables import FRAMEWORKS, MAX_STATUS
from forecast.intake import writer
from forecast.intake.annex import framework_rows, framework_table, tree
from forecast.intake.annex.framework_rows import PARTS_OF
from forecast.intake.annex.framework_table import Change, Row

_ONLY: Final = {
    **dict.fromkeys(("first-year", "last-year", "sheet", "column"), ("import",)),
    **dict.fromkeys(("source", "status", "replace", "dry-run"), ("import",)),
}


@verb(
    "framework",
    action("import", "show"),
    argument("file", "[FILE]", type=PathType(), required=False),
    option("framework", metavar="TEXT"),
    option("first-year", type=WholeType(), metavar="YYYY"),
    option("last-year", type=WholeType(), metavar="YYYY"),
    "sheet",
    option("column", metavar="TEXT=E"),
    option("source", default=""),
    option("status", default="read", **choice(MAX_STATUS)),
    "data-dir",
    option("replace", is_flag=True),
    "dry-run",
)
def framework(*, action: str, file: Path | None, framework: str, lang: str, **given: Any) -> int:
    """Import or show, by `action`."""
    refuse_foreign(_ONLY, action)
    data_dir = given.pop("data_dir")
    if action == "show":
        if file is not None:
            raise SpecError("cli.extra_words", {"found": [str(file)], "command": "forecast framework show"})
        click.echo(tree_text(framework_table.read_table(data_dir / FRAMEWORKS.file), framework or "", lang))
        return EXIT_GOOD
    if file is None:
        raise SpecError("cli.missing_argument", {"argument": "FILE", "command": "forecast framework import"})
    require_options("framework import", {"--framework": framework})
    return import_annex(file, framework=framework, data_dir=data_dir, lang=lang, **given)


def import_annex(
    file: Path,
    *,
    framework: str,
    first_year: int | None,
    last_year: int | None,
    sheet: str,
    column: Sequence[str],
    source: str,
    status: str,
    data_dir: Path,
    replace: bool,
    dry_run: bool,
    lang: str,
) -> int:
    """Read an annex, show the changes to the table of frameworks, and write it unless it is a dry run."""
    request = framework_rows.Request(
        framework=framework,
        first_year=first_year,
        last_year=last_year,
        status=status,
        source=source,
    )
    plan = framework_rows.prepare_import(tree.read(file, sheet=sheet, columns=column), request, data_dir)
    click.echo(summary(plan, lang))
    path = data_dir / FRAMEWORKS.file
    if not plan.changes:
        click.echo(labels.text("annex.same", lang, path=path))
        return EXIT_GOOD
    content = plan.content()
    after = framework_table.rehearse_frameworks(data_dir, content)
    if plan.replaces and not replace and not dry_run:
        raise SpecError("annex.replace_needed", {"framework": framework})
    if dry_run:
        click.echo(labels.text("annex.dry", lang, path=path))
        return EXIT_GOOD
    with writer.locked(data_dir):
        writer.put(data_dir, FRAMEWORKS.file, content, before=plan.table.content)
    click.echo(labels.text("annex.written", lang, path=path, count=len(plan.rows)))
    if framework not in set(after.frames["events"]["what"]):
        facts = {"framework": framework, "year": plan.rows[0]["first_year"]}
        click.echo(labels.text("annex.no_day", lang, **facts))
    return EXIT_GOOD


def summary(plan: framework_rows.FrameworkImport, lang: str) -> str:
    """Write what was read, what is proposed and what changes."""
    annex, request = plan.annex, plan.request
    years = f"{plan.rows[0]['first_year']}–{plan.rows[0]['last_year']}" if plan.rows else labels.MISSING
    facts = {"file": annex.grid.file, "framework": request.framework, "years": years}
    parts = [
        labels.text("annex.title", lang, **facts),
        _domains(plan, lang),
        _sources(plan, lang),
        _rules(plan, lang),
        "\n".join(remark.text(lang) for remark in annex.remarks),
        _changes(plan, lang),
    ]
    return "\n\n".join(part for part in parts if part)


def tree_text(frameworks: framework_table.FrameworkTable, name: str, lang: str) -> str:
    """Write one framework as a tree; the latest if none is named."""
    if name and name not in frameworks.frameworks:
        refuse_unknown("--framework", name, frameworks.frameworks)
    name = name or max(frameworks.rows.values(), key=lambda row: int(row["first_year"]))["framework"]
    rows = frameworks.of(name)
    lines = [_line(row, depth, lang) for row, depth in _tree(rows, "", 0)]
    headers = [_column(column, lang) for column in ("code", "max", "source", "responsible", "rule", "name")]
    sides: list[Side] = ["left", "right"]
    head = labels.text("annex.show.title", lang, framework=name, **_span(rows))
    below = "" if any(map(is_criterion, rows)) else "\n\n" + labels.text("annex.show.none", lang)
    return f"{head}\n\n{table(headers, lines, sides)}{below}"


def _span(rows: dict[str, Row]) -> dict[str, str]:
    first = next(iter(rows.values()))
    return {"first": first["first_year"], "last": first["last_year"]}


def _tree(rows: dict[str, Row], parent: str, depth: int) -> list[tuple[Row, int]]:
    """List the rows below a parent with their depth, each before its children; parts by source come last."""
    children = [row for row in rows.values() if row["parent"] == parent]
    children.sort(key=lambda row: row["component"].startswith(PART_PREFIX))
    return [pair for row in children for pair in ((row, depth), *_tree(rows, row["component"], depth + 1))]


def _line(row: Row, depth: int, lang: str) -> list[str]:
    status = row["max_status"]
    mark = "" if status == "read" else f" ({labels.text(f'annex.status.{status}', lang)})"
    name = row["name_vi"] if lang == "vi" else row["name_en"] or row["name_vi"]
    return [
        "  " * max(depth - 1, 0) + row["component"],
        labels.plain(float(row["max_score"]), lang),
        _source(row["source"], lang) if row["source"] else "",
        row["responsible"],
        row["rule"],
        name + mark,
    ]


def _domains(plan: framework_rows.FrameworkImport, lang: str) -> str:
    annex = plan.annex
    rows = []
    for domain in annex.below(()):
        criteria = [item for item in annex.items if item.path[:1] == domain.path]
        depths = [len(item.path) for item in criteria]
        existing = plan.known.get(domain.code)
        status = labels.text(f"annex.status.{existing['max_status']}", lang) if existing else ""
        in_table = f"{_points(existing['max_score'], lang)} ({status})" if existing else labels.MISSING
        counts = [str(depths.count(2)), str(depths.count(3))]
        rows.append([domain.code, *counts, _points(domain.maximum, lang), in_table, domain.name])
    depths = [len(item.path) for item in annex.items]
    whole = sum(domain.maximum for domain in annex.below(()))
    counts = [str(depths.count(2)), str(depths.count(3))]
    total = labels.text("annex.total_name", lang)
    rows.append([TOTAL, *counts, _points(whole, lang), _known(plan, TOTAL, lang), total])
    headers = [
        _column(column, lang) for column in ("code", "criteria", "subcriteria", "max", "known", "name")
    ]
    return table(headers, rows, ["left", "right", "right", "right", "right"])


def _sources(plan: framework_rows.FrameworkImport, lang: str) -> str:
    rows = [
        [_source(source, lang), _points(points, lang), _known(plan, PARTS_OF.get(source, ""), lang)]
        for source, points in plan.sources.items()
    ]
    return table(
        [_column(column, lang) for column in ("source", "sum", "known")], rows, ["left", "right", "right"]
    )


def _rules(plan: framework_rows.FrameworkImport, lang: str) -> str:
    leaves = plan.annex.leaves()
    with_rule = [item for item in leaves if item.scoring.rule]
    facts = {"leaves": len(leaves), "ruled": len(with_rule), "open": len(leaves) - len(with_rule)}
    lines = [labels.text("annex.rules", lang, **facts)]
    if plan.proposed:
        lines.append(labels.text("annex.proposed", lang, count=len(plan.proposed)))
        rows = [[item.code, item.scoring.rule, item.name] for item in plan.proposed]
        lines.append(table([_column(column, lang) for column in ("code", "rule", "name")], rows))
    return "\n".join(lines)


def _changes(plan: framework_rows.FrameworkImport, lang: str) -> str:
    """Count rows that are new, list every other change."""
    new = [change for change in plan.changes if not change.column and change.after]
    removed = [change for change in plan.changes if not change.column and not change.after]
    rest = [change for change in plan.changes if change.column]
    lines = [labels.text("annex.changes", lang, new=len(new), gone=len(removed), changed=len(rest))]
    has_criteria = any(map(is_criterion, plan.known))
    lines += [
        _change_line("added", change, lang)
        for change in new
        if has_criteria or not is_criterion(change.component)
    ]
    lines += [_change_line("removed", change, lang) for change in removed]
    lines += [_change_line("became", change, lang) for change in rest]
    return "\n".join(lines)


def _change_line(how: str, change: Change, lang: str) -> str:
    column = change.column or "max_score"
    before, after = (_cell(column, text, lang) for text in (change.before, change.after))
    facts = {"component": change.component, "before": before, "after": after}
    return "  " + labels.text(f"annex.change.{how}", lang, column=_column(column, lang), **facts)


def _cell(column: str, text: str, lang: str) -> str:
    if not text:
        return labels.MISSING
    if column == "max_score":
        return _points(text, lang)
    return labels.text(f"annex.status.{text}", lang) if column == "max_status" else text


def _known(plan: framework_rows.FrameworkImport, component: str, lang: str) -> str:
    existing = plan.known.get(component)
    return _points(existing["max_score"], lang) if existing else labels.MISSING


def _points(value: float | str, lang: str) -> str:
    return labels.plain(round(float(value), 4), lang)


def _source(source: str, lang: str) -> str:
    return labels.text(f"annex.source.{source or 'none'}", lang)


def _column(name: str, lang: str) -> str:
    return labels.text(f"annex.column.{name}", lang)
