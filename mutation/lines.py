"""Which tests run which lines of the package: those that may notice a change of the line."""

from __future__ import annotations

import ast
import inspect
import json
import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path

import lines_run

_ORIGINAL = "__mutmut_orig"


class Lines:
    """Of each function in a file that mutmut has changed, the tests of each line."""

    def __init__(self, package: Path) -> None:
        self._package = package.resolve()
        self._saved = self._package.with_name("lines.json")
        self._left = self._package.with_name("lines")
        self._running: set[tuple[str, int]] = set()
        self._of_test: dict[str, set[tuple[str, int]]] = {}
        self._numbers: dict[str, int] = {}
        # The tests as the bits of one number: every fork gets a copy of this. A function is named
        # with its length, since what was noted is wrong once it has more lines or fewer.
        self._tests: dict[str, dict[int, int]] = {}

    def watch(self) -> None:
        """Begins to note which lines are run."""
        self._left.mkdir(exist_ok=True)
        os.environ[lines_run.FOLDER] = str(self._left)
        lines_run.watch(f"{self._package}/", lambda *place: self._running.add(place))

    def end_of(self, test: str) -> None:
        """What was run until now was run by this test."""
        running, self._running = self._running, set()
        self._of_test[test] = running | lines_run.taken(self._left)
        sys.monitoring.restart_events()

    def end(self) -> None:
        """Keeps what was noted, beside what was before."""
        lines_run.end()
        del os.environ[lines_run.FOLDER]
        self.load()
        places: dict[str, dict[int, tuple[str, int]]] = {}
        for test, lines in self._of_test.items():
            bit = 1 << self._numbers.setdefault(test, len(self._numbers))
            for file, line in lines:
                if file not in places:
                    places[file] = self._places(Path(file))
                if line in places[file]:
                    function, number = places[file][line]
                    tests = self._tests.setdefault(function, {})
                    tests[number] = tests.get(number, 0) | bit
        self._saved.write_text(json.dumps([list(self._numbers), self._tests]), encoding="utf-8")

    def load(self) -> None:
        """Takes what an earlier run has kept."""
        if self._saved.exists():
            tests, functions = json.loads(self._saved.read_text(encoding="utf-8"))
            self._numbers = {test: number for number, test in enumerate(tests)}
            self._tests = {
                function: {int(number): bits for number, bits in lines.items()}
                for function, lines in functions.items()
            }

    def running(self, function: str, mutant: str, tests: Collection[str]) -> set[str]:
        """Which tests run the line of the function that the mutant changes, in any process.

        ``tests``: what to take where that is not known.
        """
        original, changed = _sources(function, mutant)
        pairs = enumerate(zip(original, changed, strict=False))
        at = next((number for number, (one, other) in pairs if number and one != other), 0)
        lines = self._tests.get(_named(function, len(original)), {})
        # A statement of several lines is known by those of its lines that begin an expression.
        begun = [number for number in lines if number <= at]
        if not begun:  # A default of an argument, say.
            return set(tests)
        bits = lines[max(begun)]
        running = {test for test, number in self._numbers.items() if bits >> number & 1}
        # What a thread runs late is noted of another test.
        return running or set(tests)

    def rarity(self, is_meant: Callable[[str], bool], tests: Collection[str]) -> dict[str, int]:
        """How many tests run that line of these functions which a test shares with the fewest."""
        lines = [
            (bits.bit_count(), bits)
            for function, of_lines in self._tests.items()
            if is_meant(function.partition(" ")[0])
            for bits in of_lines.values()
        ]
        lines.sort()
        rarity = dict.fromkeys(tests, len(self._numbers))
        left = {1 << self._numbers[test]: test for test in tests if test in self._numbers}
        for count, bits in lines:
            for bit in [bit for bit in left if bit & bits]:
                rarity[left.pop(bit)] = count
        return rarity

    def _places(self, file: Path) -> dict[int, tuple[str, int]]:
        """Of each line of the original functions, the function and which of its lines it is."""
        module = ".".join(file.relative_to(self._package.parent).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        places = {}
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
                function, is_original, _ = node.name.partition(_ORIGINAL)
                lines = range(node.lineno, node.end_lineno + 1) if is_original else ()
                for number, line in enumerate(lines):
                    places[line] = (_named(f"{module}.{function}", len(lines)), number)
        return places


def _named(function: str, length: int) -> str:
    return f"{function} {length}"


def _sources(function: str, mutant: str) -> list[list[str]]:
    """The lines of a function, and of a mutant of it; the first is that with ``def``."""
    module, _, name = function.rpartition(".")
    # Where mutmut's own function looks for them.
    mutants = getattr(sys.modules[module], f"mutants_{name}__mutmut")
    sources = (mutants["_mutmut_orig"], mutants[mutant.rpartition(".")[2]])
    return [inspect.getsource(source).splitlines() for source in sources]
