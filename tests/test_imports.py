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
def loaded(pytester):
    """Runs pytest in a process of its own, all plugins on; says which modules it loaded."""

    def loaded(source, *arguments, of=HEAVY):
        pytester.makeconftest(
            f"""
            import sys

            def pytest_unconfigure():
                print("loaded:", *(name for name in {of} if name in sys.modules))
            """
        )
        pytester.makepyfile(source)
        result = pytester.runpytest_subprocess("-s", *arguments)
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
    own = [f"pytest_invokeasync.{module}" for module in INSIDE if module != "__init__"]

    assert set(loaded("def test_one(): pass", of=own)) == {
        "pytest_invokeasync.options",
        "pytest_invokeasync.plugin",
        "pytest_invokeasync.suggestions",
    }


def test_the_fixture_imports_what_it_stands_in_for_and_no_schema(loaded):
    assert loaded("def test_one(invokeasync): pass") == [
        "botocore",
        "requests",
        "responses",
        "urllib3",
    ]


# Which part may import which.


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def statements(node):
    """Every statement that is executed, also those inside functions."""
    for child in ast.iter_child_nodes(node):
        if not is_type_checking(child):
            yield child
            yield from statements(child)


def parse_package():
    """For each module: the modules of the package that it imports, and other packages."""
    files = {
        ".".join(file.relative_to(PACKAGE).with_suffix("").parts): file
        for file in PACKAGE.rglob("*.py")
    }
    inside, outside = {}, {}
    for module, file in files.items():
        parents = module.split(".")[:-1]
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
                    inside[module].add(full if full in files else ".".join(base))
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
    assert {"plugin", "mock", "activation", "service", "clients.botocore_"} <= INSIDE.keys()
    assert set().union(*INSIDE.values()) <= INSIDE.keys()


def test_no_import_goes_in_a_circle():
    graphlib.TopologicalSorter(INSIDE).prepare()


# From the top to the bottom. What stands here imports nothing that stands above it.
LAYERS = [
    "__init__",
    "plugin",
    "mock",
    "activation",
    "clients.requests_",
    "interception",
    "service",
    "rules",
    "matching",
    "recording",
    "messages",
]


@pytest.mark.parametrize("number", range(1, len(LAYERS)), ids=LAYERS[1:])
def test_imports_go_downward(number):
    assert below(LAYERS[number]).isdisjoint(LAYERS[:number])


@pytest.mark.parametrize("module", [name for name in INSIDE if name.startswith("clients.")])
def test_a_client_knows_nothing_of_what_a_test_author_sees(module):
    assert below(module).isdisjoint({"plugin", "mock", "activation", "assertions", "report"})


def test_the_service_knows_no_client_and_no_test():
    assert not {module for module in below("service") if module.startswith("clients")}
    assert below("service").isdisjoint({"plugin", "mock", "activation", "assertions", "report"})


def test_the_service_knows_no_library_but_what_reads_schemas_and_the_sdks_model():
    libraries = set().union(*(OUTSIDE[module] for module in below("service") - {"sdk_model"}))

    assert libraries - sys.stdlib_module_names == {"jsonschema", "referencing"}
    assert libraries.isdisjoint({"socket", "http", "ssl"})


def test_pytest_is_known_to_the_plugin_alone():
    assert importers("pytest") == {"plugin"}


def test_responses_and_requests_are_known_to_the_clients_alone():
    known = importers("responses") | importers("requests")

    assert {module.partition(".")[0] for module in known} == {"clients"}


def test_jsonschema_is_known_to_the_schemas_alone():
    assert importers("jsonschema") == {"schema"}


def test_nothing_is_imported_that_is_not_a_dependency():
    outside = set().union(*OUTSIDE.values()) - sys.stdlib_module_names

    assert outside <= {
        "pytest",
        "responses",
        "jsonschema",
        "boto3",
        # What those bring along.
        "botocore",
        "requests",
        "urllib3",
        "referencing",
        # Of the extra server.
        "h11",
        "pytest_httpserver",
        "werkzeug",
        # Where somebody else has imported aiobotocore.
        "aiobotocore",
        "aiohttp",
        "anyio",
    }


def test_aiobotocore_is_known_to_what_meets_it_alone():
    known = importers("aiobotocore") | importers("aiohttp") | importers("anyio")

    assert known == {
        "clients.aiobotocore_", "clients.aiobotocore_entry", "clients.aiobotocore_retries"
    }  # fmt: skip
