"""What type checkers say of a test that uses the plugin: mypy and pyright, in ``tox -e types``.

Each line that ends in an ``ignore`` is one that both must tell: where one does not, it calls the
``ignore`` unused. Nothing here is run.
"""

from __future__ import annotations

from typing_extensions import assert_type

import pytest_invokeasync
from pytest_invokeasync import (
    ErrorSpec,
    Event,
    Fault,
    Injection,
    InvokeAsyncMock,
    Outcome,
    error_params,
    errors,
    faults,
    runs,
)


def a_name_that_is_misspelt_is_told() -> None:
    assert_type(errors.ServiceException, ErrorSpec)
    assert_type(errors.EFSIOException, ErrorSpec)
    assert_type(faults.LostAnswer, Fault)
    errors.ServiceExeption  # type: ignore[attr-defined]  # noqa: B018
    faults.LostAnwser  # type: ignore[attr-defined]  # noqa: B018


def a_public_name_that_is_misspelt_is_told() -> None:
    pytest_invokeasync.InvokeAsyncMok  # type: ignore[attr-defined]  # noqa: B018


def codes_names_and_objects_are_taken(invokeasync: InvokeAsyncMock, code: str) -> None:
    invokeasync.add_error("ServiceException")
    invokeasync.add_error("OneOfMyModel")
    invokeasync.add_error(code)
    invokeasync.add_error(errors.ServiceException)
    invokeasync.add_error(faults.LostAnswer)  # type: ignore[arg-type]
    invokeasync.add_error(42)  # type: ignore[arg-type]
    invokeasync.add_fault("LostAnswer")
    invokeasync.add_fault(errors.ServiceException)  # type: ignore[arg-type]
    invokeasync.add_run("TimedOut")
    invokeasync.add_run(runs.Late(30))
    invokeasync.add_run("runs.OneOfMyOwn")
    invokeasync.add_run(errors.ServiceException)  # type: ignore[arg-type]
    error_params("documented", "ServiceException", errors.ServiceException, faults.LostAnswer)


def an_outcome_is_an_error_or_a_fault(invokeasync: InvokeAsyncMock, outcome: Outcome) -> None:
    assert_type(outcome, ErrorSpec | Fault)
    for injection in invokeasync.sweep("documented", faults.LostAnswer, "runs", runs.Killed):
        assert_type(injection, Injection)
        assert_type(injection.position, int)


def a_keyword_that_is_misspelt_is_told(invokeasync: InvokeAsyncMock) -> None:
    assert_type(invokeasync.assert_queued_once("orders", payload={"id": 42}), Event)
    invokeasync.assert_queued_once("orders", paylod={"id": 42})  # type: ignore[call-arg]
    InvokeAsyncMock(backof="real")  # type: ignore[call-arg]
