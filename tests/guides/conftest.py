"""A copy of the project, in which the user guides are followed."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import nbformat
import pytest
from nbformat import NotebookNode

from forecast.answer import members, pipeline, record
from forecast.answer.result import Result
from forecast.base.errors import SpecError
from forecast.base.spec import RunSpec
from forecast.model.ensemble import MODELS, Ensemble
from forecast.model.evidence import Evidence
from forecast.model.fitted_ensemble import FittedEnsemble
from forecast.model.fitted_evidence import FittedEvidence
from forecast.model.panel import Panel
from forecast.runs import execute, report_notebooks, run
from forecast.runs.kernels import ForkServer, Kernels, can_fork

ROOT: Final = Path(__file__).parents[2]
SLOWEST: Final = "panel_ssm"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer | None]:
    """The process that forks the kernels of all reports; None where kernels are ordinary."""
    if not can_fork():
        yield None
        return
    with ForkServer(["forecast.pages.report"], tmp_path_factory.mktemp("server") / "kernels.log") as shared:
        yield shared


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ForkServer | None) -> Path:
    """A copy of the project to work in, where reports cost less than they do.

    What no guide looks into is left out: pages but the leaders', years of the record before the last, the
    slowest of the models beside the main one.
    A year is forecast and its page made once: later reports of it take both, as commands print neither.
    What is learnt from the same figures is learnt once.
    """
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".*"))
    results: dict[tuple[int, str], Result] = {}
    notebooks: dict[Any, NotebookNode] = {}
    fits: dict[bytes, FittedEvidence] = {}

    def make(spec: RunSpec, data_dir: Path, *_: object) -> Result:
        asked = spec.target_year, spec.area
        if asked not in results:
            results[asked] = whole(spec, data_dir)
        return replace(results[asked], spec=spec)

    def executed(notebook: NotebookNode, given: Mapping[str, Any], **how: Any) -> NotebookNode:
        year = given["target_year"]
        if year not in notebooks:
            notebooks[year] = execute.execute(notebook, given, **how)
        nbformat.write(notebooks[year], how["output"])
        return notebooks[year]

    def fitted(panel: Panel, *_: object) -> FittedEnsemble:
        found = Ensemble(models=tuple(model for model in MODELS if model.name != SLOWEST)).fit(panel)
        return replace(found, refused={**found.refused, SLOWEST: SpecError("member.nothing")})

    def learnt(model: Evidence, *seen: object) -> FittedEvidence:
        key = pickle.dumps((model, *seen))
        if key not in fits:
            fits[key] = fit(model, *seen)  # type: ignore[arg-type]
        return fits[key]

    fit, whole = Evidence.fit, pipeline.make
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "make", make)
    monkeypatch.setattr(Evidence, "fit", learnt)
    monkeypatch.setattr(members, "fit_models", fitted)
    monkeypatch.setattr(record, "FIRST_TARGET", 2024)
    monkeypatch.setattr(
        report_notebooks, "KINDS", tuple(kind for kind in report_notebooks.KINDS if kind.stem == "meeting")
    )
    monkeypatch.setattr(run, "execute", executed)
    monkeypatch.setattr(run, "Kernels", lambda modules, log, **_: Kernels(modules, log, server=server))
    return tmp_path
