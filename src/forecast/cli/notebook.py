"""`forecast notebook list|new|run`: list, create or execute the analyst's notebooks."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, RunError, SpecError
from forecast.base.spec import refuse_outside
from forecast.base.stop import on_signals
from forecast.cli.local import Verb, action, argument, option, refuse_foreign, verb
from forecast.cli.types import FolderType, NameType
from forecast.runs import notebooks
from forecast.runs.notebooks import Notebook
from forecast.runs.parameters import Parameter

FOLDER: Final = Path("notebooks")
MOST: Final = 100_000
_ONLY: Final = {
    **dict.fromkeys(("title", "folder"), ("new",)),
    **dict.fromkeys(("parameter", "out", "cell-timeout", "run-timeout"), ("run",)),
}
_ARGUMENTS: Final = "forecast.notebook"


class _NotebookVerb(Verb):
    """The verb; its help includes the parameters of the notebook that is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments and store them, as help is written before click has converted them."""
        ctx.meta[_ARGUMENTS], _, _ = self.make_parser(ctx).parse_args(list(args))
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and the parameters of the notebook that is asked about."""
        super().format_options(ctx, formatter)
        arguments = ctx.meta.get(_ARGUMENTS, {})
        if arguments.get("action") != "run" or not isinstance(arguments.get("name"), str):
            return
        folder = arguments.get("notebooks_dir")
        target = notebooks.find(Path(folder) if isinstance(folder, str) else FOLDER, arguments["name"])
        rows = [parameter_help(parameter, self.lang) for parameter in target.parameters]
        formatter.write_paragraph()
        formatter.write_text(target.title(self.lang))
        formatter.write_text(target.purpose(self.lang))
        with formatter.section(labels.text("cli.notebook.parameters_of", self.lang, name=target.name)):
            formatter.write_dl(rows)


@verb(
    "notebook",
    action("list", "new", "run"),
    argument("name", "[NAME]", required=False),
    option("parameter", "-p", multiple=True, metavar="NAME=VALUE"),
    option("out", type=FolderType(), metavar="FOLDER"),
    "cell-timeout run-timeout",
    option("title", type=NameType(), metavar="TEXT"),
    option("folder", type=FolderType(), metavar="FOLDER"),
    "notebooks-dir",
    kind=_NotebookVerb,
)
def notebook(*, action: str, name: str | None, notebooks_dir: Path, lang: str, **given: Any) -> int:
    """List, create or execute, by `action`."""
    refuse_foreign(_ONLY, action)
    if action == "list":
        if name is not None:
            raise SpecError("cli.extra_words", {"found": [name], "command": "forecast notebook list"})
        click.echo(notebooks_text(notebooks_dir, lang))
        return EXIT_GOOD
    if name is None:
        raise SpecError(
            "cli.missing_argument", {"argument": "NAME", "command": f"forecast notebook {action}"}
        )
    if action == "new":
        path = notebooks.create(
            notebooks_dir, name, below=given["folder"], title=given["title"] or "", lang=lang
        )
        click.echo(labels.text("notebook.created", lang, path=_near(path), name=path.stem))
        return EXIT_GOOD
    run(notebooks.find(notebooks_dir, name), notebooks_dir=notebooks_dir, lang=lang, **given)
    return EXIT_GOOD


def notebooks_text(folder: Path, lang: str) -> str:
    """Write name, title, purpose and parameters of every notebook; one that cannot be read says why."""
    names = notebooks.names(folder)
    if not names:
        return labels.text("notebook.none", lang, folder=folder)
    blocks = [_block(folder, name, lang) for name in names]
    return "\n\n".join([*blocks, labels.text("notebook.how", lang)])


def _block(folder: Path, name: str, lang: str) -> str:
    try:
        book = notebooks.read(folder, name)
        names = [parameter.name for parameter in book.parameters]
        lines = [book.title(lang), book.purpose(lang), labels.text("notebook.takes", lang, names=names)]
    except RunError as error:
        lines = [error.text(lang)]
    return "\n".join([name, *(f"  {line}" for line in lines if line)])


def parameter_help(parameter: Parameter, lang: str) -> tuple[str, str]:
    """Write a parameter as help shows an option: name and type; what it is for, and its default."""
    kind = labels.text(f"notebook.type.{parameter.type_name}", lang)
    default = str(parameter.default)
    if isinstance(parameter.default, bool):
        default = default.lower()
    key = "notebook.default" if default else "notebook.default_empty"
    purpose = f"{notebooks.translate(parameter.help, lang)}; " if parameter.help else ""
    return f"{parameter.name} ({kind})", purpose + labels.text(key, lang, default=default)


def run(
    book: Notebook,
    *,
    notebooks_dir: Path,
    parameter: tuple[str, ...],
    out: Path | None,
    cell_timeout: int,
    run_timeout: int,
    lang: str,
    **_: object,
) -> None:
    """Execute a notebook and say where the result lies."""
    refuse_outside("--cell-timeout", cell_timeout, 1, MOST)
    refuse_outside("--run-timeout", run_timeout, 1, MOST)
    # Loaded when there is a notebook to execute, as it takes seconds.
    from forecast.runs import single
    from forecast.runs.execute import Limits

    job = replace(
        single.prepare(book, notebooks_dir, parameter, out),
        limits=Limits(cell_seconds=cell_timeout),
        run_seconds=run_timeout,
    )
    click.echo(labels.text("notebook.running", lang, name=book.name, title=book.title(lang)))
    try:
        with on_signals():
            unseen = single.run(job, lang=lang)
    except RunError:
        if job.failed.is_dir():
            click.echo(labels.text("notebook.kept", lang, folder=_near(job.failed)), err=True)
        raise
    click.echo(labels.text("notebook.made", lang, page=_near(job.html), executed=_near(job.executed)))
    if unseen:
        click.echo(labels.text("notebook.unseen", lang, what=list(unseen)[:5]), err=True)


def _near(path: Path) -> Path:
    """Write a path relative to the current folder, if it lies below."""
    whole = path.resolve()
    return whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else path
