"""The directive ``generated``: parts of the reference, made from the installed plugin.

Its argument names one of the functions below, each of which writes reStructuredText.
"""

import functools
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import botocore
import pytest
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

import pytest_invokeasync
from pytest_invokeasync import errors, options, plugin, settings
from pytest_invokeasync.scripting.selection import SETS

# Users do not make these: how they are made says nothing.
MADE_BY_THE_PLUGIN = ("Attempt", "Event", "Function", "Injection", "Invocation", "Options", "Rule")

# The methods of the mock, by what they are for: how their names begin.
METHODS = {
    "scripting": ("add_", "register_", "sweep", "script"),
    "asserting": ("assert_",),
    "running": ("run_", "advance", "now", "travel_"),
    "asking": (
        "invocations",
        "events",
        "get_",
        "wait_",
        "describe",
        "unmocked_calls",
        "destination_records",
        "dead_letters",
        "record",
    ),
}


def error_catalogue() -> Iterator[str]:
    """Every error: its code and message, its status, and the sets that it is in."""
    sets = {name: SETS[name]() for name in settings.ERROR_SETS if name != "all"}
    yield f"With botocore {botocore.__version__}:"
    yield from ("", ".. list-table::", "   :header-rows: 1", "   :class: catalogue", "")
    yield from row("Error", "Status", "Sets")
    for error in sorted(errors.every(), key=str):
        message = "" if error.message is None else literal(error.message)
        code = (f"_`{error.code}`", "", message)
        yield from row(code, str(error.status), " ".join(n for n in sets if error in sets[n]))


def row(*cells: str | tuple[str, ...]) -> Iterator[str]:
    """A row of a list-table; a cell may have several lines."""
    start = "   * -"
    for cell in cells:
        first, *others = (cell,) if isinstance(cell, str) else cell
        yield f"{start} {first}"
        yield from (f"       {line}" for line in others)
        start = "     -"


def literal(text: str) -> str:
    return f"``{text}``"


def fixtures() -> Iterator[str]:
    """The fixtures, with what each yields."""
    kind = type(pytest.fixture(lambda: None))
    for name, fixture in vars(plugin).items():
        if isinstance(fixture, kind):
            returned = inspect.signature(fixture).return_annotation
            of_what = re.sub(r"^Iterator\[(.*)\]$", r"\1", returned)
            yield from (f".. py:data:: {name}", f"   :type: {of_what}", "")
            yield from indented(inspect.getdoc(fixture))


def markers() -> Iterator[str]:
    """The markers, as ``pytest --markers`` tells them."""
    # In a directory without tests: what configures those is not for here.
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--markers", "-c", os.devnull, "-p", "no:cacheprovider"],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    marker = r"^@pytest\.mark\.(invokeasync\w*\(.+?\)): (.+)$"
    for name, text in re.findall(marker, run.stdout, re.M):
        yield from (f".. py:decorator:: pytest.mark.{name}", "", *indented(sentence(text)))


def the_options() -> Iterator[str]:
    """Each option, as ``pytest --help`` tells it."""
    types = get_type_hints(options.Options)
    for name, option in options.ROWS.items():
        kind = str(types[name]).replace("typing.", "")
        kind = types[name].__name__ if isinstance(types[name], type) else kind
        yield from (f".. py:attribute:: Options.{name}", f"   :module: {options.__name__}")
        yield from (f"   :type: {kind}", f"   :value: {option.default!r}", "")
        yield from indented(sentence(option.help))


class Told:
    """Stands in for pytest's parser, and keeps what the plugin tells it."""

    def __init__(self) -> None:
        self.ini: list[tuple[str, str]] = []
        self.command_line: list[tuple[str, dict[str, Any]]] = []
        plugin.pytest_addoption(self)  # type: ignore[arg-type]

    def addini(self, name: str, help_text: str, **_: Any) -> None:
        self.ini.append((name, help_text))

    def getgroup(self, _name: str) -> "Told":
        return self

    def addoption(self, name: str, **how: Any) -> None:
        self.command_line.append((name, how))


def ini_options() -> Iterator[str]:
    """The options of the ini file."""
    for name, text in Told().ini:
        yield from (f".. confval:: {name}", "", *indented(sentence(text)))


def command_line() -> Iterator[str]:
    """The options of the command line."""
    for name, how in Told().command_line:
        yield from (f".. option:: {name}={how['metavar']}", "", *indented(sentence(how["help"])))


def methods(group: str) -> Iterator[str]:
    """Methods of the mock: those of a group of ``METHODS``, or those that are in none."""
    for name, member in vars(pytest_invokeasync.InvokeAsyncMock).items():
        groups = (each for each, starts in METHODS.items() if name.startswith(starts))
        if not name.startswith("_") and next(groups, "others") == group:
            kind = "autoproperty" if isinstance(member, property) else "automethod"
            yield from (f".. {kind}:: pytest_invokeasync.InvokeAsyncMock.{name}", "")


def sentence(text: str) -> str:
    """A help text, which begins small and ends without a full stop."""
    return f"{text[0].upper()}{text[1:]}."


def indented(text: str | None) -> list[str]:
    return [*(f"   {line}".rstrip() for line in (text or "").splitlines()), ""]


PARTS = {
    function.__name__: function
    for function in (error_catalogue, fixtures, markers, the_options, ini_options, command_line)
}
PARTS.update(
    (f"methods_{group}", functools.partial(methods, group)) for group in (*METHODS, "others")
)


class Generated(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        part = PARTS[self.arguments[0]]
        return self.parse_text_to_nodes("\n".join(part()))


def signature_for_users(
    _app: Sphinx,
    what: str,
    name: str,
    _obj: object,
    _options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """Says of a class how it is made where users make one, and of a default what it is.

    The types of match keywords are for type checkers; what they mean is in a table.
    """
    if what == "class" and name.rpartition(".")[2] in MADE_BY_THE_PLUGIN:
        return "", None
    if signature is None:
        return signature, returned
    signature = re.sub(r"\s*=\s*<factory>", " = {}", signature)
    return re.sub(r"\*\*match: [\w.]+(\[[\w.]+\])?", "**match", signature), returned


def with_match_keywords(_app: Sphinx, what: str, _name: str, obj: Any, *how: Any) -> None:
    """Links the table of match keywords where a method takes them."""
    if what == "method" and "match" in inspect.signature(obj).parameters:
        lines: list[str] = how[1]
        lines += ["", "``**match``: the :doc:`match keywords </reference/match-keywords>`.", ""]


def with_plurals(_app: Sphinx, _what: str, _name: str, _obj: object, *how: Any) -> None:
    """``ErrorSpec``s reads well in a docstring; reStructuredText wants an end after the quotes."""
    lines: list[str] = how[1]
    text = re.sub(r"(``[^`]+``)", r"\1\\ ", "\n".join(lines))
    lines[:] = text.split("\n")


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("generated", Generated)
    app.connect("autodoc-process-docstring", with_plurals)
    app.connect("autodoc-process-docstring", with_match_keywords)
    app.connect("autodoc-process-signature", signature_for_users)
    return {"parallel_read_safe": True}
