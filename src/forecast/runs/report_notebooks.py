"""List the notebooks that a run executes, how often, and what each page must show."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nbformat
from nbformat import NotebookNode
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning

from forecast.base import incoming
from forecast.base.errors import DataError, RunError, shown
from forecast.base.labels import Phrase
from forecast.base.spec import RunSpec
from forecast.runs import parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A notebook of a run."""

    stem: str  # file name without ``.ipynb``; of the page too
    # executed once for each domain, with the domain in the parameter `component`, and not once per run
    per_domain: bool = False
    # tables, figures: how many its page shows at least: a cell that swallows an error shows nothing, and no
    # one notices
    tables: int = 1
    figures: int = 0


KINDS: Final = (
    # Domains, the ladder, targets: there whatever was entered.
    Kind(stem="meeting", tables=3, figures=4),
    Kind(stem="total", figures=1),
    Kind(stem="domain", per_domain=True, figures=1),
    # Without criteria, forms or remedies these two have lines that say what to enter, and nothing else.
    Kind(stem="scorecard", tables=0),
    Kind(stem="departments", tables=0),
    Kind(stem="backtest"),
    Kind(stem="data"),
)


@dataclass(frozen=True, slots=True)
class PageJob:
    """One notebook to be executed with its parameters; `name` is the page's too."""

    name: str
    kind: Kind
    component: str
    notebook: NotebookNode
    values: Mapping[str, parameters.Value]


@dataclass(frozen=True, slots=True)
class ReportNotebooks:
    """The notebooks of a run, read once: parsed, by stem; and as stored, by file name."""

    kinds: Sequence[Kind]
    notebooks: Mapping[str, NotebookNode]
    content: Mapping[str, bytes]

    def check(self, values: Mapping[str, Any]) -> None:
        """Refuse parameters that a notebook does not know, lacks, or declares otherwise; before any kernel.

        Raises SpecError (see `parameters.check_values`).
        """
        for kind in self.kinds:
            self._accepted(kind, values, "")

    def jobs(self, values: Mapping[str, Any], components: Iterable[str]) -> tuple[PageJob, ...]:
        """List what is to be executed, in the order of reading."""
        every = tuple(components)
        return tuple(
            PageJob(
                f"{kind.stem}-{component}" if component else kind.stem,
                kind,
                component,
                self.notebooks[kind.stem],
                self._accepted(kind, values, component),
            )
            for kind in self.kinds
            for component in (every if kind.per_domain else ("",))
        )

    def _accepted(
        self, kind: Kind, values: Mapping[str, Any], component: str
    ) -> Mapping[str, parameters.Value]:
        file = f"{kind.stem}.ipynb"
        declared = parameters.read_declarations(self.notebooks[kind.stem], file)
        of_domain = {"component": component} if kind.per_domain else {}
        return parameters.check_values(file, declared, {**values, **of_domain})


def read(folder: Path, kinds: Sequence[Kind]) -> ReportNotebooks:
    """Read the notebooks of a run; raises RunError if one is missing or is no notebook."""
    content = {f"{kind.stem}.ipynb": _bytes_of(folder / f"{kind.stem}.ipynb") for kind in kinds}
    notebooks = {kind.stem: _parsed(f"{kind.stem}.ipynb", content[f"{kind.stem}.ipynb"]) for kind in kinds}
    return ReportNotebooks(kinds, notebooks, content)


def _bytes_of(path: Path) -> bytes:
    try:
        return incoming.content(path, most=incoming.MOST_RECORD)
    except DataError as error:
        (wrong,) = error.problems
        if wrong.expected_key == "expect.file":
            facts = {"notebook": path.name, "folder": str(path.parent)}
            raise RunError("run.no_notebook", facts) from None
        reason = Phrase(wrong.expected_key, wrong.expected_facts)
        raise RunError("run.unreadable_notebook", {"notebook": path.name, "error": reason}) from error


def _parsed(name: str, content: bytes) -> NotebookNode:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DuplicateCellId)
            warnings.simplefilter("error", MissingIDFieldWarning)
            text = content.decode("utf-8-sig")
            incoming.record(text)  # within its limits; the library has none
            notebook: NotebookNode = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)  # reading alone only logs what is wrong
    except (
        DuplicateCellId,
        MissingIDFieldWarning,
        ValueError,
        TypeError,
        AssertionError,
        AttributeError,
        NameError,
        LookupError,
        RecursionError,
        nbformat.ValidationError,
    ) as error:
        # nbformat takes it for granted that JSON holds a notebook, and stumbles in many ways if not
        merging = _merging(content.decode(errors="replace"), incoming.MERGING)
        key = "run.merge_marks" if merging else "run.no_notebook_file"
        if isinstance(error, Warning):
            key = "run.cell_ids"
        reason = Phrase(key)
        if isinstance(error, incoming.RepeatedKeyError):
            reason = Phrase("expect.json_key_once", {"name": shown(error.args[0])})
        facts = {"notebook": name, "error": reason}
        raise RunError("run.unreadable_notebook", facts) from error
    if any(_merging(cell.source, incoming.MERGING[:1]) for cell in notebook.cells):  # as nbdime leaves them
        raise RunError("run.unreadable_notebook", {"notebook": name, "error": Phrase("run.merge_marks")})
    return notebook


def _merging(text: str, marks: tuple[str, ...]) -> bool:
    """Whether a line begins with a mark of an unfinished merge; in a cell the middle one may be a title's."""
    return any(line.startswith(marks) for line in text.splitlines())


def parameters_of(spec: RunSpec, *, data_dir: Path, run_dir: Path, lang: str) -> dict[str, Any]:
    """Give the parameters of every notebook of a run; paths in a form that all systems read."""
    return {
        "index_code": spec.index_code,
        "area": spec.area,
        "target_year": spec.target_year,
        "as_of": spec.as_of.isoformat(),
        "data_dir": data_dir.as_posix(),
        "run_dir": run_dir.as_posix(),
        "lang": lang,
    }
