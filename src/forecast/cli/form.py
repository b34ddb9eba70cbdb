"""`forecast form`: write the forms on which departments give their forecasts."""

import datetime as dt
from pathlib import Path

import click

from forecast.answer.submissions import departments
from forecast.base import labels
from forecast.base.disk import replace_file, writing
from forecast.base.errors import EXIT_GOOD, SpecError, WriteError
from forecast.base.indexes import MAIN
from forecast.base.spec import RunSpec, today
from forecast.cli.figures import models_of, result_of
from forecast.cli.local import option, refuse_without, verb
from forecast.cli.types import FolderType
from forecast.data import load
from forecast.data.framework import framework_for
from forecast.intake.forms.form import prepare
from forecast.intake.forms.sheets import content

INDEX_CODE = MAIN  # the one that departments forecast


@verb(
    "form",
    option("department", metavar="TEXT"),
    option("all", "everybody", is_flag=True),
    option("target-year", required=True),
    "area as-of",
    option("out", type=FolderType(), default=Path("reports/forms"), metavar="FOLDER"),
    option("with-forecast", metavar="RUN|latest"),
    "reports-dir data-dir",
)
def form(
    *,
    department: str | None,
    everybody: bool,
    target_year: int,
    area: str,
    as_of: dt.date | None,
    out: Path,
    with_forecast: str | None,
    reports_dir: Path,
    data_dir: Path,
    lang: str,
) -> int:
    """Write the form of one department, or of all; existing files are not overwritten."""
    refuse_without("with-forecast", "reports-dir", given=bool(with_forecast))
    if everybody == bool(department):
        raise SpecError("cli.form.whose", {})
    day = as_of or today()
    known = load.read(data_dir, as_of=day)
    place = known.find_province(area)
    spec = RunSpec(index_code=INDEX_CODE, area=place, target_year=target_year, as_of=day)
    known.for_year(spec.target_year).refuse(spec)
    framework = framework_for(known.frameworks, known.events, INDEX_CODE, target_year, day)
    model = models_of(result_of(with_forecast, reports_dir, spec)) if with_forecast else None
    names = departments(framework) if everybody else (str(department),)
    if not names:
        raise SpecError("cli.form.nobody", {"framework": framework.name})
    forms = [prepare(known, framework, name, spec, model) for name in names]
    files = {out / empty.file_name: content(empty) for empty in forms}
    _write(files, out)
    for path, empty in zip(files, forms, strict=True):
        facts = {"path": str(path), "department": empty.key.department, "components": len(empty.items)}
        click.echo(labels.text("cli.form.made", lang, **facts))
    return EXIT_GOOD


def _write(made: dict[Path, bytes], out: Path) -> None:
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        taken = [path for path, new in made.items() if path.exists() and path.read_bytes() != new]
    if taken:  # somebody may have filled it
        raise WriteError("cli.form.taken", {"paths": [str(path) for path in taken]})
    for path, new in made.items():
        replace_file(path, new)
