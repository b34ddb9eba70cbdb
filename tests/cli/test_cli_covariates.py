"""Tables of covariates beside `predict` and `backtest`: read as they are meant, or refused with what to do.

All figures are made up.
"""

import warnings

import numpy as np
import pandas as pd
import pytest

import forecast
from forecast import cli

AREAS = ("An Giang", "Bình Định", "Cà Mau", "Đắk Lắk", "Hà Nam", "Huế", "Kon Tum", "Lào Cai")
YEARS = range(2010, 2021)  # the last one is to be forecast
RNG = np.random.default_rng(5)
SPEND = pd.DataFrame(
    [(area, year, round(float(RNG.normal(100, 10)), 2)) for area in AREAS for year in YEARS],
    columns=["area", "year", "spend"],
)
SCORES = pd.DataFrame(
    [
        (row.area, component, row.year, round(50 + 3 * c + 0.3 * c * row.spend + float(RNG.normal(0, 1)), 3))
        for row in SPEND.itertuples()
        for c, component in enumerate(("D1", "D2"))
        if row.year < 2020
    ],
    columns=["area", "component", "year", "score"],
)
LONG = SPEND.assign(covariate="spend").rename(columns={"spend": "value"})[
    ["area", "year", "covariate", "value"]
]
PLAIN = LONG.to_csv(index=False)


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """The scores as a file."""
    path = tmp_path_factory.mktemp("covariates") / "scores.csv"
    SCORES.to_csv(path, index=False)
    return path


@pytest.fixture
def predict(scores, tmp_path, capsys):
    """Run the command on a text of covariates; its code, what it printed and what it wrote."""

    def run(text, lang="en", verb="predict"):
        file, out = tmp_path / "beside.csv", tmp_path / "out.csv"
        file.write_text(text, encoding="utf-8")
        asked = ["--target-year", "2020"] if verb == "predict" else ["--origins", "2018"]
        given = ["--scores", scores, "--covariates", file, "--out", out, *asked]
        code = cli.run(["--lang", lang, verb, *map(str, given)])
        told = capsys.readouterr()
        return code, told.out, told.err, out.read_bytes() if out.exists() else b""

    return run


def test_effects_are_printed_and_change_the_forecast(predict, scores, tmp_path, capsys):
    """A short table names the effect in points a unit; the component it acts on is forecast better."""
    code, out, err, table = predict(PLAIN)
    plain = tmp_path / "plain.csv"
    cli.run(["predict", "--scores", str(scores), "--target-year", "2020", "--out", str(plain)])
    capsys.readouterr()

    assert (code, err) == (0, "")
    (line,) = (each for each in out.splitlines() if each.startswith("spend"))
    assert line.split()[1] == "D2"
    assert float(line.split()[2]) == pytest.approx(0.3, abs=2 * float(line.split()[3]))
    assert line.split()[-1] == "80"
    assert "1 of 2" in out
    assert table != plain.read_bytes()


LAYOUTS = {
    "one column a covariate": SPEND.to_csv(index=False),
    "semicolons, decimal commas, Vietnamese names": PLAIN.replace(",", ";")
    .replace(".", ",")
    .replace("area;year;covariate;value", "Tỉnh;Năm;Biến;Giá trị"),
    "statsforecast's names": SPEND.rename(columns={"area": "unique_id", "year": "ds"}).to_csv(index=False),
    "an empty column of components": LONG.assign(component="").to_csv(index=False),
    "years across": LONG.pivot_table("value", ["area", "covariate"], "year")
    .reset_index()
    .to_csv(index=False),
    "rows in another order": LONG.iloc[::-1].to_csv(index=False),
    "other places and years": PLAIN + "Nơi nào khác,2012,spend,5\nHuế,1990,spend,7\n",
}


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_usual_layouts_give_the_same_forecast(layout, predict):
    """However the table is laid out, the forecast has the same bytes."""
    expected = predict(PLAIN)[3]
    code, _, _, found = predict(LAYOUTS[layout])

    assert code == 0
    assert found == expected


def test_a_component_may_be_named_in_other_words(predict):
    """Lĩnh vực 2 is D2 of the scores."""
    expected = predict(LONG.assign(component="D2").to_csv(index=False))
    found = predict(LONG.assign(component="Lĩnh vực 2").to_csv(index=False))

    assert found == expected
    assert found[0] == 0


