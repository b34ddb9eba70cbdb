"""Change the code in one place at a time and see whether the tests notice: ``make mutate``.

Each change (a mutant) is tried in a process of its own, forked when the libraries are imported; nothing is
written to the source.  mutmut copies the sources to another folder, which does not fit a package that is
installed from its own (known to its authors); neither it nor cosmic-ray was measured here.

Arguments: names of modules (all if none), ``--sample 50`` for that many
mutants of each, chosen by a seed.  Survivors that need no test stand with the reason in docs/mutants.md.
Exit code 1: fewer than 85 percent were killed.  Needs an operating system that forks.
"""

import argparse
import ast
import importlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path

from set_up import ROOT

PACKAGE = ROOT / "src" / "forecast"
# Module: the tests that are to notice.  Not its own file with doctests: pytest imports what is named itself.
TESTS = {
    "model/score": ("tests/model/test_score.py",),
    "model/simulate": ("tests/model/test_simulate.py", "src/forecast/model/simulate.py"),
    "data/framework": (
        "tests/data/test_framework.py",
        "tests/data/test_rules.py",
        "tests/model/test_subject.py",
    ),
    "data/load/settle": ("tests/data/test_load_settle.py",),
    "data/load/rules": ("tests/data/test_load_rules.py", "tests/data/test_load.py"),
    "answer/scorecard/below": ("tests/answer/scorecard",),
    "answer/scorecard/worlds": ("tests/answer/scorecard",),
}
LIBRARIES = ("numpy", "pandas", "scipy.stats", "scipy.optimize")  # no plugin of pytest: it must rewrite them
LEAST = 0.85  # share of the mutants that must be killed
PATIENCE = 20.0  # a mutant may take so many times as long as the sound code
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
    """Changes the place with one number; `told` then says where and how.  Words and types stay."""

    def __init__(self, number: int) -> None:
        self.number, self.seen, self.told = number, 0, ""

    def visit(self, node: ast.AST) -> ast.AST:
        """Visit what is below, then offer each change of the node itself."""
        if isinstance(node, ast.arg):
            return node
        if isinstance(node, ast.AnnAssign):
            node.value = self.visit(node.value) if node.value else None  # type: ignore[assignment]
            return node
        returns, decorators = getattr(node, "returns", None), getattr(node, "decorator_list", [])
        if isinstance(node, ast.FunctionDef):
            node.returns, node.decorator_list = None, []
        self.generic_visit(node)
        if isinstance(node, ast.FunctionDef):
            node.returns, node.decorator_list = returns, decorators
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


def passes(path: Path, tree: ast.Module, tests: tuple[str, ...], patience: float) -> bool:
    """Whether the tests pass, in a copy of this process, with a module made of a tree."""
    child = os.fork()
    if child:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status) == 0
            time.sleep(0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return False
    code = 1
    try:
        sound = SourceFileLoader.get_code

        def get_code(loader: SourceFileLoader, name: str) -> object:
            own = Path(loader.path) == path
            return compile(tree, loader.path, "exec") if own else sound(loader, name)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        import pytest

        code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))
    finally:
        os._exit(code)


def tried(name: str, sample: int | None) -> tuple[int, list[str]]:
    """Try mutants of a module; how many there were, and those that survived."""
    path, tests = PACKAGE / f"{name}.py", TESTS[name]
    began = time.monotonic()
    if not passes(path, ast.parse(path.read_text(encoding="utf-8")), tests, 600):
        raise SystemExit(f"{name}: the tests fail as it is: {' '.join(tests)}")
    patience = max(10.0, PATIENCE * (time.monotonic() - began))
    numbers = []
    while mutant(path, len(numbers))[1]:
        numbers.append(len(numbers))
    if sample is not None and sample < len(numbers):
        numbers = sorted(random.Random(0).sample(numbers, sample))  # noqa: S311 -- no secret
    survivors = []
    for number in numbers:
        tree, told = mutant(path, number)
        if passes(path, tree, tests, patience):
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
