"""What the fixtures do. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ..errors import ErrorSpec
from ..faults import Fault
from ..mock import InvokeAsyncMock
from ..sdk import model as sdk_model
from ..server.address import CannotStart, InvokeAsyncServer
from ..service.functions import prepare_schemas
from .call_sites import count
from .cases import case_of
from .nearest import markers
from .reporting import begin, described
from .run_settings import ini, of_run


def options_of(item: pytest.Item) -> dict[str, Any]:
    """The options of a test, from its markers and the ini file."""
    given: dict[str, Any] = of_run(item.config).options.copy()
    # The nearest marker comes first, and decides on each option that it has.
    for marker in reversed(markers(item, "invokeasync")):
        given.update(marker.kwargs)
    return given


def register_schemas(config: pytest.Config, mock: InvokeAsyncMock) -> None:
    """Registers the functions whose schemas are in files."""
    for name, schema in of_run(config).schemas.items():
        try:
            mock.register_function(name, schema=schema)
        except (TypeError, ValueError) as error:
            # As pytest.fail() does, which would also show the exception that was caught.
            message = f"the ini option invokeasync_schemas: {name}.json: {error}"
            raise pytest.fail.Exception(message, pytrace=False) from None


def prepare() -> None:
    """Reads the files that a mock needs; all that it consists of was imported with this module."""
    sdk_model.prepare()
    if "pyfakefs" in sys.modules:
        prepare_schemas()


def mock_of_test(request: pytest.FixtureRequest) -> Iterator[InvokeAsyncMock]:
    """An active mock, verified at the end."""
    options = options_of(request.node)
    if options.get("deprecated_calls") == "report":
        count(request.config, request.node.nodeid)
    mock = InvokeAsyncMock(**options)
    register_schemas(request.config, mock)
    mock.start()
    failed = begin(request.node, "invokeasync", mock)
    try:
        yield mock
    finally:
        mock.stop()
    # A test that failed, was skipped or xfailed is not verified: it has its own report.
    if not failed() and mock.find_problems():
        pytest.fail(described(mock, "invokeasync"), pytrace=False)


def server_of(config: pytest.Config, mock: InvokeAsyncMock) -> Iterator[InvokeAsyncServer]:
    """A running server for the mock, at the host and port of the ini file."""
    host, port = (ini(config, f"server_{name}") for name in ("host", "port"))
    if isinstance(port, str) and port.strip().isdecimal():
        port = int(port)
    try:
        server = InvokeAsyncServer(mock, host=host or "127.0.0.1", port=port or 0)
    except (TypeError, ValueError) as error:
        # As pytest.fail() does, which would also show the exception that was caught.
        message = f"the ini option invokeasync_server_port: {error}"
        raise pytest.fail.Exception(message, pytrace=False) from None
    try:
        server.start()
    except CannotStart as error:
        # As pytest.fail() does, which would also show the exception that was caught.
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    try:
        yield server
    finally:
        server.stop()


def error_of_test(request: pytest.FixtureRequest, mock: InvokeAsyncMock) -> ErrorSpec | Fault:
    """The error of this case, scripted."""
    if not hasattr(request, "param"):
        pytest.fail(
            "invokeasync_error is a parametrized fixture, and pytest cannot parametrize this test "
            "(a unittest.TestCase, or getfixturevalue). Give the errors yourself: "
            '@pytest.mark.parametrize("error", error_params("documented")) on a test function, '
            "and invokeasync.add_error(error) in it",
            pytrace=False,
        )
    case = case_of(request.param)
    case.script(mock)
    return case.outcome
