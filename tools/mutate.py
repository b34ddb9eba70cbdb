"""Change the code in one place at a time and see whether the tests notice: ``make mutate``.

Each change (a mutant) is tried in a process of its own, forked when the tests are collected; nothing is
written to the source.  mutmut copies the sources to another folder, which does not fit a package that is
installed from its own (known to its authors); neither it nor cosmic-ray was measured here.

Arguments: names of modules (all if none), ``--sample 50`` for that many mutants of each, chosen by a seed.
Two modules may be tried at once, by two commands.  Survivors that need no test stand with the reason in
docs/mutants.md.  Exit code 1: fewer than 85 percent were killed.  Needs an operating system that forks.
"""

import argparse
import ast
import gc
import importlib
import inspect
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.machinery import SourceFileLoader
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType, FunctionType

import pytest

from set_up import ROOT

PACKAGE = ROOT / "src" / "forecast"
# Module: the tests that are to notice.  Not its own file with doctests: pytest imports what is named itself.
TESTS = {
    "model/score": ("tests/model/test_score.py",),
    "model/simulate": ("tests/model/test_simulate.py", "src/forecast/model/simulate.py"),
    "data/framework": ("tests/data/test_framework.py",),
    "data/load/settle": ("tests/data/test_load_settle.py",),
    "data/load/rules": ("tests/data/test_rules_of_tables.py", "tests/data/test_load_rules.py"),
    **{
        f"data/load/{name}_rules": ("tests/data/test_rules_of_tables.py",)
        for name in ("area", "figure", "framework", "year")
    },
    "answer/scorecard/allocation": (
        "tests/answer/scorecard/test_allocation.py",
        "tests/answer/scorecard/test_scenarios.py",
    ),
    "answer/scorecard/scenarios": ("tests/answer/scorecard/test_scenarios.py",),
}
LIBRARIES = ("numpy", "pandas", "scipy.stats", "scipy.optimize")  # no plugin of pytest: it must rewrite them
LEAST = 0.85  # share of the mutants that must be killed
PATIENCE = 5.0  # a mutant may take so many times as long as the sound code
TERMINAL = os.dup(1)  # pytest's own words go nowhere
COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


class Mutation(ast.NodeTransformer):
    """Changes the place with one number; `told` then says where.  Words, types and decorators stay."""

    def __init__(self, number: int) -> None:
        self.number, self.seen, self.told = number, 0, ""

    def visit(self, node: ast.AST) -> ast.AST:
        """Visit what is below, then offer each change of the node itself."""
        if isinstance(node, ast.arg) or (isinstance(node, ast.keyword) and node.arg == "strict"):
            return node  # zip's guard against slips of programmers: no sound code comes to it
        if isinstance(node, ast.AnnAssign):
            node.value = self.visit(node.value) if node.value else None  # type: ignore[assignment]
            return node
        kept = {name: getattr(node, name) for name in ("returns", "decorator_list") if hasattr(node, name)}
        for name in kept:
            setattr(node, name, [] if name == "decorator_list" else None)
        self.generic_visit(node)
        for name, value in kept.items():
            setattr(node, name, value)
        for change in changes(node):
            self.seen += 1
            if self.seen - 1 == self.number:
                before = _words(node)
                node = change()
                self.told = f"{node.lineno}: {before}  ->  {_words(node)}"  # type: ignore[attr-defined]
                break
        return node


