"""A hub is checked: what is sound passes, and each fault is named with its place and what is allowed."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from fastparquet import write as write_parquet

from forecast import cli
from forecast.base.errors import DataError
from forecast.hub import layout, tables, validate

DAY, MODEL = "2024-10-05", "team-one"
NAME = f"model-output/{MODEL}/{DAY}-{MODEL}.csv"
TASKS = "hub-config/tasks.json"
ADMIN, TARGET = "hub-config/admin.json", "hub-config/target-data.json"
COLUMNS = ("origin_date", "target", "horizon", "location", "output_type", "output_type_id", "value")

Change = Callable[[Path], object]


def problems(root: Path, schemas: Path | None = None) -> list[str]:
    """All that is wrong, in English."""
    try:
        found = validate.check(layout.read(root, schemas)).problems
    except DataError as error:
        found = list(error.problems)
    return [each.text("en") for each in found]


def cell(row: int, column: str, value: str) -> Change:
    """Put a value into a cell; rows count as an editor does."""

    def change(root: Path) -> None:
        lines = (root / NAME).read_text(encoding="utf-8").splitlines()
        cells = lines[row - 1].split(",")
        cells[COLUMNS.index(column)] = value
        lines[row - 1] = ",".join(cells)
        (root / NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")

    return change


def lines(edit: Callable[[list[str]], list[str]], name: str = NAME) -> Change:
    """Change the lines of a file."""

    def change(root: Path) -> None:
        old = (root / name).read_text(encoding="utf-8").splitlines()
        (root / name).write_text("\n".join(edit(old)) + "\n", encoding="utf-8")

    return change


def without(*rows: int) -> Change:
    """Leave rows out."""
    return lines(lambda old: [line for k, line in enumerate(old, start=1) if k not in rows])


def save(name: str, content: str | bytes) -> Change:
    """Write a file."""

    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def move(old: str, new: str) -> Change:
    """Move a file."""

    def change(root: Path) -> None:
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(root / old, root / new)

    return change


def config(edit: Callable[[dict], object], name: str = TASKS) -> Change:
    """Change a file of JSON."""

    def change(root: Path) -> None:
        told = json.loads((root / name).read_text(encoding="utf-8"))
        edit(told)
        (root / name).write_text(json.dumps(told), encoding="utf-8")

    return change


def group(told: dict, g: int = 0) -> dict:
    """A group of tasks in tasks.json."""
    return told["rounds"][0]["model_tasks"][g]


def both(*changes: Change) -> Change:
    """Several changes."""
    return lambda root: [change(root) for change in changes]


# Rows of the sound table: 2-4 quantiles of cases, 5 mean, 6 median, 7-9 samples 1-3, all of A and horizon 1;
# 10-17 the same for horizon 2; 18-33 the same for location 01 with samples 4-6; 34-36 pmf,
# 37-39 cdf, 40-42 peak.
TASK = "origin_date 2024-10-05; target cases; horizon 1; location A"
FAULTS: dict[str, tuple[Change, list[str]]] = {
    "a place that is not asked for": (
        cell(2, "location", "B"),
        [
            f"{NAME}, row 2, column location, found “B”: this value is not taken; taken are A, 01",
            f"{NAME}, column output_type_id, found “{TASK}”: this forecast lacks of quantile: 0.1",
        ],
    ),
    "text that only looks like a place": (
        cell(18, "location", "1"),
        [
            f"{NAME}, row 18, column location, found “1”: this value is not taken; taken are A, 01",
            f"{NAME}, column output_type_id, found “{TASK[:-1]}01”: this forecast lacks of quantile: 0.1",
        ],
    ),
    "a value that another target has": (
        cell(40, "horizon", "1"),
        [
            (
                f"{NAME}, row 40, column horizon, found “1”: this value does not go with the other cells"
                " of the row;"
                " here are taken NA"
            ),
            (
                f"{NAME}, column output_type_id, found “origin_date 2024-10-05; target peak; horizon NA;"
                " location A”:"
                " this forecast lacks of quantile: 0.1"
            ),
        ],
    ),
    "an output type that is none": (
        cell(5, "output_type", "mode"),
        [
            (
                f"{NAME}, row 5, column output_type, found “mode”: this value is not taken; taken are"
                " quantile, mean,"
                " median, sample, pmf, cdf"
            )
        ],
    ),
    "a level that is not asked for": (
        cell(3, "output_type_id", "0.55"),
        [
            (
                f"{NAME}, row 3, column output_type_id, found “0.55”: this value is not taken; taken are 0.1,"
                " 0.5, 0.9"
            ),
            f"{NAME}, column output_type_id, found “{TASK}”: this forecast lacks of quantile: 0.5",
        ],
    ),
    "a mean with a level": (
        cell(5, "output_type_id", "0.5"),
        [f"{NAME}, row 5, column output_type_id, found “0.5”: this value is not taken; taken are NA"],
    ),
    "a category that is none": (
        cell(34, "output_type_id", "Low"),
        [
            (
                f"{NAME}, row 34, column output_type_id, found “Low”: this value is not taken; taken are low,"
                " mid, high"
            ),
            (
                f"{NAME}, column output_type_id, found “origin_date 2024-10-05; target level; horizon 1;"
                " location A”:"
                " this forecast lacks of pmf: low"
            ),
            f"{NAME}, row 35, column value, found “0.8”: the chances of one forecast must add up to 1",
        ],
    ),
    "no value": (
        cell(3, "value", "NA"),
        [f"{NAME}, row 3, column value, found “NA”: a number from 0 to ∞ is needed, with a decimal point"],
    ),
    "a decimal comma, as text": (
        lines(
            lambda old: (
                [line.replace(",quantile,0.5,20", ',quantile,0.5,"20,5"') for line in old[:4]] + old[4:]
            )
        ),
        [f"{NAME}, row 3, column value, found “20,5”: a number from 0 to ∞ is needed, with a decimal point"],
    ),
    "a value below the lowest": (
        cell(2, "value", "-1"),
        [f"{NAME}, row 2, column value, found “-1”: a number from 0 to ∞ is needed, with a decimal point"],
    ),
    "a chance above one, in a cdf that falls then": (
        cell(37, "value", "1.2"),
        [
            (
                f"{NAME}, row 37, column value, found “1.2”: a number from 0 to 1 is needed, with a decimal"
                " point"
            ),
            (
                f"{NAME}, row 38, column value, found “0.4”: a value of cdf must not be below the one at 1,"
                " which is 1.2"
            ),
        ],
    ),
    "a sample that is no whole number": (
        cell(7, "value", "12.5"),
        [f"{NAME}, row 7, column value, found “12.5”: a whole number from 0 to ∞ is needed"],
    ),
    "quantiles that cross": (
        cell(3, "value", "8"),
        [
            (
                f"{NAME}, row 3, column value, found “8”: a value of quantile must not be below the one at"
                " 0.1, which is 10"
            )
        ],
    ),
    "chances that do not add up": (
        cell(35, "value", "0.4"),
        [f"{NAME}, row 34, column value, found “0.9”: the chances of one forecast must add up to 1"],
    ),
    "a row twice": (
        lines(lambda old: [*old, old[1]]),
        [f"{NAME}, row 43: this row repeats one above; keep one"],
    ),
    "a level twice, written in two ways": (
        lines(lambda old: [*old, old[1].replace("0.10", "0.1")]),
        [f"{NAME}, row 43: this row repeats one above; keep one"],
    ),
    "a level that is missing": (
        without(3),
        [f"{NAME}, column output_type_id, found “{TASK}”: this forecast lacks of quantile: 0.5"],
    ),
    "a required output type that is missing": (
        without(2, 3, 4),
        [
            (
                f"{NAME}, column output_type, found “{TASK}”: this forecast lacks the required output type"
                " quantile"
            )
        ],
    ),
    "a required place that is missing": (
        without(*range(34, 37)),
        [
            (
                f"{NAME}, found “origin_date 2024-10-05; target level; horizon 1; location A”: this"
                " required forecast is"
                " missing"
            )
        ],
    ),
    "an optional place without a required horizon": (
        both(
            config(
                lambda told: group(told)["task_ids"].update(horizon={"required": [1, 2], "optional": None})
            ),
            without(*range(18, 26)),
        ),
        [f"{NAME}, found “{TASK[:-1]}01”: this required forecast is missing"],
    ),
    "too few samples": (
        without(8, 9, 16, 17),
        [
            f"{NAME}, row 7, column output_type_id, found “1”: a forecast must have from 2 to 4 samples",
            f"{NAME}, row 13, column output_type_id, found “1”: a forecast must have from 2 to 4 samples",
        ],
    ),
    "a sample of one horizon alone": (
        cell(15, "output_type_id", "9"),
        [
            (
                f"{NAME}, row 7, column output_type_id, found “1”: a sample must have values for all of"
                " horizon that share"
                " origin_date, target, location"
            ),
            (
                f"{NAME}, row 15, column output_type_id, found “9”: a sample must have values for all of"
                " horizon that"
                " share origin_date, target, location"
            ),
        ],
    ),
    "a sample without a number": (
        cell(7, "output_type_id", "s1"),
        [
            (
                f"{NAME}, row 7, column output_type_id, found “s1”: this value is not taken; taken are 1, 2,"
                " 3, …"
            ),
            (
                f"{NAME}, row 15, column output_type_id, found “1”: a sample must have values for all of"
                " horizon that"
                " share origin_date, target, location"
            ),
        ],
    ),
    "the day of another round": (
        cell(42, "origin_date", "2024-10-12"),
        [
            (
                f"{NAME}, row 42, column origin_date, found “2024-10-12”: this must be the round that the"
                " file's name"
                " says, 2024-10-05"
            ),
            (
                f"{NAME}, column output_type_id, found “origin_date 2024-10-05; target peak; horizon NA;"
                " location A”: this"
                " forecast lacks of quantile: 0.9"
            ),
            (
                f"{NAME}, column output_type_id, found “origin_date 2024-10-12; target peak; horizon NA;"
                " location A”: this"
                " forecast lacks of quantile: 0.1, 0.5"
            ),
        ],
    ),
    "a column missing and one too many": (
        lines(lambda old: [old[0].replace("value", "Value"), *old[1:]]),
        [
            f"{NAME}, row 1, column value: this column is missing from the header",
            f"{NAME}, row 1, column Value: unknown column; the columns taken are: {', '.join(COLUMNS)}",
        ],
    ),
    "a column twice": (
        lines(lambda old: [old[0].replace("horizon", "target"), *old[1:]]),
        [f"{NAME}, row 1, column target: this column stands in the header more than once; keep one"],
    ),
    "rows of other lengths": (
        lines(lambda old: [*old[:3], old[3] + ",x", *old[4:6], old[6].rpartition(",")[0], *old[7:]]),
        [
            (
                f"{NAME}, row 4: the row has 8 cells, the header 7; text or a number with a comma must"
                " stand in double quotes"
            ),
            (
                f"{NAME}, row 7: the row has 6 cells, the header 7; text or a number with a comma must"
                " stand in double quotes"
            ),
        ],
    ),
    "an empty row": (
        lines(lambda old: [*old[:5], "", *old[5:]]),
        [f"{NAME}, row 6: the row is empty; delete it"],
    ),
    "semicolons": (
        lines(lambda old: [line.replace(",", ";") for line in old]),
        [f"{NAME}, row 1: the columns are separated by semicolons; commas are needed"],
    ),
    "no rows": (
        lines(lambda old: old[:1]),
        [f"{NAME}: the table is empty; a header and at least one row of figures are needed"],
    ),
    "a quote without end": (
        lines(lambda old: [*old[:4], old[4].replace("mean", '"mean'), *old[5:]]),
        [
            (
                f"{NAME}, row 42: a double quote is misplaced or not closed; from this row on nothing was"
                " checked"
            ),
        ],
    ),
    "another encoding": (
        save(NAME, "a,b\nĐ,1\n".encode("cp1258")),
        [
            (
                f"{NAME}, row 2: the file is not saved as UTF-8 (byte D0; perhaps Windows-1258 or TCVN3);"
                " in Excel save"
                " it as “CSV UTF-8”"
            )
        ],
    ),
    "a workbook called CSV": (
        save(NAME, b"PK\x03\x04 and so on"),
        [
            (
                f"{NAME}: this is a zip or Excel file with the ending .csv; open it in Excel and save it as"
                " “CSV UTF-8”"
            )
        ],
    ),
    "a damaged Parquet file": (
        both(
            move(NAME, NAME.replace(".csv", ".parquet")),
            save(NAME.replace(".csv", ".parquet"), b"PAR1 no PAR1"),
        ),
        [f"{NAME.replace('.csv', '.parquet')}: this cannot be read as Parquet; the file may be damaged"],
    ),
    "a file that is named otherwise": (
        move(NAME, f"model-output/{MODEL}/{DAY}.csv"),
        [
            (
                f"model-output/{MODEL}/{DAY}.csv, found “{DAY}.csv”: the file's name must be"
                f" ROUND-{MODEL}.csv (or"
                " .parquet), ROUND being the round's name"
            )
        ],
    ),
    "a file in another model's folder": (
        both(
            move(NAME, f"model-output/team-two/{DAY}-{MODEL}.csv"),
            save(
                "model-metadata/team-two.yml", "team_abbr: team\nmodel_abbr: two\ndesignated_model: false\n"
            ),
        ),
        [
            (
                f"model-output/team-two/{DAY}-{MODEL}.csv, found “{DAY}-{MODEL}.csv”: the file's name must be"
                " ROUND-team-two.csv (or .parquet), ROUND being the round's name"
            )
        ],
    ),
    "a round that is none": (
        move(NAME, NAME.replace(DAY, "2024-10-06")),
        [
            (
                f"{NAME.replace(DAY, '2024-10-06')}, found “2024-10-06”: there is no such round; the"
                " rounds are"
                " 2024-10-05, 2024-10-12"
            )
        ],
    ),
    "a format that is not taken": (
        both(config(lambda told: told.update(file_format=["parquet"]), "hub-config/admin.json")),
        [f"{NAME}, found “csv”: the hub takes parquet alone"],
    ),
    "a file beside the models' folders": (
        save("model-output/loose.csv", "a\n1\n"),
        ["model-output/loose.csv: a file of forecasts belongs into a folder with the model's name"],
    ),
    "a folder that is no model": (
        lambda root: (root / "model-output" / "one").mkdir(),
        ["model-output/one, found “one”: a model's name is team-model, of letters a to z, digits, _ and +"],
    ),
    "a model without a description": (
        lambda root: (root / "model-metadata" / f"{MODEL}.yml").unlink(),
        [f"model-metadata/{MODEL}.yml: the description of this model is missing"],
    ),
    "a description against its schema": (
        save(
            f"model-metadata/{MODEL}.yml",
            f"team_abbr: team\nmodel_abbr: two\nmethods: {'long ' * 9}\ndesignated_model: maybe\n",
        ),
        [
            (
                f'model-metadata/{MODEL}.yml, column designated_model, found “"maybe"”: the wrong kind of'
                " value; it"
                " should be boolean"
            ),
            (
                f'model-metadata/{MODEL}.yml, column methods, found “"{("long " * 9).strip()}"”: longer'
                " than 20"
                " characters"
            ),
            (
                f"model-metadata/{MODEL}.yml, column model_abbr, found “team-two”: team_abbr and"
                " model_abbr must make the"
                f" file's name, {MODEL}"
            ),
        ],
    ),
    "a description that lacks an entry": (
        save(f"model-metadata/{MODEL}.yml", "team_abbr: team\nmodel_abbr: one\n"),
        [f"model-metadata/{MODEL}.yml: designated_model is missing"],
    ),
    "YAML that is none": (
        save(f"model-metadata/{MODEL}.yml", "team_abbr: [team\nmodel_abbr: one\n"),
        [f"model-metadata/{MODEL}.yml, row 2: this is no YAML"],
    ),
    "YAML of many brackets": (
        save(f"model-metadata/{MODEL}.yml", "[" * 5_000),
        [f"model-metadata/{MODEL}.yml: this is no YAML"],
    ),
    "YAML of many dashes": (
        save(f"model-metadata/{MODEL}.yml", "- " * 5_000),
        [f"model-metadata/{MODEL}.yml: this is no YAML"],
    ),
    "YAML that stands for an endless text": (
        save(f"model-metadata/{MODEL}.yml", "a: &a [x]\nb: [*a, *a]\n"),
        [f"model-metadata/{MODEL}.yml: the YAML repeats a part by an alias (*); write it out"],
    ),
    "an observed figure that is no number": (
        lines(
            lambda old: [*old[:1], old[1].replace("26", "many"), *old[2:], old[2]],
            "target-data/time-series.csv",
        ),
        [
            (
                "target-data/time-series.csv, row 2, column observation, found “many”: a number is"
                " expected, with a"
                " point for the decimals, e.g. 87.5"
            ),
            "target-data/time-series.csv, row 6: this row repeats one above; keep one",
        ],
    ),
    "JSON that is none": (
        lines(lambda old: [old[0], old[1].replace(":", ""), *old[2:]], TASKS),
        [f"{TASKS}, row 2: from character 19 on this is no JSON"],
    ),
    "JSON with many brackets": (
        save(TASKS, "[" * 100_000 + "]" * 100_000),
        [f"{TASKS}: no JSON that can be used: too large, nested too deeply, or with a broken character"],
    ),
    "no configuration": (
        lambda root: (root / TASKS).unlink(),
        [f"{TASKS}: there is no such file in the folder HUB/hub-config"],
    ),
    "an old version": (
        config(lambda told: told.update(schema_version=told["schema_version"].replace("v6.0.0", "v5.0.1"))),
        [
            (
                f"{TASKS}, column schema_version, found"
                " “https://raw.githubusercontent.com/hubverse-org/schemas/main/v5.0.1"
                "/tasks-schema.…”: a schema from version 6.0.0 on is needed, with an address such as"
                " …/v6.0.0/tasks-schema.json"
            )
        ],
    ),
    "a group without output types": (
        config(lambda told: group(told).pop("output_type")),
        [f"{TASKS}, column rounds[0].model_tasks[0]: output_type is missing"],
    ),
    "an output type that is unknown to hubs": (
        config(lambda told: group(told)["output_type"].update(mode=group(told)["output_type"]["mean"])),
        [f"{TASKS}, column rounds[0].model_tasks[0].output_type, found “mode”: these entries are not taken"],
    ),
    "a round variable that is no task id": (
        config(lambda told: told["rounds"][0].update(round_id="day")),
        [
            (
                f"{TASKS}, column rounds[0].round_id, found “day”: this is no task id; there are"
                " origin_date, target,"
                " horizon, location"
            )
        ],
    ),
    "a level that is a percent": (
        config(
            lambda told: group(told)["output_type"]["quantile"]["output_type_id"].update(
                required=[0.1, 50, "0.9"]
            )
        ),
        [
            (
                f"{TASKS}, column rounds[0].model_tasks[0].output_type.quantile, found “50”: a level must be"
                " a number from"
                " 0 to 1"
            ),
            (
                f"{TASKS}, column rounds[0].model_tasks[0].output_type.quantile, found “0.9”: a level must be"
                " a number"
                " from 0 to 1"
            ),
        ],
    ),
    "contradictions in samples and keys": (
        config(
            lambda told: (
                group(told)["output_type"]["sample"]["output_type_id_params"].update(
                    min_samples_per_task=9, compound_taskid_set=["place"]
                ),
                group(told, 1)["target_metadata"][0].update(target_keys={"target": "levels"}),
                group(told, 2)["task_ids"]["location"].update(optional=["A"]),
            )
        ),
        [
            (
                f"{TASKS}, column rounds[0].model_tasks[0].output_type.sample, found “place”: this is no"
                " task id; there are"
                " origin_date, target, horizon, location"
            ),
            (
                f"{TASKS}, column rounds[0].model_tasks[0].output_type.sample, found “9”: the fewest"
                " samples are more than"
                " the most"
            ),
            (
                f"{TASKS}, column rounds[0].model_tasks[1].target_metadata[0].target_keys, found “target:"
                " levels”:"
                " target_keys names a value that task_ids do not have"
            ),
            (
                f"{TASKS}, column rounds[0].model_tasks[2].task_ids.location, found “A”: the value is both"
                " required and"
                " optional"
            ),
        ],
    ),
    "a unit and a day of columns that there are not": (
        config(
            lambda told: told.update(
                {"observable_unit": ["origin_date", "place"], "date_col": "day"},
                **{"time-series": {"observable_unit": ["week"], "non_task_id_schema": {"name": "character"}}},
            ),
            TARGET,
        ),
        [
            (
                f"{TARGET}, column date_col, found “day”: this is no task id, and neither in observable_unit"
                " nor in non_task_id_schema; there are origin_date, target, horizon, location, name"
            ),
            (
                f"{TARGET}, column observable_unit, found “place”: this is no task id, nor date_col, nor in"
                " non_task_id_schema; there are origin_date, target, horizon, location, name"
            ),
            (
                f"{TARGET}, column time-series.observable_unit, found “week”: this is no task id, nor"
                " date_col, nor in non_task_id_schema; there are origin_date, target, horizon, location, name"
            ),
        ],
    ),
    "no unit": (
        config(lambda told: told.update(observable_unit=[]), TARGET),
        [f"{TARGET}, column observable_unit, found “[]”: too few entries; there must be 1 at least"],
    ),
    "no format": (
        config(lambda told: told.update(file_format=[]), ADMIN),
        [f"{ADMIN}, column file_format, found “[]”: too few entries; there must be 1 at least"],
    ),
    "a format that is none": (
        config(lambda told: told["rounds"][0].update(file_format=["xlsx"]), TASKS),
        [f'{TASKS}, column rounds[0].file_format[0], found “"xlsx"”: taken are csv, parquet, arrow'],
    ),
    "a time zone that is none": (
        config(lambda told: told.update(timezone="Asia/Sai Gon"), ADMIN),
        [
            (
                f"{ADMIN}, column timezone, found “Asia/Sai Gon”: there is no such time zone; write it as the"
                " TZ database has it, such as Asia/Ho_Chi_Minh"
            )
        ],
    ),
    "a schema of descriptions that asks the network": (
        save("hub-config/model-metadata-schema.json", '{"$ref": "https://example.org/schema.json"}'),
        [
            (
                f"model-metadata/{MODEL}.yml: the schema for this file cannot be used (it is wrong, or"
                " refers to something outside it)"
            )
        ],
    ),
}


def test_a_sound_hub_passes(hub):
    """Levels as 0.10 and .9, numbers as 1e1, missing cells as NA or empty: all is sound."""
    assert problems(hub) == []


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=[pytest.mark.slow] if "Parquet" in name else []) for name in FAULTS]
)
def test_each_fault_is_found_and_nothing_else(hub, fault):
    """One fault planted in the sound hub gives exactly these sentences."""
    change, expected = FAULTS[fault]
    change(hub)

    assert [each.replace(str(hub), "HUB") for each in problems(hub)] == expected


def test_all_faults_of_a_table_are_told_at_once(hub):
    """Faults in cells, in what is missing and in the shape are listed together."""
    for change in (cell(2, "location", "B"), cell(11, "value", "x"), cell(35, "value", "0.9")):
        change(hub)

    found = problems(hub)
    assert [each.split(":")[0].split(", ")[1:3] for each in found[:3]] == [
        ["row 2", "column location"],
        ["row 11", "column value"],
        ["column output_type_id", "found “origin_date 2024-10-05; target cases; horizon 1; location A”"],
    ]
    assert "add up to 1" in found[-1]


def test_many_alike_are_counted(hub):
    """A slip in a whole column is told a few times, and the rest in one number."""
    lines(lambda old: [old[0], *(line.replace("2024-10-05", "2024-10-5") for line in old[1:])])(hub)

    found = [each for each in problems(hub) if "column origin_date" in each]
    assert len(found) > tables.MOST_LISTED
    assert any(each.endswith("and 21 more such problems") for each in found)


@pytest.mark.slow
def test_parquet_is_read_as_csv_is(hub):
    """Days, whole numbers, missing cells and numbers as ids may have types of their own."""
    table = pd.read_csv(hub / NAME, dtype=str, na_values=["NA"])
    plain = table[table["target"] != "level"].reset_index(drop=True)
    plain["origin_date"] = pd.to_datetime(plain["origin_date"])
    plain["horizon"] = plain["horizon"].astype(float).astype("Int64")
    plain["output_type_id"] = plain["output_type_id"].astype(float)
    plain["value"] = plain["value"].astype(float)
    plain["target"], plain["location"] = plain["target"].astype(object), plain["location"].astype(object)
    plain["output_type"] = plain["output_type"].astype(object)
    (hub / NAME).unlink()
    write_parquet(str(hub / NAME.replace(".csv", ".gz.parquet")), plain, compression="GZIP")
    config(lambda told: told["rounds"][0]["model_tasks"].pop(1))(hub)
    lines(lambda old: [line for line in old if "level" not in line], "target-data/time-series.csv")(hub)

    assert problems(hub) == []


def test_parquet_without_its_library_says_what_to_install(hub, monkeypatch):
    """The library is optional."""
    other = NAME.replace(".csv", ".parquet")
    move(NAME, other)(hub)
    monkeypatch.setitem(sys.modules, "fastparquet", None)

    assert problems(hub) == [
        f"{other}: Parquet needs the library fastparquet: pip install fastparquet, or save the file as CSV"
    ]


def test_a_mark_of_utf8_does_no_harm(hub):
    """Excel puts three bytes in front of its CSV, other programs in front of JSON."""
    for name in (NAME, TASKS):
        (hub / name).write_bytes(b"\xef\xbb\xbf" + (hub / name).read_bytes())

    assert problems(hub) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links and pipes as on Linux")
def test_links_out_of_the_hub_and_pipes_are_refused(hub, tmp_path):
    """A hub of somebody else cannot make us read another file, or wait for ever."""
    outside = tmp_path / "secret.csv"
    outside.write_text("a\n1\n", encoding="utf-8")
    (hub / NAME).unlink()
    (hub / NAME).symlink_to(outside)
    pipe = hub / NAME.replace("10-05", "10-12")
    os.mkfifo(pipe)

    assert problems(hub) == [
        f"{NAME}: the link points out of the hub; put the file itself here",
        f"{NAME.replace('10-05', '10-12')}: this is not a regular file (a folder, perhaps)",
    ]


def test_a_huge_file_is_refused_unread(hub):
    """Its size is looked at first."""
    with (hub / NAME).open("r+b") as file:
        file.truncate(200_000_000)

    assert problems(hub) == [
        f"{NAME}: the file has 200.0 MB, above the limit of 100 MB; is it the right file?"
    ]


def test_a_format_of_the_hubverses_own_schema(hub, tmp_path):
    """With --schemas a file is held against the schema of its version; one that is not there is told."""
    folder = tmp_path / "schemas" / "v6.0.0"
    folder.mkdir(parents=True)
    address = json.loads((hub / TASKS).read_text(encoding="utf-8"))["schema_version"]
    (folder / "tasks-schema.json").write_text(
        json.dumps({"$id": address, "required": ["more"]}), encoding="utf-8"
    )

    assert problems(hub, folder.parent) == [f"{TASKS}: more is missing"]
    assert [each.facts["file"] for each in validate.check(layout.read(hub)).remarks] == [
        *("tasks.json", "admin.json", "target-data.json")
    ]


def test_the_command_tells_what_is_wrong_and_ends_with_1(hub, capsys):
    """Nothing but sentences; a sound hub ends with 0."""
    assert cli.run(["hub", "validate", str(hub), "--lang", "en"]) == 0
    assert capsys.readouterr().out == f"{hub} is sound: 1 file, 41 rows.\n"

    cell(2, "value", "x")(hub)
    assert cli.run(["hub", "validate", str(hub)]) == 1
    assert "dòng 2, cột value, gặp “x”: cần một số từ 0 đến ∞" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["example-complex", "flusight"])
def test_published_hubs_pass_with_the_hubverses_schemas(hubs, name):
    """The hubverse's own example and a round of a running hub have no fault."""
    done = validate.check(layout.read(hubs / name, hubs / "schemas"))

    assert [each.text("en") for each in done.problems] == []
    assert done.rows == {"example-complex": 16488, "flusight": 1606}[name]


@pytest.mark.parametrize("name", ["example-complex", "flusight"])
def test_each_file_of_published_hubs_is_seen_to_fail(hubs, name, tmp_path):
    """The first value of every file made no number, and its last row left out: both are found in each."""
    copy = tmp_path / name
    shutil.copytree(hubs / name, copy)
    paths = sorted((copy / "model-output").glob("*/*.csv"))
    for path in paths:
        old = path.read_text(encoding="utf-8").splitlines()
        place = old[0].split(",").index("value")
        cells = old[1].split(",")
        old[1] = ",".join([*cells[:place], "much", *cells[place + 1 :]])
        path.write_text("\n".join(old[:-1]) + "\n", encoding="utf-8")

    found = validate.check(layout.read(copy, hubs / "schemas")).problems
    for path in paths:
        own = [each for each in found if each.file.endswith(path.name)]
        assert (own[0].row, own[0].column, own[0].value) == (2, "value", "much")
        assert {each.expected_key for each in own[1:]} & {
            "hub.expect.ids",
            "hub.expect.compound",
            "hub.expect.sum",
        }
