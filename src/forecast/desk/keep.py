"""A scenario that was tried becomes one of the file: added at its end, never in place of another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forecast.base.errors import SpecError
from forecast.base.spelling import clean, slug
from forecast.data import load, scenarios
from forecast.data.scenarios import BASE, FILE, Scenario
from forecast.intake import writer


def keep(data_dir: Path, scenario: Scenario) -> Scenario:
    """Add a scenario to the file, under an identifier made from its name; all else there stays as it is.

    Raises
    ------
    SpecError
        If it has no name, one that is taken, or changes nothing.
    DataError
        If the folder's tables are not sound.
    WriteError
        If the file cannot be written, or another process is adding to the tables.
    """
    named = replace(scenario, name_vi=clean(scenario.name_vi), name_en=clean(scenario.name_en))
    if not named.name_vi:
        raise SpecError("desk.keep.no_name")
    if named.changes_nothing:
        raise SpecError("desk.keep.nothing")
    path = data_dir / FILE
    with writer.locked(data_dir):
        before = path.read_bytes() if path.exists() else b""
        every = scenarios.parsed(before)
        for each in every:
            if named.name_vi.casefold() in {each.name_vi.casefold(), each.name_en.casefold()}:
                facts = {"name": named.name_vi, "scenario": each.scenario_id, "file": FILE}
                raise SpecError("desk.keep.taken", facts)
        kept = replace(named, scenario_id=_free(named.name_vi, {each.scenario_id for each in every}))
        after = before + _added(before, kept)
        load.rehearse(data_dir, FILE, after)
        writer.put(data_dir, FILE, after, before=before)
    return kept


def _added(before: bytes, scenario: Scenario) -> bytes:
    """The bytes that go behind those of the file, with its ends of lines."""
    end = "\r\n" if b"\r\n" in before else "\n"
    block = scenarios.written(scenario)
    if not before.strip():
        base = Scenario(scenario_id=BASE, name_vi="Tiếp tục như hiện nay", name_en="Continue as now")
        block = f"{scenarios.written(base)}\n{block}"
    gap = "" if not before else "\n" if before.endswith(b"\n") else "\n\n"
    return (gap + block).replace("\n", end).encode()


def _free(name: str, taken: set[str]) -> str:
    plain = slug(name).replace("-", "_") or "kich_ban"
    number, free = 1, plain
    while free in taken:
        number += 1
        free = f"{plain}_{number}"
    return free
