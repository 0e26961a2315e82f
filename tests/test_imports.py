"""What is imported when, and which part of the package may import which."""

from __future__ import annotations

import ast
import graphlib
import sys
from pathlib import Path

import pytest

import pytest_invokeasync

PACKAGE = Path(pytest_invokeasync.__file__).parent
HEAVY = (
    "boto3",
    "botocore",
    "requests",
    "responses",
    "urllib3",
    "jsonschema",
    "referencing",
    "moto",
)


# What is imported when.


@pytest.fixture
def loaded(pytester, monkeypatch):
    """Runs pytest in a process of its own; says which modules it loaded.

    No other plugin is on: what those import says nothing about this one.
    """
    # Nor what the fixture "pytester" names there.
    monkeypatch.delenv("PYTEST_ADDOPTS")

    def loaded(source, *arguments, of=HEAVY):
        pytester.makeconftest(
            f"""
            import sys

            def pytest_unconfigure():
                print("loaded:", *(name for name in {of} if name in sys.modules))
            """
        )
        pytester.makepyfile(source)
        result = pytester.runpytest_subprocess("-s", "-p", "invokeasync", *arguments)
        result.assert_outcomes(passed=1)
        [line] = [line for line in result.outlines if "loaded:" in line]
        return line.partition("loaded:")[2].split()

    return loaded


def test_installed_and_unused_the_plugin_imports_nothing_heavy(loaded):
    assert (
        loaded(
            """
        from pytest_invokeasync import InvokeAsyncMock, error_params, errors, faults

        def test_one(request):
            assert request.config.pluginmanager.has_plugin("invokeasync")
        """
        )
        == []
    )


def test_installed_and_unused_the_plugin_imports_little_of_itself(loaded):
    own = [f"pytest_invokeasync.{module}" for module in INSIDE]

    assert set(loaded("def test_one(): pass", of=own)) == {
        "pytest_invokeasync.plugin",
        "pytest_invokeasync.settings",
    }


def test_the_fixture_imports_botocore_for_its_data_and_nothing_that_it_stands_in_for(loaded):
    assert set(loaded("def test_one(invokeasync): pass")) <= {"botocore", "urllib3"}


@pytest.mark.parametrize(
    "ini",
    [
        "invokeasync_guard=true",
        "invokeasync_region=eu-west-1",
        "invokeasync_environment_credentials=fake",
    ],
)
def test_no_setting_imports_what_gevent_must_patch_first(loaded, ini):
    of = (*HEAVY, "ssl", "http.client", "asyncio", "concurrent.futures", "queue")

    assert loaded("def test_one(): pass", "-o", ini, of=of) == []


# Which part may import which.


def statements(node):
    """Every statement, also those inside functions and those for type checkers alone."""
    for child in ast.iter_child_nodes(node):
        yield child
        yield from statements(child)


def name_of(file):
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parse_package():
    """For each module: the modules of the package that it imports, and other packages."""
    files = {
        name_of(file): file for file in PACKAGE.rglob("*.py") if file != PACKAGE / "__init__.py"
    }
    inside, outside = {}, {}
    for module, file in files.items():
        parents = list(file.relative_to(PACKAGE).parts[:-1])
        inside[module], outside[module] = set(), set()
        for node in statements(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                outside[module] |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                outside[module].add(node.module.partition(".")[0])
            elif isinstance(node, ast.ImportFrom):
                base = parents[: len(parents) + 1 - node.level]
                base += node.module.split(".") if node.module else []
                for alias in node.names:
                    full = ".".join([*base, alias.name])
                    imported = full if full in files else ".".join(base)
                    if imported:  # the package itself has its public names from elsewhere
                        inside[module].add(imported)
    return inside, outside


INSIDE, OUTSIDE = parse_package()


def below(module):
    """The module and all that it imports, directly or not."""
    found, queue = set(), [module]
    while queue:
        current = queue.pop()
        if current not in found:
            found.add(current)
            queue += INSIDE[current]
    return found


def importers(name):
    return {module for module, imported in OUTSIDE.items() if name in imported}


def test_the_modules_are_all_there():
    assert {"plugin", "mock", "clients.activation", "service.service"} <= INSIDE.keys()
    assert set().union(*INSIDE.values()) <= INSIDE.keys()


def test_no_import_goes_in_a_circle():
    graphlib.TopologicalSorter(INSIDE).prepare()


# From the top to the bottom; a name stands for a module, or for a folder with all that is in it.
# Each imports nothing that stands above it, for type checkers neither.
LAYERS = [
    "plugin",
    "server",
    "mock",
    "running",
    "clients",
    "seams",
    "asserting",
    "service",
    "queue",
    "scripting",
    "runs",
    "errors",
    "faults",
    "recording",
    "api",
    "sdk",
    "names",
    "exceptions",
    "options",
    "settings",
    "after_tests",
    "awaiting",
    "locks",
    "caller",
    "suggestions",
    "showing",
    "real",
]


def layer_of(module):
    return LAYERS.index(module.partition(".")[0])


@pytest.mark.parametrize("module", INSIDE)
def test_imports_go_downward(module):
    above = {other for other in INSIDE[module] if layer_of(other) < layer_of(module)}

    assert not above, f"{module} imports what stands above it: {', '.join(sorted(above))}"


def test_what_asks_the_sdk_s_model_is_in_its_folder():
    """Below the seams nothing knows a library but those that read schemas and botocore's data."""
    lower = {module for module in INSIDE if layer_of(module) > LAYERS.index("seams")}
    libraries = set().union(*(OUTSIDE[module] for module in lower if not module.startswith("sdk.")))

    assert libraries - sys.stdlib_module_names - {"typing_extensions"} <= {
        "jsonschema",
        "referencing",
    }
    assert libraries.isdisjoint({"socket", "http", "ssl"})


def test_pytest_is_known_to_the_plugin_alone():
    known = importers("pytest") | importers("_pytest")

    assert {module.partition(".")[0] for module in known} == {"plugin"}


@pytest.mark.parametrize(
    "library", ["requests", "responses", "urllib3", "httpx", "aiohttp", "aiobotocore", "moto"]
)
def test_no_client_library_is_imported_for_the_sake_of_its_seams(library):
    """What is replaced is found in what the program has imported, be it another copy."""
    assert importers(library) == set()


def test_jsonschema_is_known_to_the_functions_alone():
    assert {module.partition(".")[0] for module in importers("jsonschema")} == {"service"}


def test_nothing_is_imported_that_is_not_a_dependency():
    outside = set().union(*OUTSIDE.values()) - sys.stdlib_module_names

    assert outside <= {
        "pytest",
        "jsonschema",
        # What those bring along, and boto3.
        "_pytest",
        "botocore",
        "referencing",
        # Of the extra server.
        "h11",
        "pytest_httpserver",
        "werkzeug",
        # Where somebody else has imported aiobotocore or httpx.
        "anyio",
        # For type checkers alone.
        "typing_extensions",
    }


# And of the tests.


def test_no_folder_of_tests_is_taken_for_a_package():
    """pytest puts a folder with tests on sys.path: the folders beside them can be imported.

    Then tests/clients/aiobotocore would be aiobotocore where that is not installed.
    """
    assert list(Path(__file__).parent.glob("clients/*/test_*.py"))
    assert not list(Path(__file__).parent.glob("clients/test_*.py"))
