"""`forecast schedule install|show|remove|run`: make reports automatically at set times."""

import datetime as dt
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from forecast.base import labels, mail_address
from forecast.base.disk import replace_file, writing
from forecast.base.errors import EXIT_GOOD, EXIT_WRITE, SpecError
from forecast.base.spec import RunSpec
from forecast.base.stop import on_signals
from forecast.cli.local import action, choice, option, refuse_foreign, refuse_without, verb
from forecast.cli.plain import labelled_table
from forecast.cli.types import DayType, FolderType
from forecast.schedule import systems, unattended
from forecast.schedule.due import Plan, Post, upcoming
from forecast.schedule.job_files import Job, name_of
from forecast.schedule.when import When

SHOWN: Final = 3
_ONLY: Final = {
    **dict.fromkeys(("every", "until", "index-code", "area", "target-year", "data-dir"), ("install",)),
    **dict.fromkeys(("notebooks-dir", "mail-to", "mail-from", "smtp", "insecure"), ("install",)),
    **dict.fromkeys(("system", "write-only"), ("install",)),
    "again": ("run",),
}
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@verb(
    "schedule",
    action("install", "show", "remove", "run"),
    option("every", metavar="TEXT"),
    option("until", type=DayType(to_come=True), metavar="YYYY-MM-DD"),
    "index-code area target-year reports-dir data-dir notebooks-dir",
    option("mail-to", metavar="ADDRESS"),
    option("mail-from", metavar="ADDRESS"),
    option("smtp", metavar="HOST:PORT"),
    "insecure",
    option("system", **choice(tuple(systems.SYSTEMS))),
    option("write-only", type=FolderType(), metavar="PATH"),
    "again",
)
def schedule(*, action: str, reports_dir: Path, again: bool, lang: str, **given: Any) -> int:
    """Install, show, remove or run the schedule, by `action`."""
    refuse_foreign(_ONLY, action)
    refuse_without("smtp", "insecure", given=given["smtp"] is not None)
    root = reports_dir.resolve()
    if action == "show":
        click.echo(schedule_text(root, now(), lang))
        return EXIT_GOOD
    if action == "remove":
        click.echo(remove_schedule(root, lang))
        return EXIT_GOOD
    if action == "run":
        return run(root, again=again, lang=lang)
    system, write_only = given.pop("system"), given.pop("write_only")
    return install(root, make_plan(lang=lang, **given), system=system, write_only=write_only)


def make_plan(
    *,
    every: str | None,
    until: dt.date | None,
    index_code: str,
    area: str,
    target_year: int | None,
    data_dir: Path,
    notebooks_dir: Path,
    mail_to: str | None,
    mail_from: str | None,
    smtp: str | None,
    insecure: bool,
    lang: str,
) -> Plan:
    """Make the plan from the options, and check that its inputs can be read."""
    if every is None or until is None:
        option = "--every" if every is None else "--until"
        raise SpecError("cli.schedule.required", {"option": option})
    plan = Plan(
        when=When.parse(every),
        until=until,
        installed_at=now(),
        index_code=index_code,
        area=area,
        target_year=until.year if target_year is None else target_year,
        lang=lang,
        data_dir=data_dir.resolve(),
        notebooks_dir=notebooks_dir.resolve(),
        post=_post(mail_to, mail_from, smtp, insecure=insecure),
    )
    return replace(plan, area=check_inputs(plan))


def check_inputs(plan: Plan) -> str:
    """Read data and notebooks, so that errors show now and not at night; give the area's name."""
    from forecast.data import load
    from forecast.runs import report_notebooks as notebooks

    notebooks.read(plan.notebooks_dir, notebooks.KINDS)
    day = plan.installed_at.date()
    known = load.read(plan.data_dir, as_of=day)
    place = known.find_province(plan.area)
    spec = RunSpec(index_code=plan.index_code, area=place, target_year=plan.target_year, as_of=day)
    known.for_year(plan.target_year).refuse(spec)
    return place


def install(root: Path, plan: Plan, *, system: str | None, write_only: Path | None) -> int:
    """Write the plan, install it in a scheduler of the machine, and print what is left to do."""
    plan = _keep_start(root, plan)
    job = Job(root, plan.when, now())
    name = system or systems.usual()
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
    replace_file(root / unattended.PLAN, plan.as_json())
    installed = systems.install(name, job, write_only=write_only)
    click.echo(_outcome(installed, plan))
    for doubt in mail_address.doubts((plan.post.to, plan.post.sender) if plan.post else ()):
        click.echo(doubt.text(plan.lang), err=True)
    return EXIT_GOOD if installed.done or write_only else EXIT_WRITE


