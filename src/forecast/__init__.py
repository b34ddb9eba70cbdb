"""Forecasts of the PAR Index and SIPAS, with uncertainty.

In a notebook::

    import forecast
    bench = forecast.open()

gives a workbench; see `forecast.desk.open`.  `forecast.predict` and `forecast.backtest` forecast any
yearly table, `forecast.effects` tells what covariates do to it, and `forecast.rolling` scores past
forecasts; see `forecast.answer.public`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast.answer.public import ForecastWarning, backtest, effects, predict
    from forecast.desk import Workbench, open  # noqa: A004 -- analysts write forecast.open
    from forecast.model import rolling

__all__ = ["ForecastWarning", "Workbench", "backtest", "effects", "open", "predict", "rolling"]
_ELSEWHERE = {"Workbench": "forecast.desk", "open": "forecast.desk"}
_MODULES = {"rolling": "forecast.model.rolling"}


def __getattr__(name: str) -> Any:
    """Load a part when it is asked for, as it takes seconds; the command line has no need of it."""
    if name not in __all__:
        raise _UnknownNameError(name)
    if name in _MODULES:
        part = import_module(_MODULES[name])
    else:
        part = getattr(import_module(_ELSEWHERE.get(name, "forecast.answer.public")), name)
    globals()[name] = part
    return part


class _UnknownNameError(AttributeError):
    """The package has no such name; the sentence is written when it is read, as imports ask for many."""

    def __str__(self) -> str:
        refusal = import_module("forecast.desk.refusals").refusal
        return str(refusal(self.args[0], __all__, "vi"))


def __dir__() -> list[str]:
    """List what analysts work with."""
    return [*__all__, "__doc__"]
