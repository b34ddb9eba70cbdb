"""What all areas share is computed once, and each area's answer is what it would be alone."""

import datetime as dt
import pickle
from dataclasses import fields, replace

import pandas as pd
import pytest

from forecast.answer import panel_forecast, pipeline
from forecast.base.spec import RunSpec
from forecast.data import load

CITY, OTHER = "TP. Hồ Chí Minh", "Đà Nẵng"


@pytest.fixture(scope="module")
def spec():
    """A day on which little was published, so that all is computed soon."""
    day = dt.date(2014, 6, 1)
    return RunSpec(index_code="PAR", area=CITY, target_year=2014, as_of=day, draws=200)


@pytest.fixture(scope="module")
def shared(spec, example):
    """The panel forecast, computed for one area and sent as to another process."""
    found = panel_forecast.forecast_panel_with_record(spec, load.read_vintages(example))
    return pickle.loads(pickle.dumps(found))  # noqa: S301 -- our own


def test_an_area_gets_from_the_ground_what_it_gets_alone(spec, shared, example):
    """Byte for byte, whoever the panel forecast was computed for and whoever asked before."""
    asked = replace(spec, area=OTHER)
    alone = pipeline.make(asked, example)
    pipeline.answer(shared, spec)

    found = pipeline.answer(shared, asked)

    assert found.spec == alone.spec
    for name in (field.name for field in fields(alone) if field.name != "spec"):
        one, other = (getattr(each, name) for each in (found, alone))
        pd.testing.assert_frame_equal(one, other, check_exact=True, obj=name)
        assert one.to_csv() == other.to_csv()


def test_the_ground_of_another_question_is_refused(spec, shared):
    """A panel forecast answers for any area, and for nothing else."""
    with pytest.raises(ValueError, match="the panel forecast is that of"):
        pipeline.answer(shared, replace(spec, target_year=2015))


def test_an_area_that_is_no_province_is_refused(spec, shared):
    """As a run for it alone would be."""
    with pytest.raises(ValueError, match="Đà Nẵng"):
        pipeline.answer(shared, replace(spec, area="Đà Nẵn"))
