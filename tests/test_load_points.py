"""What stands below the domains is checked at the same door: criteria, rules, forms, remedies, scenarios."""

import datetime as dt

import pytest
from test_load import SMALL, write

from forecast import load, scenarios
from forecast.errors import DataError

AS_OF = dt.date(2024, 10, 20)


def refused(folder) -> list[tuple[str, int | None, str, str]]:
    """Read a folder that must be refused; file, row, column and key of each problem."""
    with pytest.raises(DataError) as caught:
        load.read(folder, as_of=AS_OF)
    assert caught.value.text("vi") != caught.value.text("en")
    return [(p.file, p.row, p.column, p.expected_key) for p in caught.value.problems]
