"""The documentation holds: its Python runs, its output is what a run prints, its names exist.

How a page is read:

* A Python block that begins with ``# name.py`` is that file. Those of the README that are no tests
  are there on every page; others from their block on, until a later one of that name.
* Any other Python block is a test module. The imports of earlier blocks of its page that it takes
  stand above it, and two blank lines.
  One of pytest-asyncio stands alone. What needs a package that is not installed everywhere is
  marked ``others``.
* A ``text`` block shows a part of what the block before it prints, in a module that is named as the
  page names its tests, else ``test_app.py``. A block without one passes.
* The directive ``{include}`` is left to Sphinx. Blocks of any other form are refused, since nobody
  would run them.
* An ``ini`` or ``toml`` block configures pytest, as ``conftest.py`` does.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.metadata
import importlib.util
import os
import pkgutil
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import boto3
import botocore.config
import botocore.exceptions
import jsonschema  # noqa: F401 - this and moto: else each run below would import them anew
import moto.awslambda.models  # noqa: F401
import pytest
import requests

import pytest_invokeasync
from pytest_invokeasync import InvokeAsyncMock, errors, faults, options
from pytest_invokeasync.clients.targets import TARGETS

with contextlib.suppress(ImportError):
    import aiobotocore.session  # noqa: F401 - the same, where it is installed

TOP = Path(__file__).resolve().parent.parent
README = TOP / "README.md"
DOCS = TOP / "docs"
OPTIONS = DOCS / "reference" / "options.md"
FAILING = DOCS / "how-to" / "make-calls-fail.md"
ARCHITECTURE = DOCS / "explanation" / "architecture.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
TEXT = {page: page.read_text(encoding="utf-8") for page in PAGES}

FENCE = r"^```(?:(\w*)|\{.*)\n(.*?)^```$"
OPTIONAL = ("aws_lambda_powertools", "time_machine")
CONFIGURATION = {"ini": "pytest.ini", "toml": "pyproject.toml"}
STAND_IN_TEST = """
import boto3

client = boto3.client("lambda")


def test_the_fixture(invokeasync):
    assert invokeasync.invocations == []
