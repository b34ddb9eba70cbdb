"""Several sources for one key: each step of the written rule, by hand, and what never matters."""

import datetime as dt
import importlib
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.base import labels
from forecast.data.load.misprints import contradicted
from forecast.data.load.settle import settle
from forecast.data.tables import DAY_DTYPE, TRUST

AS_OF = dt.date(2024, 10, 20)
KEY = ("key",)
GAP = np.nan


def rows(*found: tuple[float, float, str, str | None, str]) -> pd.DataFrame:
    """Make rows of one key: score, rank, trust, page's day, page; all made up."""
    frame = pd.DataFrame(found, columns=["score", "rank", "trust", "source_day", "source_url"])
    return frame.assign(
        key="k",
        source_day=pd.to_datetime(frame["source_day"]).astype(DAY_DTYPE),
        row=np.arange(2, 2 + len(frame)),
        score=frame["score"].astype(float),
        rank=frame["rank"].astype(float),
    )


def taken(frame: pd.DataFrame, **more: pd.Series) -> tuple[float, float, float, float, int]:
    """Settle one key; give score, rank, spread, spread of ranks, sources."""
    table, aside = settle(frame, KEY, as_of=AS_OF, **more)
    assert len(table) == 1
    assert len(table) + len(aside) == len(frame)
    return tuple(table.iloc[0][["score", "rank", "spread", "rank_spread", "sources"]])


def reasons(frame: pd.DataFrame, **more: pd.Series) -> list[str]:
    """Settle one key; give the reasons of the rows set aside, in the order of the file."""
    _, aside = settle(frame, KEY, as_of=AS_OF, **more)
    return aside.sort_values("row")["reason"].tolist()


@pytest.mark.parametrize(
    ("better", "worse", "reason"),
    [
        ((80, GAP, "derived", "2024-10-20", "b"), (99, GAP, "official", "2024-10-21", "a"), "later_page"),
        ((80, GAP, "official", "2024-05-01", "b"), (81, GAP, "press", "2024-06-01", "a"), "lower_trust"),
        ((80, GAP, "press", None, "b"), (81, GAP, "dataset preview", "2024-06-01", "a"), "lower_trust"),
        ((80, GAP, "dataset preview", None, "b"), (81, GAP, "copy", "2024-06-01", "a"), "lower_trust"),
        ((80, GAP, "copy", None, "b"), (79, GAP, "derived", "2024-06-01", "a"), "lower_trust"),
        ((81, GAP, "press", "2024-06-01", "b"), (80, GAP, "press", "2024-05-01", "a"), "older_page"),
        ((81, GAP, "press", "2024-06-01", "b"), (80, GAP, "press", None, "a"), "older_page"),
        ((80, GAP, "press", "2024-06-01", "b"), (81, GAP, "press", "2024-06-01", "a"), "more_flattering"),
        ((GAP, 34, "press", "2024-06-01", "b"), (GAP, 32, "press", "2024-06-01", "a"), "more_flattering"),
        ((80, GAP, "derived", None, "b"), (GAP, 3, "official", "2024-06-01", "a"), "rank_only"),
        ((80, GAP, "press", "2024-06-01", "a"), (80, GAP, "press", "2024-06-01", "b"), "same_figure"),
        ((80, GAP, "press", None, "a"), (80 + 4e-10, GAP, "press", None, "b"), "same_figure"),
    ],
)
def test_each_step_of_the_rule(better, worse, reason):
    """The row that the rule prefers is taken whichever stands first, and the other says why not."""
    for frame in (rows(better, worse), rows(worse, better)):
        score, rank, *_ = taken(frame)
        assert score == pytest.approx(better[0], nan_ok=True)
        assert rank == better[1] or not np.isnan(better[0])
        assert reasons(frame) == [reason]


def test_more_rows_decide_between_equal_claims():
    """Two pages of a day outvote one of the same day and trust."""
    frame = rows(
        (82, GAP, "press", "2024-06-01", "a"),
        (80, GAP, "press", "2024-06-01", "b"),
        (82, GAP, "press", "2024-06-01", "c"),
    )

    assert taken(frame)[0] == 82
    assert reasons(frame) == ["fewer_sources", "same_figure"]


def test_a_correction_beats_those_who_copied_first():
    """Two pages of the first day do not outvote a later one."""
    frame = rows(
        (82, GAP, "press", "2024-05-01", "a"),
        (82, GAP, "press", "2024-05-01", "b"),
        (83, GAP, "press", "2024-06-01", "c"),
    )

    assert taken(frame)[0] == 83
    assert reasons(frame) == ["older_page", "older_page"]