def changes(node: ast.AST) -> Iterator[Callable[[], ast.AST]]:
    """Give what makes another node of one: other operators, numbers one higher, conditions turned round."""
    match node:
        case ast.Compare(ops=[op, *rest]) if type(op) in SWAPS:
            yield lambda: _with(node, ops=[SWAPS[type(op)](), *rest])
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in SWAPS:
            yield lambda: _with(node, op=SWAPS[type(op)]())
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield lambda: operand
        case ast.Constant(value=bool(value)):
            yield lambda: _with(node, value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield lambda: _with(node, value=value + 1)
        case ast.If(test=test) | ast.IfExp(test=test):
            turned = ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
            yield lambda: _with(node, test=turned)
        case _:
            pass


def _with(node: ast.AST, **parts: object) -> ast.AST:
    changed = type(node)(**{**dict(ast.iter_fields(node)), **parts})
    return ast.copy_location(changed, node)


def _words(node: ast.AST) -> str:
    return f"if {ast.unparse(node.test)}" if isinstance(node, ast.If) else ast.unparse(node)


def mutant(path: Path, number: int) -> tuple[ast.Module, str]:
    """The module with one change, and what it is; an empty text if there are fewer places."""
    mutation = Mutation(number)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    mutation.visit(tree)
    return ast.fix_missing_locations(tree), mutation.told


class Trials:
    """A plugin of pytest: the tests are collected once, and each mutant is tried in a copy of that process.

    Those that call the changed function come first, the quickest of them first of all; a mutant survives when
    all tests pass.  ``survivors`` is the file that takes what was found, a line each.
    """

    def __init__(self, path: Path, numbers: list[int], survivors: Path, folder: Path) -> None:
        self.path, self.numbers, self.survivors, self.folder = path, numbers, survivors, folder

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """Do not look for the simplest example: one that fails is enough."""
        from hypothesis import Phase, settings

        enough = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings(settings.default, phases=enough, print_blob=False))
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of the tests: all mutants."""
        began, log = time.monotonic(), self.folder / "calls.json"
        if not apart(lambda: self._sound(session, log), 3600):
            raise SystemExit(f"{self.path}: the tests fail as it is, or no test calls it")
        patience = max(10.0, PATIENCE * (time.monotonic() - began))
        calls = {name: (took, set(lines)) for name, (took, lines) in json.loads(log.read_text()).items()}
        found, functions = [], functions_of(self.path)
        gc.freeze()  # so that copies share their memory
        for number in self.numbers:
            tree, told = mutant(self.path, number)
            first, last = lines_of_function(tree, int(told.partition(":")[0]))

            def order(item: pytest.Item, ends: tuple[int, int] = (first, last)) -> tuple[bool, str, float]:
                took, lines = calls[item.nodeid]
                return not any(ends[0] <= line <= ends[1] for line in lines), str(item.path), took

            items = sorted(session.items, key=order)
            if apart(partial(self._changed, session, functions, tree, items), patience):
                found.append(told)
                os.write(TERMINAL, f"{self.path.relative_to(ROOT)}:{told}\n".encode())
        self.survivors.write_text("\n".join(found), encoding="utf-8")
        return True

    def _sound(self, session: pytest.Session, log: Path) -> bool:
        """Run the tests as they are, and keep how long each took and what it called in the module."""
        own, called, calls = str(self.path), set(), {}

        def note(frame: FrameType, _event: str, _argument: object) -> None:
            if frame.f_code.co_filename == own:
                called.add(frame.f_code.co_firstlineno)

        for item, after in pairwise([*session.items, None]):
            began = time.monotonic()
            called.clear()
            sys.settrace(note)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            sys.settrace(None)
            calls[item.nodeid] = (time.monotonic() - began, sorted(called))
        log.write_text(json.dumps(calls), encoding="utf-8")
        return not session.testsfailed and any(lines for _, lines in calls.values())

    def _changed(
        self,
        session: pytest.Session,
        functions: list[FunctionType],
        tree: ast.Module,
        items: list[pytest.Item],
    ) -> bool:
        put_in_place(functions, self.path, tree)
        for item, after in pairwise([*items, None]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if session.testsfailed:
                return False
        return True


def lines_of_function(tree: ast.Module, line: int) -> tuple[int, int]:
    """First and last line of the outermost function round a line, its decorators included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first <= line <= (node.end_lineno or first):
                return first, node.end_lineno or first
    return line, line


def _codes(code: CodeType) -> Iterator[CodeType]:
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _codes(part)