REFUSED = {
    "a misspelt area": (PLAIN.replace("Huế", "Hue"), ["row 57", "Hue", "Huế"]),
    "an unknown component": (
        LONG.assign(component="D9").to_csv(index=False),
        ["row 2", "component", "D9", "D2"],
    ),
    "a repeated row": (PLAIN + PLAIN.splitlines()[1] + "\n", ["row 90", "row 2", "(area, covariate, year)"]),
    "no number": (PLAIN + "Huế,2021,spend,many\n", ["row 90", "value", "many"]),
    "no covariate": (LONG.assign(covariate="").to_csv(index=False), ["row 2", "column covariate", "85 more"]),
    "no column of covariates": (
        LONG.drop(columns="covariate").assign(component="D1").to_csv(index=False),
        ["column covariate is missing"],
    ),
    "other places alone": ("area,year,covariate,value\nXyzw,2012,spend,5\n", ["no figure of the areas"]),
    "several figures a year": (
        "area,year,covariate,value\nHuế,2012-01-31,spend,5\nHuế,2012-02-28,spend,5\n",
        ["2 figures in 2012"],
    ),
    "a heading alone": ("area,year,covariate,value\n", ["the table has no rows"]),
    "a figure larger than any": (PLAIN + "Huế,2021,spend,1e308\n", ["row 90", "value", "1e30"]),
    "unclear columns": ("a,b\n1,2\n", ["area, year, covariate, value"]),
    "nothing": ("", ["beside.csv"]),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_cannot_be_meant_is_refused_with_its_place(case, predict):
    """Row, column, value and what to do, in a few lines of both languages; nothing is written."""
    text, words = REFUSED[case]
    code, _, err, table = predict(text)
    vi = predict(text, "vi")[2]

    assert (code, table) == (1, b"")
    assert all(word in err for word in words), err
    assert len(err.splitlines()) <= 6
    assert vi != err


def test_what_is_not_used_or_doubted_is_told(predict):
    """Places and years beside the scores, constant figures, and a lost decimal mark."""
    text = LAYOUTS["other places and years"].replace(f",spend,{SPEND['spend'][3]}", ",spend,98765")
    text += "".join(f"Huế,{year},still,3\n" for year in YEARS)
    code, _, err, _ = predict(text)

    assert code == 0
    for words in ("Nơi nào khác", "1 row of covariates outside 2010 to 2020", "decimal mark", "still"):
        assert words in err


def test_figures_of_the_country_are_those_of_all_areas(predict):
    """A table without areas, and one whose only area is the country, say the same."""
    rows = [f"{year},{year % 5}" for year in YEARS]
    found = [
        predict("year,covariate,value\n" + "".join(f"{row[:4]},base,{row[5:]}\n" for row in rows)),
        predict("area,year,base\n" + "".join(f"Cả nước,{row}\n" for row in rows)),
        predict("area,year,base\n" + "".join(f"{area},{row}\n" for area in AREAS for row in rows)),
    ]

    assert [each[0] for each in found] == [0, 0, 0]
    assert found[0][3] == found[1][3] == found[2][3]


def test_backtest_takes_covariates(predict, scores, tmp_path, capsys):
    """Forecasts of the year after the origin know its figures."""
    code, _, _, table = predict(PLAIN, verb="backtest")
    plain = tmp_path / "plain.csv"
    cli.run(["backtest", "--scores", str(scores), "--origins", "2018", "--out", str(plain)])
    capsys.readouterr()

    assert code == 0
    assert table != plain.read_bytes()
    assert cli.run(["backtest", "--covariates", str(scores), "--as-of", "2024-01-01", "--out", "o.csv"]) != 0


def test_the_same_in_python(predict):
    """`forecast.predict`, `forecast.backtest` and `forecast.effects` say what the command says."""
    _, _, _, table = predict(PLAIN)
    with warnings.catch_warnings(action="ignore"):
        future = forecast.predict(SCORES, 2020, covariates=SPEND)
        effects = forecast.effects(SCORES, LONG)
        past = forecast.backtest(SCORES, origins=[2018], covariates=LONG)
        before = forecast.backtest(SCORES, origins=[2018])
    told = pd.read_csv(pd.io.common.BytesIO(table))

    np.testing.assert_allclose(future["value"], told["value"])
    assert effects.loc[0, ["covariate", "component", "area_years"]].tolist() == ["spend", "D2", 80]
    assert effects["chance"].tolist()[1:] == [0.0]
    error = [
        (each["observed"] - each["predicted"])[
            (each["model"] == "ensemble") & (each["component"] == "D2")
        ].abs()
        for each in (past, before)
    ]
    assert error[0].mean() < 0.7 * error[1].mean()
    with pytest.raises(TypeError, match="DataFrame"):
        forecast.predict(SCORES, 2020, covariates="beside.csv")


@pytest.mark.parametrize("factor", [1e12, 1e27, 1e-12, 1e-200])
def test_the_unit_of_a_covariate_changes_no_forecast(factor):
    """Nor does it by much that the same figures stand there twice."""
    with warnings.catch_warnings(action="ignore"):
        own, other, twice = (
            forecast.predict(SCORES, 2020, covariates=table, models=["ensemble"])["value"]
            for table in (
                LONG,
                LONG.assign(value=LONG["value"] * factor),
                pd.concat([LONG, LONG.assign(covariate="again", value=LONG["value"] * factor)]),
            )
        )

    np.testing.assert_allclose(other, own, rtol=1e-9)
    np.testing.assert_allclose(twice, own, atol=0.01)


def test_a_covariate_that_is_the_score_and_rows_of_the_country_are_told(predict):
    """The one would know what is to be forecast; the others are not used beside areas' own."""
    of_country = "".join(f"Cả nước,{year},spend,{year % 7}\n" for year in YEARS)
    leak = SCORES[SCORES["component"] == "D2"].assign(covariate="leak", value=lambda rows: rows["score"])
    text = PLAIN + of_country + leak[["area", "year", "covariate", "value"]].to_csv(index=False, header=False)
    code, _, err, _ = predict(text)

    assert code == 0
    assert "leak equals the scores of D2" in err
    assert "11 rows of the whole country are not used" in err