def test_a_proof_beats_trust():
    """What other figures prove wrong goes last, whoever printed it."""
    frame = rows((88.77, 5, "official", None, "a"), (86.77, 5, "copy", None, "b"))
    wrong = pd.Series([True, False])

    assert taken(frame)[0] == 88.77
    assert taken(frame, wrong=wrong)[0] == 86.77
    assert reasons(frame, wrong=wrong) == ["contradicted"]


def test_score_and_rank_come_from_different_rows():
    """A rank alone completes a score alone; each is settled by itself."""
    frame = rows((80, GAP, "press", None, "a"), (GAP, 7, "official", None, "b"), (GAP, 9, "copy", None, "c"))

    assert taken(frame) == (80, 7, 0, 2, 3)


def test_the_spread_is_the_whole_disagreement():
    """Highest less lowest of all pages that count; a later page does not count beside them."""
    frame = rows(
        (80, 3, "official", "2024-05-01", "a"),
        (83, 4, "copy", "2024-05-01", "b"),
        (99, 1, "official", "2025-01-01", "c"),
    )

    assert taken(frame) == (80, 3, 3, 1, 2)


def test_points_and_percent_are_compared_as_shares():
    """9.5 of 10 points and 94 percent differ by 0.1 points."""
    frame = rows((9.5, GAP, "official", None, "a"), (94, GAP, "press", None, "b"))

    assert taken(frame, share=pd.Series([0.95, 0.94]))[2] == pytest.approx(0.1)
    full = rows((10, GAP, "official", None, "a"), (94, GAP, "press", None, "b"))
    assert taken(full, share=pd.Series([1.0, 0.94]))[2] == pytest.approx(0.6)
    assert taken(frame, share=pd.Series([0.95, 0.94123456789]))[2] == 0.087654  # 0.0876543211, to six places


def test_a_score_without_a_maximum_does_not_spoil_the_spread():
    """What cannot be compared is left out of the spread, not guessed."""
    frame = rows((9.5, GAP, "official", None, "a"), (94, GAP, "press", None, "b"))

    assert taken(frame, share=pd.Series([0.95, GAP]))[2] == 0
    assert taken(rows((0, GAP, "press", None, "a")), share=pd.Series([0.0]))[2] == 0


def test_where_the_score_taken_has_no_share_the_scores_themselves_differ():
    """A score of nothing, or one whose maximum nobody knows, cannot measure a difference of shares."""
    frame = rows((0, GAP, "official", None, "a"), (1, GAP, "press", None, "b"))

    assert taken(frame, share=pd.Series([0.0, 0.1]))[2] == 1
    assert taken(frame, share=pd.Series([GAP, 0.1]))[2] == 1


def test_of_rows_that_say_nothing_the_first_is_kept():
    """The door lets none pass; here nothing is made of them."""
    table, _ = settle(rows((GAP, GAP, "press", None, "a"), (GAP, GAP, "copy", None, "b")), KEY, as_of=AS_OF)

    assert table["source_url"].tolist() == ["a"]
    assert table[["spread", "rank", "rank_spread"]].isna().all(axis=None)


CANDIDATES = st.lists(
    st.tuples(
        st.sampled_from([GAP, 80.0, 80.01, 90.0]),
        st.sampled_from([GAP, 1.0, 2.0]),
        st.sampled_from(TRUST),
        st.sampled_from([None, "2024-05-01", "2024-06-01", "2025-06-01"]),
    ).filter(lambda row: not (np.isnan(row[0]) and np.isnan(row[1]))),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60)
