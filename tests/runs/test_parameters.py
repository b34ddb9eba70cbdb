"""What a parameters cell declares and what it takes; no kernel is started here."""

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papermill import inspect_notebook

from forecast.base.errors import RunError, SpecError
from forecast.runs.parameters import Parameter, check_values, read_declarations

CELL = """\
# what the page is about
index_code: str = "PAR"  # which index: PAR or SIPAS
target_year: int = -1
share: float = 0.5  # in [0, 1]
force: bool = False
"""
KNOWN = (
    Parameter("index_code", "str", "PAR", "which index: PAR or SIPAS"),
    Parameter("target_year", "int", -1),
    Parameter("share", "float", 0.5, "in [0, 1]"),
    Parameter("force", "bool", default=False),
)
GOOD = {"index_code": "SIPAS", "target_year": 2024, "share": 1.0, "force": True}


def tagged(source: str) -> nbformat.NotebookNode:
    """A notebook with one parameters cell."""
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("Đầu trang"), cell],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": ""}},
    )


def test_each_line_gives_name_type_default_and_help():
    """The cell is the manual of the notebook, so all of it is read."""
    assert read_declarations(tagged(CELL), "a.ipynb") == KNOWN


def test_papermill_sees_the_same_parameters(tmp_path):
    """Oracle: what papermill itself finds in the cell."""
    path = tmp_path / "a.ipynb"
    nbformat.write(tagged(CELL), path)

    found = inspect_notebook(str(path))

    assert [(name, each["inferred_type_name"], each["help"]) for name, each in found.items()] == [
        (each.name, each.type_name, each.help) for each in KNOWN
    ]


@pytest.mark.parametrize(
    "line",
    [
        'index_code = "PAR"',
        "as_of: date = 3",
        "year: int = 1 + 1",
        'year: int = "2024"',
        "flag: bool = 1",
        "x: str | None = None",
        "import os",
        "x: int = 1 +",
        "x: list = [1]",
        "x: int",
    ],
)
def test_a_line_of_another_form_is_refused(line):
    """papermill would pass over it, and the parameter would keep its default."""
    with pytest.raises(RunError) as refused:
        read_declarations(tagged(f'good: str = "yes"\n{line}\n'), "a.ipynb")

    assert refused.value.facts == {"notebook": "a.ipynb", "line": line}


def test_a_notebook_without_a_parameters_cell_is_refused():
    """It would run with whatever stands in it."""
    with pytest.raises(RunError, match=r"a\.ipynb has no parameters cell"):
        read_declarations(nbformat.v4.new_notebook(), "a.ipynb")


def test_good_values_pass_in_the_order_of_the_cell():
    """What is given is what the notebook gets."""
    assert list(check_values("a.ipynb", KNOWN, dict(reversed(GOOD.items()))).items()) == list(GOOD.items())


def test_everything_wrong_is_told_at_once_with_the_nearest_name():
    """One round is enough to mend a call."""
    given_values = {"index_code": 5, "targetyear": 2024, "share": 0.5, "quite_another": 1}

    with pytest.raises(SpecError) as refused:
        check_values("a.ipynb", KNOWN, given_values)

    assert str(refused.value) == (
        "Parameters for the notebook a.ipynb are refused: there is no parameter targetyear "
        "(the nearest is target_year), "
        "there is no parameter quite_another (there are: index_code, target_year, share, force), "
        "target_year is missing, force is missing, index_code must be of type str, found 5 of type int. "
        "No notebook was run."
    )
    assert "không có tham số targetyear (gần giống: target_year)" in refused.value.text("vi")
    assert refused.value.exit_code == 2


VALUES = st.one_of(
    st.text(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none(), st.lists(st.text())
)


@given(name=st.sampled_from([each.name for each in KNOWN]), value=VALUES)
def test_a_value_passes_if_and_only_if_it_is_of_the_type(name, value):
    """A flag is no number here, and a whole number will do for a float."""
    kinds = {"index_code": (str,), "target_year": (int,), "share": (int, float), "force": (bool,)}[name]
    fits = type(value) in kinds

    try:
        passed = check_values("a.ipynb", KNOWN, {**GOOD, name: value})[name] is value
    except SpecError:
        passed = False

    assert passed == fits