"""


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}"

    @property
    def file(self) -> str | None:
        """The name of the file that it is."""
        name = re.match(r"# ([a-z_]+\.py)\n", self.text) if self.language == "python" else None
        return name[1] if name else CONFIGURATION.get(self.language)

    @property
    def is_test(self) -> bool:
        return self.language == "python" and (self.file or "test_").startswith("test_")

    @property
    def is_async(self) -> bool:
        """Whether it takes what is not installed everywhere: aiobotocore and pytest-asyncio."""
        return is_async({"": self.text})

    @property
    def configures(self) -> bool:
        return self.file in ("conftest.py", *CONFIGURATION.values())

    @property
    def imports(self) -> list[tuple[str, str]]:
        """The names that it imports, each with its statement."""
        return [
            ((alias.asname or alias.name).partition(".")[0], ast.unparse(statement))
            for statement in ast.parse(self.text).body
            if isinstance(statement, ast.Import | ast.ImportFrom)
            for alias in statement.names
        ]

    def module(self, imports: list[tuple[str, str]]) -> str:
        """A test module of it; a file that the page names must be whole by itself."""
        own = [name for name, _ in self.imports]
        names = [node.id for node in ast.walk(ast.parse(self.text)) if isinstance(node, ast.Name)]
        taken = [line for name, line in imports if name in names and name not in own]
        if self.file or not taken:
            return self.text
        return "\n".join([*dict.fromkeys(taken), "", "", self.text])


@dataclass(frozen=True)
class Page:
    """What there is to run on a page: files by name, and what is shown of their output."""

    path: Path
    passing: list[dict[str, str]]
    """Runs: modules as they stand there, and tests, named by their line, as a failure then does."""
    printing: dict[int, tuple[dict[str, str], str]]
    """By line: the files of a run, and what it prints."""
    configuring: list[Block]


def name_of(page: Path) -> str:
    """How a page is called in the name of a test."""
    return page.relative_to(DOCS if DOCS in page.parents else TOP).as_posix()


def blocks_of(path: Path) -> list[Block]:
    fences = re.finditer(FENCE, TEXT[path], re.MULTILINE | re.DOTALL)
    return [
        Block(path, TEXT[path].count("\n", 0, m.start()) + 1, m[1], m[2])
        for m in fences
        if m[1] is not None
    ]


def unread(text: str) -> list[str]:
    """The lines that begin or end a block which ``blocks_of`` does not find as it is meant."""
    without = re.sub(FENCE, r"\2", text, flags=re.MULTILINE | re.DOTALL)
    fences = re.findall(r"^[ \t]*(?:`{3,}|~{3,}).*$", without, re.MULTILINE)
    directives = re.findall(r"^```\{(?!include\}).*$", text, re.MULTILINE)
    return fences + directives


def read_page(path: Path) -> Page:
    modules = application()
    page = Page(path, [{**modules}], {}, [])
    imports: list[tuple[str, str]] = []
    blocks = blocks_of(path)
    tests = [block.file for block in blocks if block.is_test and block.file]
    name = tests[0] if tests else "test_app.py"
    previous = None
    for block in blocks:
        if block.is_test and block.is_async:
            page.passing.insert(0, {f"test_line_{block.line}.py": block.text})
        elif block.is_test:
            page.passing[-1][f"test_line_{block.line}.py"] = block.module(imports)
            imports += block.imports
        elif block.language == "text":
            assert previous.is_test, f"{block}: shows the output of no block"
            module = page.passing[-1].pop(f"test_line_{previous.line}.py")
            page.printing[previous.line] = ({**modules, name: module}, block.text)
        elif block.configures:
            page.configuring.append(block)
        elif block.file:
            modules[block.file] = block.text
            page.passing.append({**modules})
        else:
            # The one of YAML is tested beside the server's environment, of which it is a part.
            languages = ("console", "yaml")
            assert block.language in languages, f"{block}: of a language not tested"
        previous = block
    return page


def normalised(text: str) -> list[str]:
    """Its lines, without what differs from run to run."""
    text = re.sub(r"\b\d+\.\d+s\b", "N s", text)
    # Older SDKs end the path with a slash.
    text = text.replace("/invoke-async/", "/invoke-async")
    return [line.rstrip() for line in text.splitlines()]


def shows(printed: str, part: str) -> bool:
    """Whether the lines of ``part`` stand together in what was printed."""
    lines, wanted = normalised(printed), normalised(part)
    assert wanted
    return any(
        lines[start : start + len(wanted)] == wanted
        for start in range(len(lines) - len(wanted) + 1)
    )


def application() -> dict[str, str]:
    """The modules under test: of the README, and there on every page."""
    return {
        block.file: block.text
        for block in blocks_of(README)
        if block.language == "python" and not block.is_test and not block.configures
    }


def is_async(files: dict[str, str]) -> bool:
    return any("@pytest.mark.asyncio" in text for text in files.values())


def needed(files: dict[str, str]) -> list[str]:
    """What the files take that is not installed everywhere."""
    names = ["aiobotocore", "pytest_asyncio"] if is_async(files) else []
    text = "\n".join(files.values())
    return names + [name for name in OPTIONAL if re.search(rf"^(import|from) {name}\b", text, re.M)]


def knows_endpoint_variable() -> bool:
    """Whether a client of the installed botocore finds ``AWS_ENDPOINT_URL_LAMBDA``."""
    return tuple(map(int, botocore.__version__.split(".")[:2])) >= (1, 31)


def marks(files: dict[str, str]) -> list[pytest.MarkDecorator]:
    if 'get_context("spawn")' in "".join(files.values()) and not knows_endpoint_variable():
        return [pytest.mark.skip(reason="botocore before 1.31 finds no address by itself")]
    names = needed(files)
    return [pytest.mark.others(*names)] if names else []


READ = [read_page(path) for path in PAGES]


@pytest.fixture
def run(pytester):
    """Runs pytest on files."""
    environment = dict(os.environ)

    def run_files(files: dict[str, str]) -> pytest.RunResult:
        for name, text in files.items():
            (pytester.path / name).write_text(text, encoding="utf-8")
        plugins = ["-p", "asyncio"] if is_async(files) else []
        return pytester.runpytest_inprocess("--strict-config", "--strict-markers", *plugins)

    yield run_files
    # A conftest.py may have changed it.
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    os.environ.update(environment)


@pytest.mark.once
@pytest.mark.parametrize(
    "files",
    [
        pytest.param(files, id=f"{name_of(page.path)}-{number}", marks=marks(files))
        for page in READ
        for number, files in enumerate(page.passing)
        if any(name.startswith("test_") for name in files)
    ],
)
def test_its_tests_pass(run, files):
    assert_all_pass(run(files), files)


def assert_all_pass(result: pytest.RunResult, files: dict[str, str]) -> None:
    """That each test of the files was run and passed, and nothing else became of any."""
    written = [
        (name, test)
        for name, text in files.items()
        if name.startswith("test_")
        for test in re.findall(r"^ *(?:async )?def (test_\w+)", text, re.MULTILINE)
    ]
    nodeids = [one.nodeid for one in result.reprec.getreports("pytest_runtest_logreport")]
    ran = {(n.partition("::")[0], n.partition("[")[0].rpartition("::")[2]) for n in nodeids}

    assert result.ret == 0
    assert sorted(ran) == sorted(written)
    assert result.parseoutcomes().keys() <= {"passed", "warnings"}


@pytest.mark.once
@pytest.mark.parametrize(
    ("files", "output"),
    [
        pytest.param(*shown, id=f"{name_of(page.path)}:{line}")
        for page in READ
        for line, shown in page.printing.items()
    ],
)
def test_a_test_prints_what_is_shown(run, files, output):
    result = run(files)

    assert shows(str(result.stdout), output)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_block_goes_unread(page):
    assert unread(TEXT[page]) == []


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    [
        "```{code-block} python\nx\n```\n",
        "* a list:\n\n  ```python\n  x\n  ```\n",
        "~~~python\nx\n~~~\n",
        "````python\nx\n````\n",
        "```python title\nx\n```\n",
        "```python title\nx\n```\n\n```python\nx\n```\n",
        "```python\nx\n``` \n",
        "```python \nx\n```\n",
    ],
)
def test_a_block_that_would_go_unread_is_seen(text):
    assert unread(text)
    assert unread(f"```python\nx\n```\n\n{text}\n```python\nx\n```\n")


@pytest.mark.once
def test_the_tutorial_ends_in_a_tested_application(run):
    page = DOCS / "tutorial" / "first-tests.md"
    blocks = blocks_of(page)
    lines = enumerate(TEXT[page].splitlines(), start=1)
    deleted = [
        max(block.line for block in blocks if block.is_test and block.line < line)
        for line, text in lines
        if "delete this test" in text
    ]

    # One after the other; of those that are whole files the last one counts.
    tests = [block.text for block in blocks if block.is_test and block.line not in deleted]
    files = {block.file: block.text for block in blocks if block.file and not block.is_test}
    files["test_signup.py"] = "\n\n".join(tests)

    assert len(deleted) == 1
    assert_all_pass(run(files), files)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="enterContext is new in Python 3.11")
def test_enter_context_does_what_start_and_the_cleanups_do(run):
    page = DOCS / "how-to" / "unittest.md"
    [block] = [block for block in blocks_of(page) if "addCleanup" in block.text]
    made = "self.invokeasync = InvokeAsyncMock("
    text = block.text.replace(made, "self.invokeasync = self.enterContext(InvokeAsyncMock(")
    text = text.replace('unknown_functions="reject")', 'unknown_functions="reject"))')
    text = re.sub(r"\n +(?:self\.invokeasync\.start|# |self\.addCleanup).*", "", text)
    assert "cleanup" not in text.lower()
    assert "self.invokeasync = self.enterContext(InvokeAsyncMock(...))" in TEXT[page]
    imports = "import unittest\nimport app\nfrom pytest_invokeasync import InvokeAsyncMock\n"
    failing = """
    def test_nothing_is_called(self):
        self.invokeasync.add_error("ServiceException")

    def test_that_fails_is_verified_too(self):
        self.invokeasync.add_error("ServiceException")
        self.fail("first")