def functions_of(path: Path) -> list[FunctionType]:
    """The functions of an imported module, wherever they are held."""
    return [
        f for f in gc.get_objects() if isinstance(f, FunctionType) and f.__code__.co_filename == str(path)
    ]


def put_in_place(functions: list[FunctionType], path: Path, tree: ast.Module) -> None:
    """Give the functions of a module the code of another tree of it."""
    changed = {(c.co_qualname, c.co_firstlineno): c for c in _codes(compile(tree, str(path), "exec"))}
    for function in functions:
        function.__code__ = changed[function.__code__.co_qualname, function.__code__.co_firstlineno]


def outside(code: CodeType) -> tuple[object, ...]:
    """What runs when a module is imported, without its functions: of that `put_in_place` changes nothing."""
    parts = []
    for part in code.co_consts:
        if not isinstance(part, CodeType):
            parts.append(repr(part))
        elif not part.co_flags & inspect.CO_OPTIMIZED or part.co_name in COMPREHENSIONS:
            parts.append(outside(part))
    return code.co_code, tuple(parts)


def apart(work: Callable[[], bool], patience: float) -> bool:
    """Whether some work says yes in a copy of this process, within so many seconds."""
    child = os.fork()
    if child:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status) == 0
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return False
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        code = 0 if work() else 1
    finally:
        os._exit(code)


def passes(path: Path, tree: ast.Module, tests: tuple[str, ...], folder: Path) -> bool:
    """Whether the tests pass with a module made of a tree; to be called in a copy of this process."""
    sound = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> object:
        own = Path(loader.path) == path
        return compile(tree, loader.path, "exec") if own else sound(loader, name)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
    return pytest.main(["-x", *_options(folder), *tests]) == 0


def _options(folder: Path) -> list[str]:
    return [
        "-q",
        "-s",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        f"--basetemp={folder / 'tests'}",
    ]


def tried(name: str, sample: int | None) -> tuple[int, list[str]]:
    """Try mutants of a module; how many there were, and those that survived."""
    path, tests = PACKAGE / f"{name}.py", TESTS[name]
    sound = outside(compile(path.read_text(encoding="utf-8"), str(path), "exec"))
    trees = []
    while (found := mutant(path, len(trees)))[1]:
        trees.append(found)
    numbers = list(range(len(trees)))
    if sample is not None and sample < len(numbers):
        numbers = sorted(random.Random(0).sample(numbers, sample))  # noqa: S311 -- no secret
    inner = [k for k in numbers if outside(compile(trees[k][0], str(path), "exec")) == sound]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        trials = Trials(path, inner, folder / "survivors.txt", folder)
        began = time.monotonic()
        apart(lambda: pytest.main([*_options(folder), *tests], plugins=[trials]) == 0, float("inf"))
        if not trials.survivors.is_file():
            raise SystemExit(f"{name}: the tests fail as it is, or none calls it: {' '.join(tests)}")
        survivors = trials.survivors.read_text(encoding="utf-8").splitlines()
        patience = max(60.0, time.monotonic() - began)
        for number in sorted(set(numbers) - set(inner)):  # these need the module imported anew
            tree, told = trees[number]
            if apart(partial(passes, path, tree, tests, folder), patience):
                survivors.append(told)
                print(f"{path.relative_to(ROOT)}:{told}", flush=True)
    return len(numbers), survivors


def main(arguments: list[str]) -> int:
    """Try the modules asked for; tell the share that was killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(TESTS))
    parser.add_argument("--sample", type=int, metavar="N", help="so many mutants of each module")
    asked = parser.parse_args(arguments)
    os.chdir(ROOT)
    os.environ["CI"] = "1"  # the same examples for each mutant
    for library in LIBRARIES:
        importlib.import_module(library)
    enough = True
    for name in asked.modules or TESTS:
        count, survivors = tried(name, asked.sample)
        killed = 1 - len(survivors) / count
        enough = enough and killed >= LEAST
        print(f"{name}: {count - len(survivors)} of {count} killed, {killed:.0%}", flush=True)
    return 0 if enough else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
