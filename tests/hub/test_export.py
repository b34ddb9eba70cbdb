"""The workbench's own forecasts as a hub."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from forecast import cli
from forecast.hub import layout, validate

FORECAST = (
    "index_code,framework,area,component,target_year,as_of,model,output_type,output_type_id,value,shown"
)
SPEC = {
    "area": "TP. Hồ Chí Minh",
    "draws": 4000,
    "force": False,
    "index_code": "PAR",
    "levels": [80],
    "seed": 1,
    "target_year": 2024,
}


@pytest.fixture
def run(tmp_path):
    """Tables of a run; EVERY FIGURE IS MADE UP."""

    def make(day="2024-10-20", ranks=3):
        folder = tmp_path / f"run-{day}"
        folder.mkdir()
        lines = [FORECAST]

        def rows(index, area, component, model, shown, middle):
            for level, value in ((0.1, middle - 1), (0.5, middle), (0.9, middle + 1)):
                lines.append(
                    f"{index},876,{area},{component},2024,{day},{model},quantile,{level},{value},{shown}"
                )

        for area in ("TP. Hồ Chí Minh", "Hà Nội"):
            rows("PAR", area, "total", "evidence", "True", 80)
            rows("SIPAS", area, "total", "evidence", "True", 85)
        rows("PAR", "TP. Hồ Chí Minh", "D1", "evidence", "True", 8)
        rows("PAR", "TP. Hồ Chí Minh", "D1", "last_value", "False", 8.2)
        first = f"PAR,876,TP. Hồ Chí Minh,rank,2024,{day},evidence,pmf"
        lines.extend(f"{first},{rank},{round(1 / ranks, 6)},True" for rank in range(1, ranks + 1))
        (folder / "forecast.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "summary.csv").write_text("component,max_score\ntotal,100\nD1,9.5\n", encoding="utf-8")
        (folder / "evidence.csv").write_text(
            "index_code,year,area,component,statistic,score,unit,rank\n"
            "PAR,2023,TP. Hồ Chí Minh,total,value,80.5,percent,33\n"
            "PAR,2023,Hà Nội,total,value,,points,4\n"
            "PAR,2023,TP. Hồ Chí Minh,D1,value,8.1,points,\n"
            "PAR,2022,TP. Hồ Chí Minh,D1,value,85,percent,\n"
            "PAR,2023,,total,mean,84,points,\n"
            "SIPAS,2023,Hà Nội,total,value,83,percent,7\n",
            encoding="utf-8",
        )
        (folder / "spec.json").write_text(json.dumps(SPEC | {"as_of": day}), encoding="utf-8")
        return folder

    return make


def test_a_run_becomes_a_sound_hub(run, tmp_path, capsys):
    """Domains, totals, SIPAS and ranks; a file a model; published figures as a time series."""
    hub = tmp_path / "hub"
    assert cli.run(["hub", "export", str(hub), "--run", str(run()), "--lang", "en"]) == 0
    assert capsys.readouterr().out == (
        f"Round 2024-10-20 written to {hub} and checked: sound (2 files, 21 rows).\n"
    )

    opened = layout.read(hub)
    assert validate.check(opened).problems == []
    assert [group.targets[0]["target_id"] for group in opened.rounds[0].groups] == [
        *("PAR.total", "SIPAS.total", "PAR.D1", "PAR.rank")
    ]
    assert opened.rounds[0].groups[2].outputs["quantile"].high == 9.5
    assert opened.rounds[0].groups[3].ordered
    series = pd.read_csv(hub / "target-data/time-series.csv")
    assert series.to_numpy().tolist() == [
        ["2023-12-31", "PAR.D1", "TP. Hồ Chí Minh", 8.1],
        ["2023-12-31", "PAR.rank", "TP. Hồ Chí Minh", 33.0],
        ["2023-12-31", "PAR.total", "TP. Hồ Chí Minh", 80.5],
        ["2023-12-31", "SIPAS.total", "Hà Nội", 83.0],
    ]


def test_a_second_run_is_a_second_round(run, tmp_path):
    """Days and figures are added; the first round stays as it was."""
    hub = tmp_path / "hub"
    for day, ranks in (("2024-06-20", 3), ("2024-10-20", 4)):
        assert (
            cli.run(["hub", "export", str(hub), "--run", str(run(day, ranks)), "--license", "CC-BY-4.0"]) == 0
        )

    opened = layout.read(hub)
    done = validate.check(opened)
    assert [each.text("en") for each in done.problems] == []
    assert (done.files, opened.rounds[0].names) == (4, {"2024-06-20", "2024-10-20"})
    assert len(opened.rounds[0].groups) == 5  # three ranks are another question than four
    assert "license: CC-BY-4.0" in (hub / "model-metadata/hcmc-evidence.yml").read_text(encoding="utf-8")


def test_a_folder_with_something_else_is_left_alone(run, tmp_path, hub, capsys):
    """Neither a folder of other things nor the hub of somebody else is written to."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    for place in (tmp_path / "full", hub):
        assert cli.run(["hub", "export", str(place), "--run", str(run(f"2024-0{len(place.name)}-01"))]) == 2
        assert "đã có nội dung khác" in capsys.readouterr().err


def test_the_exported_hub_holds_against_the_hubverses_schemas(run, tmp_path, hubs):
    """tasks.json, admin.json and target-data.json of ours, by theirs."""
    hub = tmp_path / "hub"
    assert cli.run(["hub", "export", str(hub), "--run", str(run())]) == 0

    done = validate.check(layout.read(hub, hubs / "schemas"))
    assert (done.problems, done.remarks) == ([], [])