"""

    passing = {**application(), "test_app.py": imports + text}
    assert_all_pass(run(passing), passing)
    result = run({"test_app.py": imports + text + failing})

    printed = str(result.stdout)
    assert result.parseoutcomes()["passed"] == 2
    assert printed.count("E       AssertionError: unanswered rule") == 2
    assert printed.count("E       AssertionError: first") == 1


@pytest.mark.once
@pytest.mark.parametrize("block", [b for page in READ for b in page.configuring], ids=str)
def test_a_configuration_is_understood(run, block, monkeypatch):
    if "invokeasync_region" in block.text:
        monkeypatch.delenv("AWS_DEFAULT_REGION")

    result = run({block.file: block.text, "test_app.py": STAND_IN_TEST})

    result.assert_outcomes(passed=1)


# Names


def table(page: Path, heading: str) -> list[list[str]]:
    """The cells of the table that follows a heading, without its first two lines."""
    section = TEXT[page].split(f"\n{heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def section(page: Path, heading: str) -> str:
    """The prose under a heading: no code, where a line may begin like a heading."""
    prose = re.sub(FENCE, "", TEXT[page], flags=re.MULTILINE | re.DOTALL)
    return re.split(r"\n#+ ", prose.split(f"\n{heading}\n", 1)[1], maxsplit=1)[0]


def test_the_table_of_options_is_the_plugins_own():
    described = {
        quoted(name)[0]: ast.literal_eval(quoted(default)[0])
        for name, default, _ in table(OPTIONS, "## All options")
    }

    assert described == {name: row.default for name, row in options.ROWS.items()}


def test_every_ini_option_is_described(pytester):
    usage = str(pytester.runpytest_inprocess("--help").stdout)

    described = re.findall(r"^\*\*`(\w+)`\*\*", TEXT[OPTIONS], re.MULTILINE)

    accepted = set(re.findall(r"^  (invokeasync_\w+) \(", usage, re.MULTILINE))
    assert {f"invokeasync_{name.removeprefix('invokeasync_')}" for name in described} == accepted


def test_every_documented_error_and_every_fault_is_named():
    named = set(quoted(section(FAILING, "## Errors") + section(FAILING, "## Faults")))

    assert named >= {spec.code for spec in errors.documented()}
    assert named >= {fault.name for fault in faults.every()}


@pytest.mark.parametrize("row", table(FAILING, "## Faults"), ids=lambda row: row[0])
def test_each_client_raises_what_is_said(invokeasync, row):
    fault, of_boto3, of_requests = (quoted(cell)[0] for cell in row)
    config = botocore.config.Config(retries={"mode": "standard", "total_max_attempts": 1})
    client = boto3.client("lambda", config=config)
    url = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"
    invokeasync.add_fault(fault, times=2)

    with pytest.raises(botocore.exceptions.BotoCoreError) as from_boto3:
        client.invoke_async(FunctionName="orders", InvokeArgs="{}")
    with pytest.raises(requests.RequestException) as from_requests:
        requests.post(url, data=b"{}", timeout=5)

    assert type(from_boto3.value).__name__ == of_boto3
    assert type(from_requests.value).__name__ == of_requests


def test_every_attribute_of_what_is_recorded_is_named(invokeasync):
    boto3.client("lambda").invoke_async(FunctionName="orders", InvokeArgs="{}")
    [event] = invokeasync.events
    kinds = {
        "Invocation": event.invocation,
        "Attempt": event.invocation.attempts[0],
        "Event": event,
    }

    rows = table(DOCS / "how-to" / "assertions.md", "## What is recorded")

    assert {quoted(kind)[0]: sorted(quoted(has)) for kind, has in rows} == {
        name: [attribute for attribute in dir(one) if not attribute.startswith("_")]
        for name, one in kinds.items()
    }


SEAMS = [path for seam, *_ in table(ARCHITECTURE, "## Seams") for path in quoted(seam)]


def test_the_table_of_seams_has_all_of_them():
    replaced = [
        f"{target.module}.{patch.name}"
        if patch.in_module
        else f"{target.module}.{target.name}.{patch.name}"
        for target in TARGETS
        for patch in target.patches
    ]

    assert sorted(SEAMS) == sorted(replaced)


def test_the_seams_are_replaced_while_a_mock_is_active():
    paths = [path for path in SEAMS if is_installed(path)]
    before = [resolved(path) for path in paths]

    with InvokeAsyncMock():
        during = [resolved(path) for path in paths]

    after = [resolved(path) for path in paths]
    assert [path for path, b, d in zip(paths, before, during, strict=True) if b is d] == []
    assert [path for path, b, a in zip(paths, before, after, strict=True) if b is not a] == []


def is_installed(path: str) -> bool:
    """Whether the library of a seam is there, in a release that has it: many are optional."""
    try:
        resolved(path)
    except (ImportError, AttributeError, KeyError):
        return False
    return True


def resolved(path: str) -> object:
    """What an attribute is, as it stands in its class or module."""
    owner, _, name = path.rpartition(".")
    return vars(pkgutil.resolve_name(owner))[name]


def test_the_files_named_in_the_architecture_are_there():
    package = Path(pytest_invokeasync.__file__).parent
    # `service.py` says what is meant; `sys.modules` and a seam are no files.
    names = re.findall(r"`(/?[\w./-]+(?:/|\.(?:py|js|md|toml|ini|yml)))`", TEXT[ARCHITECTURE])
    files = {name: TOP / name[1:] if name.startswith("/") else package / name for name in names}
    tests = {name: TOP / name for name in names if name.startswith("tests/")}

    assert len(files) > 30
    assert [name for name, path in {**files, **tests}.items() if not path.exists()] == []


def test_no_code_stands_where_no_test_reads_it():
    package = Path(pytest_invokeasync.__file__).parent
    docstrings = {
        f"{path.name}:{node.lineno}": node.value.value
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    pages = {
        path.name: path.read_text(encoding="utf-8") for path in (DOCS / "reference").glob("*.rst")
    }
    code = r"::$|^ *>>> |^ *\.\. (?:code|code-block|sourcecode|parsed-literal|literalinclude)::"

    assert len(pages) > 1
    texts = {**docstrings, **pages}.items()
    assert [name for name, text in texts if re.search(code, str(text), re.MULTILINE)] == []


def test_the_two_commands_are_those_of_dev_py():
    consoles = [block.text for block in blocks_of(README) if block.language == "console"]
    [two] = [text for text in consoles if "dev.py" in text]

    commands = re.findall(r"^\$ (.+)$", two, re.MULTILINE)

    assert commands == ["python3 dev.py example", "python3 dev.py test"]
    script = (TOP / "dev.py").read_text(encoding="utf-8")
    assert [command for command in commands if command not in script] == []


def test_the_versions_are_those_that_are_declared():
    declared = importlib.metadata.metadata("pytest-invokeasync")
    required = [one for one in declared.get_all("Requires-Dist") if "extra ==" not in one]
    least = dict(re.findall(r"(\w+)>=([\d.]+)", " ".join(required)))
    pythons = re.findall(r":: (3\.\d+)", " ".join(declared.get_all("Classifier")))

    text = section(README, "## Versions")

    assert f"Python {pythons[0]} to {pythons[-1]}" in text
    assert dict(re.findall(r"(pytest|boto3|responses|jsonschema) (\d[\d.]*\d)", text)) == least


def test_links_lead_somewhere():
    links = [
        ((page.parent / target).resolve() if target else page, anchor)
        for page in PAGES
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", TEXT[page])
    ]

    assert [target for target, _ in links if not target.exists()] == []
    assert [link for link in links if link[1] and link[1] not in anchors(link[0])] == []


def test_every_page_is_in_the_index():
    index = DOCS / "index.md"
    linked = {(DOCS / target).resolve() for target in re.findall(r"\]\(([^)#]*)", TEXT[index])}
    included = {DOCS / "explanation" / "benchmarks.md"}

    assert {page for page in PAGES if page != index} - included <= linked


def anchors(page: Path) -> list[str]:
    headings = re.findall(r"^#+ (.+)$", TEXT[page], re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]
