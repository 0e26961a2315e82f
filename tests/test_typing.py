"""What a type checker finds in a user's environment. (The package itself is checked by mypy.)"""

from __future__ import annotations

import ast
import collections.abc
import dataclasses
import importlib
import importlib.metadata
import importlib.resources
import inspect
import typing
from pathlib import Path

import pytest

import pytest_invokeasync
from pytest_invokeasync import (
    ErrorSpec,
    Fault,
    InvokeAsyncMock,
    errors,
    faults,
    names,
    plugin,
    runs,
    settings,
)
from pytest_invokeasync.scripting.selection import SETS

PUBLIC = {name: getattr(pytest_invokeasync, name) for name in pytest_invokeasync.__all__}
CLASSES = [value for value in PUBLIC.values() if inspect.isclass(value)]
FUNCTIONS = [
    *(value for value in PUBLIC.values() if inspect.isfunction(value)),
    *(
        inspect.unwrap(member.fget if isinstance(member, property) else member)
        for kind in CLASSES
        for name, member in vars(kind).items()
        if (inspect.isfunction(member) or isinstance(member, property)) and name[0] != "_"
    ),
    InvokeAsyncMock.__init__,
    InvokeAsyncMock.__enter__,
]


def fixture_function(name):
    return inspect.unwrap(getattr(plugin, name))


def test_the_package_says_that_it_is_typed():
    assert importlib.resources.files("pytest_invokeasync").joinpath("py.typed").is_file()


def test_an_interpreter_completes_the_public_names():
    assert set(pytest_invokeasync.__all__) <= set(dir(pytest_invokeasync))


def test_type_checkers_find_each_public_name_where_the_package_finds_it():
    stub = ast.parse(Path(pytest_invokeasync.__file__).with_suffix(".pyi").read_text("utf-8"))
    homes = {
        alias.asname: f"{node.module or alias.name}"
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    [listed] = [ast.literal_eval(node.value) for node in stub.body if isinstance(node, ast.Assign)]

    assert sorted(homes) == sorted(listed) == sorted(pytest_invokeasync.__all__)
    for name, home in homes.items():
        module = importlib.import_module(f"pytest_invokeasync.{home}")
        assert PUBLIC[name] in (module, getattr(module, name, None)), name


# What an editor completes, and a type checker knows. That it does: typed_use.py.


def test_the_names_of_errors_are_those_of_the_catalogue():
    known = set(typing.get_args(names.ErrorCode))

    in_model = {spec.code for spec in errors.every()}
    assert {spec.code for spec in (*errors.documented(), *errors.common())} <= known
    # A newer model may know more, an older one less.
    assert botocore_is() > NAMES_ARE_OF or in_model <= known
    assert botocore_is() < NAMES_ARE_OF or known <= in_model


NAMES_ARE_OF = (1, 44, 8)
"""The botocore of which ``names`` was written."""


def botocore_is():
    return tuple(map(int, importlib.metadata.version("botocore").split(".")[:3]))


def test_each_error_is_declared_for_type_checkers():
    [block, *_] = [
        node
        for node in ast.walk(ast.parse(Path(errors.__file__).read_text("utf-8")))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    declared = [one.target.id for one in block.body if isinstance(one, ast.AnnAssign)]

    assert declared == list(typing.get_args(names.ErrorCode))


def test_the_names_of_faults_and_sets_are_all_of_them():
    assert set(typing.get_args(names.FaultName)) == {fault.name for fault in faults.every()}
    assert set(typing.get_args(names.ErrorSet)) == set(SETS) == set(settings.ERROR_SETS)


def test_the_names_of_outcomes_of_runs_are_those_that_need_no_argument():
    of_runs = set(typing.get_args(names.RunName))

    assert of_runs == runs.CLASSES.keys() - {"Failed", "Late"}
    assert [str(runs.find(name)) for name in sorted(of_runs)] == sorted(of_runs)


@pytest.mark.parametrize(
    ("method", "argument", "completed"),
    [
        ("add_error", "error", "ErrorCode"),
        ("add_fault", "fault", "FaultName"),
        ("add_run", "outcome", "RunName"),
        ("sweep", "outcomes", "ErrorSet ErrorCode FaultName RunSet RunName"),
    ],
)
def test_an_editor_completes_the_names_that_a_method_takes(method, argument, completed):
    hint = getattr(InvokeAsyncMock, method).__annotations__[argument]

    taken = hint.split(" | ")
    assert [name for name in taken if hasattr(names, name)] == completed.split()
    assert "str" in taken


@pytest.mark.parametrize("outcome", ["runs", *typing.get_args(names.RunName)])
def test_a_sweep_takes_each_name_that_is_completed_for_runs(outcome):
    assert list(InvokeAsyncMock().sweep(outcome)._outcomes)


def test_an_outcome_is_an_error_or_a_fault():
    assert isinstance(errors.ServiceException, pytest_invokeasync.Outcome)
    assert isinstance(faults.ReadTimeout, pytest_invokeasync.Outcome)
    assert not isinstance("ServiceException", pytest_invokeasync.Outcome)


def test_a_name_that_does_not_exist_is_no_attribute():
    with pytest.raises(AttributeError, match="'pytest_invokeasync' has no attribute 'Mock'"):
        pytest_invokeasync.Mock  # noqa: B018


@pytest.mark.parametrize(
    ("fixture", "hint"),
    [
        ("invokeasync", collections.abc.Iterator[InvokeAsyncMock]),
        ("invokeasync_error", ErrorSpec | Fault),
    ],
)
def test_the_fixtures_say_what_they_give(fixture, hint):
    hints = typing.get_type_hints(fixture_function(fixture), localns=PUBLIC)

    assert hints["return"] == hint
    assert hints["request"] is pytest.FixtureRequest


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__qualname__)
def test_every_public_function_is_annotated(function):
    signature = inspect.signature(function)

    parameters = [name for name in signature.parameters if name != "self"]
    assert {*parameters, "return"} <= function.__annotations__.keys()


@pytest.mark.parametrize(
    "kind", [kind for kind in CLASSES if dataclasses.is_dataclass(kind)], ids=lambda k: k.__name__
)
def test_the_fields_of_public_classes_can_be_looked_up_at_run_time(kind):
    hints = typing.get_type_hints(kind)

    assert {field.name for field in dataclasses.fields(kind)} <= hints.keys()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_says_what_it_is(name):
    assert inspect.getdoc(PUBLIC[name])


def test_the_public_names_are_those_of_the_design():
    assert {
        "Attempt",
        "ErrorSpec",
        "Event",
        "Fault",
        "Function",
        "Injection",
        "Invocation",
        "InvokeAsyncMock",
        "Outcome",
        "Rule",
        "UnmockedLambdaCall",
        "error_params",
        "errors",
        "faults",
    } <= PUBLIC.keys()