def schedule_text(root: Path, at: dt.datetime, lang: str) -> str:
    """Describe the plan, the next slots and the last ones served."""
    plan = unattended.read_plan(root)
    facts = {"index_code": plan.index_code, "target_year": plan.target_year, "area": plan.area}
    folders = {"data": plan.data_dir, "notebooks": plan.notebooks_dir, "reports": root}
    holders = systems.systems_with(name_of(root))
    lines = [
        labels.text("cli.schedule.what", lang, every=plan.when, until=plan.until, **facts),
        labels.text("cli.schedule.folders", lang, **folders),
        labels.text("cli.schedule.no_mails", lang)
        if plan.post is None
        else labels.text("cli.schedule.mails", lang, to=plan.post.to, smtp=plan.post.smtp),
        labels.text(f"cli.schedule.held_by{'' if holders else '_none'}", lang, systems=holders),
        _next(plan, at, lang),
    ]
    slots = unattended.read_record(root).served[-SHOWN:]
    if slots:
        columns = ("slot", "exit_code", "finished", "run_id")
        rows = [
            [unattended.moment(one.slot).text(lang), str(one.exit_code), one.finished_at, one.run_id]
            for one in reversed(slots)
        ]
        lines += ["", labelled_table(columns, rows, lang, ["left", "right"])]
    return "\n".join(lines)


def remove_schedule(root: Path, lang: str) -> str:
    """Remove the schedule from the crontab, say how to remove it elsewhere, and delete plan and record."""
    holders, commands = systems.remove(name_of(root))
    plan = root / unattended.PLAN
    if not holders and not plan.exists():
        raise SpecError("schedule.none", {"folder": str(root)})
    with writing(plan):
        plan.unlink(missing_ok=True)
        shutil.rmtree(root / unattended.FOLDER, ignore_errors=True)
    key = "to_remove" if commands else "removed" if holders else "removed_plan"
    lines = [labels.text(f"cli.schedule.{key}", lang, systems=holders, folder=root)]
    return "\n".join([*lines, *(f"  {command}" for command in commands)])


def run(root: Path, *, again: bool, lang: str) -> int:
    """Make the report if it is due; the machine's scheduler starts this."""
    for name in _THREADS:  # as `make report` has it
        os.environ.setdefault(name, "1")
    with on_signals():
        result = unattended.run(root, unattended.real_environment(), lang=lang, again=again)
    click.echo(result.message, err=result.exit_code != EXIT_GOOD)
    return result.exit_code


def now() -> dt.datetime:
    """Give the wall clock, without its zone."""
    return dt.datetime.now().astimezone().replace(tzinfo=None, microsecond=0)


def _keep_start(root: Path, plan: Plan) -> Plan:
    """Give a plan with unchanged slots the start of the plan before, so that a missed slot still counts."""
    try:
        before = unattended.read_plan(root)
    except SpecError:
        return plan
    goes_on = before.when == plan.when and before.installed_at <= plan.installed_at
    if goes_on and plan.installed_at.date() <= before.until:
        return replace(plan, installed_at=before.installed_at)
    return plan


def _post(mail_to: str | None, mail_from: str | None, smtp: str | None, *, insecure: bool) -> Post | None:
    options = {"--mail-to": mail_to, "--mail-from": mail_from, "--smtp": smtp}
    if mail_to and mail_from and smtp:
        return Post(to=mail_to, sender=mail_from, smtp=smtp, insecure=insecure)
    if any(value is not None for value in options.values()):
        missing = [name for name, value in options.items() if not value]
        raise SpecError("schedule.mail_together", {"missing": missing})
    return None


def _outcome(installed: systems.Installation, plan: Plan) -> str:
    lang, facts = plan.lang, {"system": installed.system, "every": plan.when, "until": plan.until}
    lines = [labels.text("cli.schedule.written", lang, path=path) for path in installed.files]
    if installed.refusal is not None:
        lines.append(labels.text("cli.schedule.refused", lang, why=installed.refusal.text(lang)))
    if installed.done:
        lines.append(labels.text("cli.schedule.installed", lang, **facts))
    else:
        lines.append(labels.text("cli.schedule.to_type", lang, **facts))
        lines += [f"  {command}" for command in installed.commands]
    if installed.system == "systemd":
        lines.append(labels.text("cli.schedule.linger", lang))
    at = now()
    over = at.date() > plan.until
    lines.append(labels.text("cli.schedule.is_over", lang, **facts) if over else _next(plan, at, lang))
    return "\n".join(lines)


def _next(plan: Plan, at: dt.datetime, lang: str) -> str:
    slots = [unattended.moment(slot) for slot in upcoming(plan, at, SHOWN)]
    if slots:
        return labels.text("cli.schedule.next", lang, slots=slots)
    return labels.text("cli.schedule.no_next", lang, until=plan.until)
