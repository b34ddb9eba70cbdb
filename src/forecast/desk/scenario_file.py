"""Add a scenario of the desk to the end of ``scenarios.toml``, never in place of another."""

from dataclasses import replace
from pathlib import Path

from forecast.base.errors import SpecError
from forecast.base.spelling import clean, slug
from forecast.data import load, scenarios
from forecast.data.scenarios import BASE, FILE, Scenario
from forecast.intake import writer


def add_scenario(data_dir: Path, scenario: Scenario) -> Scenario:
    """Add a scenario to the file, under an identifier made from its name; all else there stays as it is.

    Raises SpecError if it has no name, one that is taken, or changes nothing; DataError if the folder's
    tables are not sound; WriteError if the file cannot be written, or another process is adding to the
    tables.
    """
    cleaned = replace(scenario, name_vi=clean(scenario.name_vi), name_en=clean(scenario.name_en))
    if not cleaned.name_vi:
        raise SpecError("desk.keep.no_name")
    if cleaned.changes_nothing:
        raise SpecError("desk.keep.nothing")
    path = data_dir / FILE
    with writer.locked(data_dir):
        before = path.read_bytes() if path.exists() else b""
        others = scenarios.parse(before)
        if other := scenarios.of_same_name(cleaned, others):
            facts = {"name": cleaned.name_vi, "scenario": other.scenario_id, "file": FILE}
            raise SpecError("desk.keep.taken", facts)
        added = replace(cleaned, scenario_id=_free(cleaned.name_vi, {other.scenario_id for other in others}))
        after = before + _block(before, added)
        load.rehearse(data_dir, FILE, after)
        writer.put(data_dir, FILE, after, before=before)
    return added


def _block(before: bytes, scenario: Scenario) -> bytes:
    """Write the scenario as bytes to be added to the file, with the file's ends of lines."""
    end = "\r\n" if b"\r\n" in before else "\n"
    block = scenarios.to_toml(scenario)
    if not before.strip():
        base = Scenario(scenario_id=BASE, name_vi="Tiếp tục như hiện nay", name_en="Continue as now")
        block = f"{scenarios.to_toml(base)}\n{block}"
    gap = "" if not before else "\n" if before.endswith(b"\n") else "\n\n"
    return (gap + block).replace("\n", end).encode()


def _free(name: str, taken: set[str]) -> str:
    plain = slug(name).replace("-", "_") or "kich_ban"
    number, free = 1, plain
    while free in taken:
        number += 1
        free = f"{plain}_{number}"
    return free
