"""The pytest part: options, markers, fixtures and reports. Nothing else knows pytest."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Collection, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from .. import options
from ..suggestions import unknown
from . import hiding

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from ..errors import ErrorSpec
    from ..faults import Fault
    from ..mock import InvokeAsyncMock
    from ..seams.interception import Guard
    from ..server.address import InvokeAsyncServer

# Whatever else of the package is needed is imported where it is: a run that does not use the
# plugin must not pay for it.

_INI_OPTIONS = pytest.StashKey["dict[str, Any]"]()
_GUARD = pytest.StashKey["Guard"]()
_GUARDED_AT_END = pytest.StashKey["list[str]"]()
_REGION_SEEN = pytest.StashKey[bool]()
_MOCK = pytest.StashKey["InvokeAsyncMock"]()
_CALL_PASSED = pytest.StashKey[bool]()
_FAILED = pytest.StashKey["_Failed"]()
_ERROR_SETS = pytest.StashKey["tuple[str, ...]"]()
_PARAMETER_SET = type(pytest.param())
_SWEEP = "invokeasync_sweep"
_GUARDED = "calls to AWS Lambda while no mock was active, refused since invokeasync_guard is on:"
_ACTIVATION = "pytest_invokeasync.clients.activation"
_CASES = f"{__package__}.cases"
_REGION_VARIABLE = "AWS_DEFAULT_REGION"
_IDLE = "does nothing here: the test does not ask for {}"
_FIXTURE_OF_MARKER = {"invokeasync": "invokeasync", "invokeasync_errors": "invokeasync_error"}


def pytest_addoption(parser: pytest.Parser) -> None:
    for row in options.ROWS.values():
        kind: Any = "bool" if row.is_flag else "string"
        parser.addini(f"invokeasync_{row.name}", row.help, type=kind, default=None)
    parser.addini(
        "invokeasync_region",
        "AWS_DEFAULT_REGION for the run, where no region is configured",
        default=None,
    )
    parser.addini(
        "invokeasync_guard",
        "refuse calls to AWS Lambda outside of any active mock, for the whole run",
        type="bool",
        default=False,
    )

    parser.getgroup("invokeasync").addoption(
        "--invokeasync-errors",
        metavar="SET",
        action="append",
        default=[],
        help="run invokeasync_error over this set of errors by default, rather than over "
        f"'documented'; several with commas. Sets: {', '.join(options.ERROR_SETS)}",
    )
    for option, form in (("record", "one line of JSON each"), ("html", "one page")):
        parser.getgroup("invokeasync").addoption(
            f"--invokeasync-{option}",
            metavar="FILE",
            help=f"write every recorded invocation to this file: {form}",
        )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    # This early, since a conftest.py may make a client, or a call, when it is imported. What is
    # wrong in the ini file is told below.
    with contextlib.suppress(pytest.UsageError):
        _set_region(early_config)
        _set_guard(early_config)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "invokeasync(**options): options of the invokeasync fixture for this test"
    )
    config.addinivalue_line(
        "markers",
        "invokeasync_errors(*which, **how): the errors that invokeasync_error runs over, and "
        "keywords of add_error (for faults, of add_fault) for each",
    )
    given: list[str] = config.getoption("--invokeasync-errors")
    error_sets = tuple(name.strip() for names in given for name in names.split(","))
    config.stash[_ERROR_SETS] = error_sets
    for name in error_sets:
        if name not in options.ERROR_SETS:
            message = unknown("set", name, options.ERROR_SETS)
            raise pytest.UsageError(f"--invokeasync-errors: {message}")
    config.stash[_INI_OPTIONS] = _ini_options(config)
    config.stash[_FAILED] = _Failed()
    config.pluginmanager.register(config.stash[_FAILED])
    config.pluginmanager.register(hiding)
    # Here too: with -p or pytest_plugins the plugin may come too late for the hook above.
    _set_region(config)
    _set_guard(config)
    if config.getoption("--invokeasync-record") or config.getoption("--invokeasync-html"):
        from .record import recorder

        recorder.register(config)


def _ini(config: pytest.Config, name: str) -> Any:
    """The value of an ini option; ``None`` where it is not set."""
    try:
        value = config.getini(name)
    except (ValueError, pytest.UsageError) as error:
        raise pytest.UsageError(f"the ini option {name}: {error}") from None
    # What an option that is not set gives differs between the releases of pytest.
    return None if value in ("", []) else value


def _ini_options(config: pytest.Config) -> dict[str, Any]:
    given = {}
    for name, row in options.ROWS.items():
        value = _ini(config, f"invokeasync_{name}")
        if value is not None:
            try:
                given[name] = row.from_ini(value)
            except (TypeError, ValueError) as error:
                raise pytest.UsageError(f"the ini option invokeasync_{name}: {error}") from None
    return given


def _set_region(config: pytest.Config) -> None:
    region = _ini(config, "invokeasync_region")
    if region is None or _REGION_SEEN in config.stash:
        return
    config.stash[_REGION_SEEN] = True
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        configured = botocore.session.Session().get_config_variable("region")
    except BotoCoreError:
        # Such as a profile that does not exist: whoever makes a client is told.
        return
    if not configured:
        # Not in pytest_unconfigure, which does not run when a conftest.py fails.
        before = os.environ.get(_REGION_VARIABLE)
        config.add_cleanup(functools.partial(_set_region_variable, before))
        _set_region_variable(region)


def _set_region_variable(region: str | None) -> None:
    if region is None:
        os.environ.pop(_REGION_VARIABLE, None)
    else:
        os.environ[_REGION_VARIABLE] = region


def _set_guard(config: pytest.Config) -> None:
    if _GUARD in config.stash or not _ini(config, "invokeasync_guard"):
        return
    from ..clients import activation
    from ..seams import stack
    from ..seams.interception import Guard

    guard = config.stash[_GUARD] = Guard(options.build(_ini_options(config)))
    config.add_cleanup(functools.partial(activation.set_guard, stack.guard()))
    activation.set_guard(guard)


class _Failed:
    """The tests of which a part failed: that of a subtest is told in a report of its own."""

    def __init__(self) -> None:
        self.nodeids: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.nodeids.add(report.nodeid)


@pytest.fixture
def invokeasync(request: pytest.FixtureRequest) -> Iterator[InvokeAsyncMock]:
    """Stands in for AWS Lambda's InvokeAsync: an active ``InvokeAsyncMock``.

    Options: ``@pytest.mark.invokeasync(**options)``, or ``invokeasync_<option>`` in the ini file.
    """
    from ..mock import InvokeAsyncMock

    mock = InvokeAsyncMock(**_options(request.node))
    mock.start()
    request.node.stash[_MOCK] = mock
    request.node.stash[_CALL_PASSED] = False
    failed = request.config.stash[_FAILED].nodeids
    failed.discard(request.node.nodeid)
    try:
        yield mock
    finally:
        mock.stop()
    # A test that failed, was skipped or xfailed has said what there is to say.
    passed = request.node.stash[_CALL_PASSED] and request.node.nodeid not in failed
    if passed and mock.find_problems():
        pytest.fail(_described(mock), pytrace=False)


def _described(mock: InvokeAsyncMock) -> str:
    return "\n".join([*mock.find_problems(), mock.describe()])


@pytest.fixture
def invokeasync_server(invokeasync: InvokeAsyncMock) -> Iterator[InvokeAsyncServer]:
    """Gives the mock of ``invokeasync`` a real address on loopback: a running server.

    For clients in other processes: ``url``, and ``environ`` to start them with. Needs the extra
    ``server``.
    """
    from ..server.address import CannotStart, InvokeAsyncServer

    server = InvokeAsyncServer(invokeasync)
    try:
        server.start()
    except CannotStart as error:
        # As pytest.fail() does, which would also show the exception that told us.
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def invokeasync_error(
    request: pytest.FixtureRequest, invokeasync: InvokeAsyncMock
) -> ErrorSpec | Fault:
    """Runs the test once per error, that error scripted for every function.

    ``@pytest.mark.invokeasync_errors(*which, **how)`` chooses other errors than the documented
    ones, and how they are scripted. The test must meet its error.
    """
    if not hasattr(request, "param"):
        pytest.fail(
            "invokeasync_error is a parametrized fixture, and pytest cannot parametrize this test "
            "(a unittest.TestCase, or getfixturevalue). Give the errors yourself: "
            '@pytest.mark.parametrize("error", error_params("documented")) on a test function, '
            "and invokeasync.add_error(error) in it",
            pytrace=False,
        )
    from .cases import case_of

    case = case_of(request.param)
    case.script(invokeasync)
    return case.outcome


def error_params(*which: str | ErrorSpec | Fault, **how: Any) -> list[ParameterSet]:
    """What ``invokeasync_error`` is parametrized with, for a ``parametrize`` of your own.

    ``which``: sets (``"documented"``, ``"modeled"``, ``"common"``, ``"retryable"``,
    ``"terminal"``, ``"all"``), codes, ``ErrorSpec``s and faults; default: ``"documented"``.
    ``how``: keywords of ``add_error`` and, for faults, of ``add_fault``; each must suit all. Then
    the parameters are for ``indirect=True`` on ``invokeasync_error``, without they are
    ``ErrorSpec``s and faults. Raises ``ValueError`` or ``TypeError`` for what does not exist.
    """
    from .cases import cases

    made = cases(which, how)
    return [pytest.param(case if how else case.outcome, id=str(case)) for case in made]


def _options(item: pytest.Item) -> dict[str, Any]:
    given: dict[str, Any] = item.config.stash[_INI_OPTIONS].copy()
    # The nearest marker comes first, and wins key by key.
    for marker in reversed(list(item.iter_markers("invokeasync"))):
        given.update(marker.kwargs)
    return given


# Last, so that a parametrization by the user's own hook stands already.
@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    item = metafunc.definition
    _check_markers(item, metafunc.fixturenames)
    _check_params(item)
    if "invokeasync_error" not in metafunc.fixturenames:
        return
    marker = item.get_closest_marker("invokeasync_errors")
    own = [one for one in item.own_markers if one.name == "invokeasync_errors"]
    if len(own) > 1:
        _refuse(item, "invokeasync_errors", "stands twice on the test: put both into one")
    which, how = (marker.args, marker.kwargs) if marker is not None else ((), {})
    default_sets = metafunc.config.stash[_ERROR_SETS]
    from .cases import cases

    with _refusing(item, "invokeasync_errors"):
        made = cases(which, how, default_sets, _options(item))
    if _is_parametrized(item, "invokeasync_error"):
        if own:
            _refuse(item, "invokeasync_errors", "the test parametrizes invokeasync_error itself")
        return
    params = [pytest.param(case, id=str(case)) for case in made]
    # Refused as a duplicate where a hook of the user's own was first: there is nothing to add.
    with contextlib.suppress(ValueError, pytest.Collector.CollectError):
        metafunc.parametrize("invokeasync_error", params, indirect=True)


def _is_parametrized(item: pytest.Item, fixture: str) -> bool:
    for marker in item.iter_markers("parametrize"):
        names = _argnames(marker)
        if fixture in names:
            indirect = _argument(marker, 2, "indirect")
            if indirect is not True and (not indirect or fixture not in indirect):
                _refuse(item, "parametrize", f"{fixture} is a fixture: it wants indirect=True")
            return True
    return False


def _check_params(item: pytest.Item) -> None:
    """``error_params`` with keywords are for the fixture: a test could not script them itself."""
    cases = sys.modules.get(_CASES)
    if cases is None:  # then nobody has called error_params
        return
    for marker in item.iter_markers("parametrize"):
        values = _argument(marker, 1, "argvalues")
        # Not an iterator, which is good for one look alone.
        listed = values if isinstance(values, list | tuple) else ()
        given = [value.values if isinstance(value, _PARAMETER_SET) else [value] for value in listed]
        if "invokeasync_error" not in _argnames(marker) and any(
            isinstance(value, cases.Case) for row in given for value in row
        ):
            _refuse(
                item,
                "parametrize",
                "error_params() with keywords is for the fixture: "
                'parametrize("invokeasync_error", error_params(...), indirect=True)',
            )


def _argnames(marker: pytest.Mark) -> Sequence[str]:
    names = _argument(marker, 0, "argnames") or ()
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


def _argument(marker: pytest.Mark, position: int, name: str) -> Any:
    return marker.args[position] if len(marker.args) > position else marker.kwargs.get(name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # Here too: methods of a unittest.TestCase pass no pytest_generate_tests.
    _check_markers(item, getattr(item, "fixturenames", ()))
    marks = getattr(getattr(item, "callspec", None), "marks", ())
    if any(mark.name == "invokeasync_errors" for mark in marks):
        _refuse(item, "invokeasync_errors", "chooses for a test, not for one of its parameters")


def _check_markers(item: pytest.Item, fixturenames: Collection[str]) -> None:
    for marker in item.iter_markers("invokeasync"):
        if marker.args:
            _refuse(item, marker.name, f"takes options as keywords, not {marker.args[0]!r}")
        with _refusing(item, marker.name):
            options.build(marker.kwargs)
    for name, fixture in _FIXTURE_OF_MARKER.items():
        # With request, getfixturevalue() may still ask: that is seen after the call.
        may_ask = fixture == "invokeasync" and "request" in fixturenames
        if fixture not in fixturenames and not may_ask and _is_marked(item, name):
            _refuse(item, name, _IDLE.format(fixture))


def _is_marked(item: pytest.Item, name: str) -> bool:
    # On a class or a module the marker may be meant for some of the tests.
    return any(marker.name == name for marker in item.own_markers)


@contextlib.contextmanager
def _refusing(item: pytest.Item, marker: str) -> Iterator[None]:
    """Tells a mistake in a marker as that, without the way it was found."""
    try:
        yield
    except (TypeError, ValueError) as error:
        _refuse(item, marker, str(error))


def _refuse(item: pytest.Item, marker: str, reason: str) -> NoReturn:
    # As pytest.fail() does, which would also show the exception that told us.
    raise pytest.fail.Exception(_mistake(item, marker, reason), pytrace=False) from None


def _mistake(item: pytest.Item, marker: str, reason: str) -> str:
    return f"{item.nodeid}: @pytest.mark.{marker}: {reason}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    report: pytest.TestReport = (yield).get_result()
    mock = item.stash.get(_MOCK, None)
    if mock is not None:
        if report.when == "call":
            item.stash[_CALL_PASSED] = report.passed
        if report.failed and report.when != "teardown":
            _add_section(report, _described(mock))
        if report.when == "call":
            report.user_properties += [(_SWEEP, sweep) for sweep in mock.describe_sweeps()]
        if report.when == "teardown":
            # Items live as long as the run; what a mock has recorded must not.
            del item.stash[_MOCK]
    elif report.when == "call" and report.passed and _is_marked(item, "invokeasync"):
        report.outcome = "failed"
        report.longrepr = _mistake(item, "invokeasync", _IDLE.format("invokeasync"))
    if report.when == "teardown" or report.failed or hasattr(report, "wasxfail"):
        _report_guarded(report, item.config)
    if report.when == "teardown" and (activation := sys.modules.get(_ACTIVATION)) is not None:
        # By now the test's monkeypatch has been undone, from above ours or from below.
        activation.settle()


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, None]:
    _report_guarded((yield).get_result(), collector.config)


def _report_guarded(
    report: pytest.TestReport | pytest.CollectReport, config: pytest.Config
) -> None:
    if not (calls := _take_guarded(config)):
        return
    text = "\n".join([_GUARDED, *calls])
    if report.passed:
        report.outcome = "failed"
        report.longrepr = text
    else:
        _add_section(report, text)


def _add_section(report: pytest.TestReport | pytest.CollectReport, text: str) -> None:
    # To the traceback, where there is one: --junitxml shows no more than that.
    traceback: Any = report.longrepr
    if hasattr(traceback, "addsection"):
        traceback.addsection("invokeasync", text)
    else:
        report.sections.append(("invokeasync", text))


def _take_guarded(config: pytest.Config) -> list[str]:
    """The calls that the guard has refused and nobody has reported, a line each."""
    guard: Guard | None = config.stash.get(_GUARD, None)
    return [f"  {call}" for call in guard.take()] if guard is not None else []


# Last, for other plugins may make calls when the session ends.
@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    calls = [*session.config.stash.get(_GUARDED_AT_END, []), *_take_guarded(session.config)]
    session.config.stash[_GUARDED_AT_END] = calls
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_GUARDED] = calls
    if calls and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended, and cannot say itself what came after its tests."""
    calls = getattr(node, "workeroutput", {}).get(_GUARDED, [])
    node.config.stash.setdefault(_GUARDED_AT_END, []).extend(calls)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What belongs to no test; and what the sweeps tried, for one that passed says nothing else."""
    if calls := terminalreporter.config.stash.get(_GUARDED_AT_END, []):
        terminalreporter.section("invokeasync guard", red=True)
        terminalreporter.line("\n".join([_GUARDED, *calls]))
    lines = [
        f"{report.nodeid}: {text}"
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for name, text in report.user_properties
        if name == _SWEEP
    ]
    if lines:
        terminalreporter.section("invokeasync sweeps")
        for line in lines:
            terminalreporter.line(line)
