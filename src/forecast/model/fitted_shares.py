"""Estimate the share behind each published figure from draws in which published sums and ranks hold.

The linear posterior alone is some points off where a sum of wide, bounded cells was published.
"""

from typing import Final

import numpy as np

from forecast.base.arrays import Floats
from forecast.model.fitted_evidence import FittedEvidence
from forecast.model.joint_draws import JointDraws, joint_draws
from forecast.model.linear import own_area

DRAWS: Final = 200  # a median needs no more


def fitted_shares(
    fitted: FittedEvidence, drawn: tuple[int, JointDraws], rng: np.random.Generator, n: int = DRAWS
) -> Floats:
    """Median over draws of what each statement is on, as a share; shape (statements,).

    Given are a year and draws of it and all areas that are there already.  Of other years only the areas with
    figures of their own are drawn, `n` times, so their means of many areas are NaN.
    """
    lattice, statements = fitted.lattice, fitted.statements
    shape = (len(statements), len(lattice.components), len(lattice.years))
    weight = statements.cell_weight[:, : lattice.n_scores].toarray().reshape(shape)
    off = statements.cell_weight[:, lattice.n_scores :].sum(axis=1)
    area = own_area(statements.area_weight)
    medians = np.full(len(statements), np.nan)
    for t, year in enumerate(lattice.years):
        rows = np.flatnonzero(weight[:, :, t].any(axis=1))
        if year == drawn[0]:
            areas, draws = np.arange(len(lattice.areas)), drawn[1]
        else:
            rows = rows[area[rows] >= 0]
            areas = np.unique(area[rows])
            if not len(rows):
                continue
            draws = joint_draws(fitted, (year,), n, rng, areas=areas.tolist())
        shares, offset = draws.shares[:n, ..., 0], draws.offset[:n, 0]
        place = {int(p): k for k, p in enumerate(areas)}
        for i in rows:
            over = slice(*statements.area_weight.indptr[i : i + 2])
            here = [place[int(p)] for p in statements.area_weight.indices[over]]
            own = shares[:, here] @ weight[i, :, t] + offset[:, None] * off[i]
            medians[i] = np.median(own @ statements.area_weight.data[over])
    return medians