@given(CANDIDATES, st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(found, dice):
    """Any order of the same rows gives the same choice, spreads and reasons."""
    frame = rows(*((*row, f"page {number}") for number, row in enumerate(found)))
    places = list(range(len(frame)))
    dice.shuffle(places)
    shuffled = frame.iloc[places].reset_index(drop=True)

    one, other = (settle(table, KEY, as_of=AS_OF) for table in (frame, shuffled))

    for left, right in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(left, right)


@settings(max_examples=60)
@given(CANDIDATES)
def test_a_figure_taken_is_a_figure_given(found):
    """No number is made up: score and rank stand in the rows, and the spread holds every score of the day."""
    frame = rows(*((*row, f"page {number}") for number, row in enumerate(found)))
    score, rank, spread, _, sources = taken(frame)
    counted = frame.loc[~(frame["source_day"] > pd.Timestamp(AS_OF))]
    of_the_day = counted.loc[counted["score"].notna(), "score"]

    assert np.isnan(score) or score in set(frame["score"])
    assert np.isnan(rank) or rank in set(frame["rank"])
    assert np.isnan(score) == frame["score"].isna().all()
    assert 1 <= sources <= len(frame)
    if len(of_the_day):
        assert spread == pytest.approx(of_the_day.max() - of_the_day.min(), abs=1e-6)
    assert {f"aside.{reason}" for reason in reasons(frame)} <= set(labels.catalogue())


@settings(max_examples=60)
@given(CANDIDATES, CANDIDATES)
def test_one_key_never_touches_another(one, other):
    """Settling two keys together is settling each alone."""
    first = rows(*((*row, f"page {number}") for number, row in enumerate(one)))
    second = rows(*((*row, f"page {number}") for number, row in enumerate(other))).assign(key="l")

    together, _ = settle(pd.concat([second, first], ignore_index=True), KEY, as_of=AS_OF)

    alone = [settle(frame, KEY, as_of=AS_OF)[0] for frame in (first, second)]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


# ---- misprints


def figures(*found: tuple[str, str, str, float, str]) -> pd.DataFrame:
    """Make scores of one year: area, component, statistic, score, unit; all made up."""
    frame = pd.DataFrame(found, columns=["area", "component", "statistic", "score", "unit"])
    return frame.assign(
        index_code="PAR", year=2020, source_day=pd.Series(pd.NaT, index=frame.index, dtype=DAY_DTYPE)
    )


PARTS = [
    ("Hà Nội", "part.appraised", "value", 55.94, "points"),
    ("Hà Nội", "part.leaders_survey", "value", 20.09, "points"),
    ("Hà Nội", "D8.sipas", "value", 8.89, "points"),
    ("Hà Nội", "D8.outcome", "value", 1.84, "points"),
]


@pytest.mark.parametrize(("total", "wrong"), [(86.76, False), (86.85, False), (86.87, True), (88.77, True)])
def test_a_total_that_is_not_the_sum_of_its_parts(total, wrong):
    """86.76 by hand; rounding may take a few hundredths, a misprint takes more."""
    frame = figures(*PARTS, ("Hà Nội", "total", "value", total, "percent"))

    assert contradicted(frame, AS_OF).tolist() == [*[False] * 4, wrong]


def test_nothing_is_proved_by_a_missing_a_disputed_or_a_later_part():
    """Only figures that stand undisputed on the day prove another wrong."""
    total = ("Hà Nội", "total", "value", 99.0, "percent")
    whole = figures(*PARTS, total)
    late = whole.assign(source_day=whole["source_day"].mask(whole["component"] == "D8.sipas", "2025-01-01"))

    assert contradicted(whole, AS_OF).any()
    elsewhere = [("Hà Nam", *part[1:]) for part in PARTS]
    assert not contradicted(figures(*PARTS[1:], *elsewhere, total), AS_OF).any()
    disputed = figures(*PARTS, ("Hà Nội", "D8.sipas", "value", 8.0, "points"), total)
    assert not contradicted(disputed, AS_OF).any()
    assert not contradicted(late, AS_OF).any()


def test_extremes_hold_every_province():
    """The lowest may not exceed a province's own score, nor the highest fall short of one."""
    frame = figures(
        ("Nam Định", "total", "value", 84.57, "percent"),
        ("Việt Nam", "total", "min", 85.54, "percent"),
        ("Việt Nam", "total", "min", 82.79, "percent"),
        ("Việt Nam", "total", "max", 84.0, "percent"),
        ("Việt Nam", "total", "max", 94.0, "percent"),
        ("Việt Nam", "D1", "max", 1.0, "percent"),
    )

    assert contradicted(frame, AS_OF).tolist() == [False, True, False, True, False, False]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_proofs_do_not_depend_on_the_order(order):
    """A mark belongs to its row wherever the row stands."""
    frame = figures(
        ("Nam Định", "total", "value", 84.57, "percent"),
        ("Việt Nam", "total", "min", 85.54, "percent"),
        ("Việt Nam", "total", "min", 82.79, "percent"),
    ).iloc[list(order)]

    assert contradicted(frame, AS_OF).sort_index().tolist() == [False, True, False]


def test_the_work_grows_with_the_rows_of_a_cell_not_with_their_square(monkeypatch):
    """Each row's figure is looked at a few times, however many rows a cell has."""
    looked = []
    module = importlib.import_module("forecast.data.load.settle")
    plain = module._score
    monkeypatch.setattr(module, "_score", lambda candidate: looked.append(1) or plain(candidate))
    found = [(70 + k % 7, GAP, "press", "2024-06-01", f"page {k}") for k in range(300)]

    settle(rows(*found), KEY, as_of=AS_OF)

    assert len(looked) <= 10 * len(found)
