"""The pytest part: options, markers, fixtures and reports. Nothing else knows pytest."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from . import options
from .cases import case_of, cases
from .errors import ErrorSpec
from .faults import Fault
from .mock import InvokeAsyncMock
from .selection import SETS
from .suggestions import unknown

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from .interception import Guard

_INI_OPTIONS = pytest.StashKey["dict[str, Any]"]()
_GUARD = pytest.StashKey["Guard"]()
_REGION_SET = pytest.StashKey[bool]()
_MOCK = pytest.StashKey[InvokeAsyncMock]()
_CALL_PASSED = pytest.StashKey[bool]()
_ERROR_SETS = pytest.StashKey["list[str]"]()
_SWEEP = "invokeasync_sweep"
_FIXTURE_OF_MARKER = {"invokeasync": "invokeasync", "invokeasync_errors": "invokeasync_error"}


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, default in options.DEFAULTS.items():
        kind: Any = "bool" if isinstance(default, bool) else "string"
        parser.addini(f"invokeasync_{name}", options.HELP[name], type=kind, default=None)
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
        f"'documented'; may be repeated. Sets: {', '.join(SETS)}",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    # This early, since a conftest.py may make a client when it is imported.
    _set_region(early_config)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "invokeasync(**options): options of the invokeasync fixture for this test"
    )
    config.addinivalue_line(
        "markers",
        "invokeasync_errors(*which, **how): the errors that invokeasync_error runs over, and "
        "keywords of add_error for each",
    )
    error_sets: list[str] = config.getoption("--invokeasync-errors")
    config.stash[_ERROR_SETS] = error_sets
    for name in error_sets:
        if name not in SETS:
            raise pytest.UsageError(f"--invokeasync-errors: {unknown('set', name, SETS)}")
    ini_options = _ini_options(config)
    config.stash[_INI_OPTIONS] = ini_options
    _set_region(config)
    if _ini(config, "invokeasync_guard"):
        from .activation import set_guard
        from .interception import Guard

        other = ini_options.get("other_lambda_calls", "refuse")
        config.stash[_GUARD] = Guard(refuse_other_calls=other == "refuse")
        set_guard(config.stash[_GUARD])


def pytest_unconfigure(config: pytest.Config) -> None:
    if _GUARD in config.stash:
        from .activation import set_guard

        set_guard(None)
    if config.stash.get(_REGION_SET, False):
        os.environ.pop("AWS_DEFAULT_REGION", None)
        config.stash[_REGION_SET] = False


def _ini(config: pytest.Config, name: str) -> Any:
    """The value of an ini option; ``None`` where it is not set."""
    try:
        value = config.getini(name)
    except ValueError as error:
        raise pytest.UsageError(f"the ini option {name}: {error}") from None
    # What an option that is not set gives differs between the releases of pytest.
    return None if value in ("", []) else value


def _ini_options(config: pytest.Config) -> dict[str, Any]:
    given = {}
    for name in options.NAMES:
        value = _ini(config, f"invokeasync_{name}")
        if value is not None:
            try:
                given[name] = options.from_ini(name, value)
            except (TypeError, ValueError) as error:
                raise pytest.UsageError(f"the ini option invokeasync_{name}: {error}") from None
    return given


def _set_region(config: pytest.Config) -> None:
    region = _ini(config, "invokeasync_region")
    if region is None or config.stash.get(_REGION_SET, False):
        return
    import botocore.session

    if botocore.session.Session().get_config_variable("region") is None:
        os.environ["AWS_DEFAULT_REGION"] = region
        config.stash[_REGION_SET] = True


@pytest.fixture
def invokeasync(request: pytest.FixtureRequest) -> Iterator[InvokeAsyncMock]:
    """Stands in for AWS Lambda's InvokeAsync: an active ``InvokeAsyncMock``.

    Options: ``@pytest.mark.invokeasync(**options)``, or ``invokeasync_<option>`` in the ini file.
    """
    mock = InvokeAsyncMock(**_options(request.node))
    mock.start()
    request.node.stash[_MOCK] = mock
    request.node.stash[_CALL_PASSED] = False
    try:
        yield mock
    finally:
        mock.stop()
    # A test that failed, was skipped or xfailed has said what there is to say.
    if request.node.stash[_CALL_PASSED] and (problems := mock.find_problems()):
        pytest.fail("\n".join([*problems, mock.describe()]), pytrace=False)


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
    case = case_of(request.param)
    case.script(invokeasync)
    return case.outcome


def error_params(*which: str | ErrorSpec | Fault, **how: Any) -> list[ParameterSet]:
    """What ``invokeasync_error`` is parametrized with, for a ``parametrize`` of your own.

    ``which``: sets (``"documented"``, ``"modeled"``, ``"common"``, ``"retryable"``,
    ``"terminal"``, ``"all"``), codes, ``ErrorSpec``s and faults; default: ``"documented"``.
    ``how``: keywords of ``add_error``; then the parameters are for ``indirect=True`` on
    ``invokeasync_error``, without they are ``ErrorSpec``s and faults. Raises ``ValueError`` or
    ``TypeError`` for what does not exist.
    """
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
    if "invokeasync_error" not in metafunc.fixturenames:
        return
    marker = item.get_closest_marker("invokeasync_errors")
    which, how = (marker.args, marker.kwargs) if marker is not None else ((), {})
    try:
        made = cases(which, how, metafunc.config.stash[_ERROR_SETS])
    except (TypeError, ValueError) as error:
        _refuse(item, "invokeasync_errors", str(error))
    if _is_parametrized(item, "invokeasync_error"):
        return
    params = [pytest.param(case, id=str(case)) for case in made]
    metafunc.parametrize("invokeasync_error", params, indirect=True)


def _is_parametrized(item: pytest.Item, fixture: str) -> bool:
    for marker in item.iter_markers("parametrize"):
        names = marker.args[0] if marker.args else marker.kwargs.get("argnames", ())
        if isinstance(names, str):
            names = [name.strip() for name in names.split(",")]
        if fixture in names:
            return True
    return False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # Here too: methods of a unittest.TestCase pass no pytest_generate_tests.
    _check_markers(item, getattr(item, "fixturenames", ()))


def _check_markers(item: pytest.Item, fixturenames: Collection[str]) -> None:
    for marker in item.iter_markers("invokeasync"):
        if marker.args:
            _refuse(item, marker.name, f"takes options as keywords, not {marker.args[0]!r}")
        try:
            options.build(marker.kwargs)
        except (TypeError, ValueError) as error:
            _refuse(item, marker.name, str(error))
    for name, fixture in _FIXTURE_OF_MARKER.items():
        # On a class or a module it may be meant for some of the tests.
        own = any(marker.name == name for marker in item.own_markers)
        if own and fixture not in fixturenames:
            _refuse(item, name, f"does nothing here: the test does not ask for {fixture}")


def _refuse(item: pytest.Item, marker: str, reason: str) -> NoReturn:
    pytest.fail(f"{item.nodeid}: @pytest.mark.{marker}: {reason}", pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    report: pytest.TestReport = (yield).get_result()
    mock = item.stash.get(_MOCK, None)
    if mock is not None:
        if report.when == "call":
            item.stash[_CALL_PASSED] = report.passed
        if report.failed and report.when != "teardown":
            text = "\n".join([*mock.find_problems(), mock.describe()])
            report.sections.append(("invokeasync", text))
        if report.when == "call":
            report.user_properties += [(_SWEEP, sweep) for sweep in mock.describe_sweeps()]
    guard = item.config.stash.get(_GUARD, None)
    if guard is not None and report.when == "teardown" and guard.unmocked_calls:
        _report_guarded(report, guard)


def _report_guarded(report: pytest.TestReport, guard: Guard) -> None:
    text = "\n".join(
        ["calls to AWS Lambda outside of any mock, refused by the ini option invokeasync_guard:"]
        + [f"  {call}" for call in guard.unmocked_calls]
    )
    guard.unmocked_calls.clear()
    if report.passed:
        report.outcome = "failed"
        report.longrepr = text
    else:
        report.sections.append(("invokeasync", text))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the sweeps tried: a sweep that passed says nothing else."""
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
