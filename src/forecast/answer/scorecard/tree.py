"""The framework as one tree: the total, its domains, criteria, sub-criteria, as deep as it is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats, Ints
from forecast.data.framework import PART_PREFIX, TOTAL, Framework, is_criterion

Row = dict[str, Any]
Kind = Literal["total", "domain", "part", "criterion", "subcriterion"]

NONE: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Components in the order of reading, each before its children."""

    rows: tuple[Row, ...]  # each node's row of the framework, and its `kind`
    parent: Ints  # (K,): place of each node's parent; -1 for the total
    leaves: Ints  # (L,): places of the finest nodes
    adds: Floats  # (K, L): 1 where a leaf adds to a node

    @property
    def names(self) -> tuple[str, ...]:
        """Codes of all nodes."""
        return tuple(row["component"] for row in self.rows)

    @property
    def leaf_rows(self) -> tuple[Row, ...]:
        """Rows of the leaves."""
        return tuple(self.rows[leaf] for leaf in self.leaves)

    @property
    def maxima(self) -> Floats:
        """Maxima of the leaves in points, shape (L,)."""
        return np.array([row["max_score"] for row in self.leaf_rows], dtype=float)

    def place(self, component: str) -> int:
        """Place of a node, or -1 if there is none of that code."""
        return next((k for k, row in enumerate(self.rows) if row["component"] == component), NONE)

    def under(self, node: int) -> Ints:
        """Leaves, counted among the leaves, that add to a node."""
        return np.flatnonzero(self.adds[node])

    def anchors(self) -> Mapping[str, Ints]:
        """The components that the panel forecasts, each with its leaves (counted among the leaves)."""
        leaves_of: dict[str, list[int]] = {}
        for number, leaf in enumerate(self.leaves):
            node = int(leaf)
            while is_criterion(self.rows[node]["component"]):
                node = int(self.parent[node])
            leaves_of.setdefault(self.rows[node]["component"], []).append(number)
        return {name: np.array(places) for name, places in leaves_of.items()}

    def domain(self, node: int) -> str:
        """Code of the domain that a node is in; ``""`` for the total."""
        while node != NONE and self.rows[node]["kind"] != "domain":
            node = int(self.parent[node])
        return "" if node == NONE else str(self.rows[node]["component"])

    def roll_up(self, leaves: Floats) -> Floats:
        """Sum leaves (n, L) up to all nodes, shape (n, K)."""
        return np.asarray(leaves @ self.adds.T)


def tree_of(framework: Framework) -> Tree:
    """Lay a framework out as a tree; parts that cut across the domains are left out."""
    components = pd.concat([framework.components, framework.criteria], ignore_index=True)
    components = components[~components["component"].str.startswith(PART_PREFIX)]
    below: dict[str, list[int]] = {}
    for number, parent in zip(components.index, components["parent"], strict=True):
        below.setdefault(str(parent), []).append(int(number))
    order: list[int] = []
    stack = [int(components.index[components["component"] == TOTAL][0])]
    while stack:
        number = stack.pop()
        order.append(number)
        stack += reversed(below.get(str(components.loc[number, "component"]), []))
    table = components.loc[order].reset_index(drop=True)
    places = {str(name): place for place, name in enumerate(table["component"])}
    parent = np.array([places.get(str(name), NONE) for name in table["parent"]])
    leaves = np.setdiff1d(np.arange(len(table)), parent)
    adds = np.zeros((len(table), len(leaves)))
    for column, leaf in enumerate(leaves):
        node = int(leaf)
        while node != NONE:
            adds[node, column] = 1.0
            node = int(parent[node])
    kinds = _kinds(table["component"].tolist(), parent)
    records: list[Row] = [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    rows = tuple(row | {"kind": kind} for row, kind in zip(records, kinds, strict=True))
    return Tree(rows, parent, leaves, adds)


def _kinds(names: list[str], parent: Ints) -> list[Kind]:
    kinds: list[Kind] = []
    for place, name in enumerate(names):
        above = kinds[parent[place]] if parent[place] != NONE else ""
        if not above:
            kinds.append("total")
        elif above == "total":
            kinds.append("domain")
        elif not is_criterion(name):
            kinds.append("part")
        else:
            kinds.append("subcriterion" if above in ("criterion", "subcriterion") else "criterion")
    return kinds
