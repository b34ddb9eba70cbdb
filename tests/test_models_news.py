import numpy as np
import pytest

from forecast.models.news import NEWS_COLUMNS, learn_news, news_table


def test_a_surprise_that_always_told_keeps_its_weight():
    """Errors of twice the surprise, year after year, give an effect of twice the present surprise."""
    surprises = np.array([1.0, -1.0, 2.0, -2.0, 1.5])

    news = learn_news(surprises, 2 * surprises, 3.0)

    assert news.reason == "news.used"
    assert news.effect == pytest.approx(6.0)
    assert news.explained == pytest.approx(1.0)


def test_a_surprise_that_told_nothing_has_no_effect():
    """When forecasts would have been worse with it, the effect is 0, and the range holds 0."""
    news = learn_news(np.array([1.0, -1.0, 1.0, -1.0]), np.array([1.0, 1.0, -1.0, -1.0]), 5.0)

    assert (news.weight, news.effect, news.reason) == (0.0, 0.0, "news.no_support")
    assert news.lower <= 0 <= news.upper


def test_too_few_years_claim_nothing():
    """Three years cannot support an indicator, however well they fit."""
    news = learn_news(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), 1.0)

    assert (news.effect, news.reason) == (0.0, "news.few_years")


def test_noise_shrinks_the_weight():
    """The noisier the past, the nearer the weight is to 0 and the wider its range for its size."""
    rng = np.random.default_rng(0)
    surprises, noise = rng.normal(size=12), rng.normal(size=12)
    clear, murky = (learn_news(surprises, surprises + k * noise, 1.0) for k in (0.1, 0.6))

    slope = float(surprises @ (surprises + 0.6 * noise) / (surprises @ surprises))
    assert 0 < murky.weight < 0.9 * slope
    assert murky.weight < clear.weight
    assert murky.upper - murky.lower > clear.upper - clear.lower


def test_errors_of_areas_are_pooled_by_year():
    """Copies of one year's error in many areas are no further years."""
    surprises = np.array([1.0, -1.0, 2.0, -2.0])
    errors = np.array([1.0, -0.5, 1.5, -2.0])

    one = learn_news(surprises, errors, 1.0)
    many = learn_news(surprises, np.repeat(errors[:, None], 50, axis=1), 1.0)

    assert one == many


def test_the_sign_of_the_unit_does_not_matter():
    """An indicator counted the other way round has the opposite weight and the same effect."""
    rng = np.random.default_rng(1)
    surprises = rng.normal(size=8)
    errors = surprises + 0.2 * rng.normal(size=8)

    plain, turned = learn_news(surprises, errors, 0.7), learn_news(-surprises, errors, -0.7)

    assert plain.effect == pytest.approx(turned.effect)
    assert plain.weight == pytest.approx(-turned.weight)


def test_the_table_has_the_strongest_first_and_keeps_what_is_not_used():
    """Every indicator has its row and its reason; one that is not out yet has no effect."""
    x = np.array([1.0, -1.0, 2.0, -2.0])

    table = news_table({"a": x, "b": x, "c": x}, {"a": x, "b": 3 * x, "c": x}, {"a": 1.0, "b": 1.0})

    assert tuple(table.columns) == NEWS_COLUMNS
    assert table["indicator"].tolist() == ["b", "a", "c"]
    assert table["reason"].tolist() == ["news.used", "news.used", "news.few_years"]
    assert table["effect"].iloc[2] == 0.0
