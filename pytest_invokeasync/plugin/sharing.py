"""Mocks of a wider scope than a test: each test that uses one has it to itself.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .. import options
from ..suggestions import unknown
from .run_settings import of_run

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..mock import InvokeAsyncMock

SCOPES = ("function", "class", "module", "package", "session")
_SHARING = pytest.StashKey["Sharing"]()


def mock_fixture(scope: str, **given: Unpack[options.OptionKeywords]) -> Any:
    """A fixture of this scope that works for each test that uses it as ``invokeasync`` does.

    Bind it to a name, mostly in a ``conftest.py``: ``queue = mock_fixture("session")``. It yields
    an ``InvokeAsyncMock``, which is active while a test that uses it runs. Each such test is
    verified at its end, and the next one starts afresh: without what this one scripted and
    recorded. What fixtures of a wider scope script, each test has anew, and need not use.

    ``scope``: ``"class"``, ``"module"``, ``"package"``, ``"session"``, or ``"function"``.
    ``given``: options of ``InvokeAsyncMock``; the ini file sets the others. Raises ``ValueError``
    or ``TypeError`` for a scope or an option that does not exist.
    """
    __tracebackhide__ = True  # so that a wrong value shows the user's line
    if scope not in SCOPES:
        raise ValueError(unknown("scope", scope, SCOPES))
    options.build(given)

    def invokeasync(request: pytest.FixtureRequest) -> Iterator[InvokeAsyncMock]:
        yield from _shared(request, given)

    invokeasync.__doc__ = (
        f"An active ``InvokeAsyncMock`` of the scope {scope}, for each test as ``invokeasync`` is."
    )
    made: Any = pytest.fixture
    return made(scope=scope)(invokeasync)


def _shared(
    request: pytest.FixtureRequest, given: options.OptionKeywords
) -> Iterator[InvokeAsyncMock]:
    from ..mock import InvokeAsyncMock
    from .fixtures import register_schemas

    config = request.config
    if _SHARING not in config.stash:
        config.stash[_SHARING] = Sharing()
        config.pluginmanager.register(config.stash[_SHARING], "invokeasync sharing")
    ini: Any = of_run(config).options
    mock = InvokeAsyncMock(**{**ini, **given})
    # pytest has no hook for a test that uses a fixture which was set up before.
    private: Any = request
    definition: Any = private._fixturedef
    shared = Shared(private.fixturename, mock, definition.execute)
    keep = shared.set_up()
    register_schemas(config, mock)
    keep()
    with config.stash[_SHARING].holding(shared):
        shared.lend(private._pyfuncitem)
        definition.execute = shared.execute
        try:
            yield mock
        finally:
            del definition.execute
            mock.stop()


class Shared:
    """A mock of a wider scope, lent to one test after the other."""

    def __init__(self, name: str, mock: InvokeAsyncMock, execute: Callable[..., Any]) -> None:
        from ..service.state import Base

        self._name = name
        self._mock = mock
        self._execute = execute
        self._base = Base()
        self._item: pytest.Item | None = None

    def execute(self, request: Any) -> Any:
        """Gives a test the fixture's value, as pytest's own ``execute`` does."""
        value = self._execute(request=request)
        self.lend(request._pyfuncitem)
        return value

    def lend(self, item: pytest.Item) -> None:
        """Gives the test the mock, unless it has it already."""
        if item is self._item:
            return
        from .reporting import begin

        self._item = item
        self._mock._begin_test(self._base)
        self._mock.start()
        failed = begin(item, self._name, self._mock)
        # Added before those of the test's own fixtures, and so called after them.
        item.addfinalizer(lambda: self._take_back(failed))

    def _take_back(self, failed: Callable[[], bool]) -> None:
        self._item = None
        self._mock.stop()
        # A test that failed, was skipped or xfailed is not verified: it has its own report.
        self._end(told=failed())

    def _end(self, *, told: bool) -> None:
        from .reporting import described

        problems = (
            described(self._mock, self._name) if not told and self._mock.find_problems() else None
        )
        self._mock._begin_test(self._base)
        if problems:
            pytest.fail(problems, pytrace=False)

    def set_up(self) -> Callable[[], None]:
        """Called before a fixture of a wider scope is set up. Returns what to call after it."""
        service = self._mock._service
        before = service.state
        rules, functions = before.rules.count(), len(before.functions.since(0))
        is_fresh = not before.recording.invocations()

        def keep() -> None:
            self._base.take(service.state, before, rules, functions)
            self._base.signatures = service.signatures.copy()
            if is_fresh:  # its calls belong to no test
                findings = service.findings
                self._mock._begin_test(self._base)
                service.findings = findings

        return keep

    def tear_down(self) -> Callable[[], None]:
        """Called before a fixture of a wider scope is torn down. Returns what to call after it."""
        if self._item is not None:
            return lambda: None
        self._mock.start()

        def end() -> None:
            self._mock.stop()
            self._end(told=False)

        return end


class Sharing:
    """A plugin of a run with mocks of a wider scope, which fixtures of such scopes use too."""

    def __init__(self) -> None:
        self._all: list[Shared] = []

    def holding(self, shared: Shared) -> _Holding:
        """A ``with`` block in which the mock is there."""
        return _Holding(self._all, shared)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, Any, None]:
        """Lets a fixture of a wider scope use the mock, at its setup and at its teardown."""
        if fixturedef.scope == "function":
            yield
            return
        there = self._all[:]
        ends: list[Callable[[], None]] = []
        # pytest calls the last finalizer first, so the fixture's own is called in between.
        fixturedef.addfinalizer(lambda: [end() for end in ends])
        keep = [shared.set_up() for shared in there]
        yield
        for kept in keep:
            kept()
        fixturedef.addfinalizer(lambda: ends.extend(shared.tear_down() for shared in there))


class _Holding:
    def __init__(self, everything: list[Shared], shared: Shared) -> None:
        self._all = everything
        self._shared = shared

    def __enter__(self) -> None:
        self._all.append(self._shared)

    def __exit__(self, *_: object) -> None:
        self._all.remove(self._shared)
