"""The fixture that runs a test once per error."""

from __future__ import annotations

import re

import pytest

from pytest_invokeasync import error_params, errors, faults
from pytest_invokeasync.scripting.selection import SETS
from pytest_invokeasync.sdk import model as sdk_model

APP = """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client("lambda")

    def queue(times=1):
        fallback = []
        for number in range(times):
            try:
                client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
            except (ClientError, BotoCoreError):
                fallback.append(number)
        return fallback
"""
DOCUMENTED = [
    "InvalidRequestContentException",
    "InvalidRuntimeException",
    "ResourceConflictException",
    "ResourceNotFoundException",
    "ServiceException",
]


@pytest.fixture
def run(pytester):
    """Runs a test module beside ``app``; extra arguments are pytest's."""
    pytester.makepyfile(app=APP)

    def run(module, *args):
        pytester.makepyfile(
            test_it="import pytest, app\n"
            "from pytest_invokeasync import ErrorSpec, error_params, errors, faults\n" + module
        )
        return pytester.runpytest("-p", "no:randomly", "-v", *args)

    return run


def ids(result, test="test_it"):
    """What stands in the brackets of each test that passed."""
    lines = [line for line in result.outlines if f"::{test}[" in line and "PASSED" in line]
    return [line.partition("[")[2].partition("]")[0] for line in lines]


def test_an_iterator_in_a_marker_serves_each_test_of_the_class(run):
    result = run("""
@pytest.mark.invokeasync_errors("ServiceException", at=iter((1, 2)))
class TestIt:
    def test_it(self, invokeasync_error):
        assert len(app.queue(times=2)) == 1

    def test_it_too(self, invokeasync_error):
        assert len(app.queue(times=2)) == 1
""")

    result.assert_outcomes(passed=4)
    assert (
        ids(result)
        == ids(result, "test_it_too")
        == [
            "ServiceException-at1",
            "ServiceException-at2",
        ]
    )


def test_a_test_runs_once_per_documented_error(run):
    result = run("""
def test_it(invokeasync, invokeasync_error):
    assert app.queue() == [0]
    assert invokeasync.get_invocation().error == invokeasync_error.code
""")

    result.assert_outcomes(passed=5)
    assert ids(result) == DOCUMENTED


def test_an_error_is_selected_by_its_code(run):
    result = run("def test_it(invokeasync_error): app.queue()", "-k", "ServiceException")

    result.assert_outcomes(passed=1, deselected=4)


def test_the_marker_chooses_sets_codes_specs_and_faults(run):
    result = run("""
@pytest.mark.invokeasync_errors(
    "ServiceException", errors.EFSIOException, ErrorSpec("Own", 418), faults.LostAnswer
)
def test_it(invokeasync, invokeasync_error):
    assert (app.queue() == []) == (invokeasync_error is faults.LostAnswer)
""")

    assert ids(result) == ["ServiceException", "EFSIOException", "Own", "LostAnswer"]


@pytest.mark.parametrize("name", SETS)
def test_the_marker_takes_each_set(run, name):
    result = run(
        f"""
@pytest.mark.invokeasync_errors("{name}")
def test_it(invokeasync_error):
    app.queue()
""",
        "--collect-only",
        "-qq",
    )

    collected = re.findall(r"::test_it\[(.*)\]", result.stdout.str())
    assert collected == [spec.code for spec in SETS[name]()]


def test_the_errors_of_invoke_fail_a_call_of_invoke(run):
    result = run("""
@pytest.mark.invokeasync_errors("invoke", api="Invoke")
def test_it(invokeasync, invokeasync_error):
    assert app.queue() == []
    with pytest.raises(getattr(app.client.exceptions, invokeasync_error.code)):
        app.client.invoke(FunctionName="orders", InvocationType="Event", Payload=b"1")
    assert [one.error for one in invokeasync.invocations] == [None, invokeasync_error.code]
""")

    assert ids(result) == [spec.code for spec in errors.invoke()]
    assert "TooManyRequestsException" in ids(result)


def test_keywords_of_the_marker_say_how_the_error_is_scripted(run):
    result = run("""
@pytest.mark.invokeasync_errors("ServiceException", function="orders", attempts=1, message="Once.")
def test_it(invokeasync, invokeasync_error):
    assert app.queue() == []
    assert [attempt.status for attempt in invokeasync.get_invocation().attempts] == [500, 202]
""")

    assert ids(result) == ["ServiceException"]


def test_several_positions_multiply(run):
    result = run("""
@pytest.mark.invokeasync_errors("ServiceException", faults.ReadTimeout, at=range(1, 4))
def test_it(invokeasync_error):
    assert len(app.queue(3)) == 1
""")

    assert ids(result) == [
        "ServiceException-at1",
        "ServiceException-at2",
        "ServiceException-at3",
        "ReadTimeout-at1",
        "ReadTimeout-at2",
        "ReadTimeout-at3",
    ]


def test_a_position_that_is_never_reached_says_how_many_invocations_there_were(run):
    result = run("""
@pytest.mark.invokeasync_errors("ServiceException", at=3)
def test_it(invokeasync_error):
    app.queue(2)
""")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "the test did not get its error: invokeasync_error ServiceException-at3 was to answer "
            "invocation 3; 2 invocations matched, so position 3 was never reached",
        ]
    )


@pytest.mark.parametrize(
    "marker", ["", "@pytest.mark.invokeasync(assert_all_used=False)"], ids=["strict", "relaxed"]
)
def test_a_test_that_never_meets_its_error_does_not_pass(run, marker):
    result = run(
        f"""
{marker}
def test_it(invokeasync_error):
    pass
""",
        "-k",
        "ServiceException",
    )

    result.assert_outcomes(passed=1, errors=1, deselected=4)
    result.stdout.fnmatch_lines(
        [
            "the test did not get its error: invokeasync_error ServiceException was to answer at "
            "least 1 invocation, and answered none",
            "  (a test that uses invokeasync_error must get the error, or it proves nothing; if "
            "that is intended for some: @pytest.mark.invokeasync_errors(..., optional=True))",
        ]
    )


def test_unless_the_marker_says_that_it_may(run):
    result = run("""
@pytest.mark.invokeasync_errors("ServiceException", optional=True)
def test_it(invokeasync_error):
    pass
""")

    result.assert_outcomes(passed=1)


def test_it_multiplies_with_the_tests_own_parametrize(run):
    result = run("""
@pytest.mark.parametrize("times", [1, 2])
def test_it(invokeasync_error, times):
    assert len(app.queue(times)) == times
""")

    result.assert_outcomes(passed=10)


def test_the_nearest_marker_counts_and_others_of_the_module_do_not_matter(run):
    result = run("""
pytestmark = pytest.mark.invokeasync_errors("terminal")

def test_calls_nothing():
    pass

@pytest.mark.invokeasync_errors("InvalidRuntimeException")
class TestGroup:
    def test_it(self, invokeasync_error):
        app.queue()

    @pytest.mark.invokeasync_errors("ServiceException")
    def test_nearer(self, invokeasync_error):
        app.queue()
""")

    result.assert_outcomes(passed=3)
    assert ids(result) == ["InvalidRuntimeException"]
    assert ids(result, "test_nearer") == ["ServiceException"]


def test_the_command_line_widens_the_default_set_of_a_run(run):
    module = """
def test_it(invokeasync_error):
    app.queue()

@pytest.mark.invokeasync_errors("ServiceException")
def test_chosen(invokeasync_error):
    app.queue()
"""

    result = run(module, "--invokeasync-errors=common", "--invokeasync-errors=documented")

    expected = [spec.code for spec in (*errors.common(), *errors.documented())]
    assert ids(result) == expected
    assert ids(result, "test_chosen") == ["ServiceException"]


def test_the_command_line_takes_codes_too(run):
    result = run(
        "def test_it(invokeasync_error):\n    app.queue()\n",
        "--invokeasync-errors=TooManyRequestsException,documented",
    )

    codes = [spec.code for spec in errors.documented()]
    assert ids(result) == ["TooManyRequestsException", *codes]


def test_an_unknown_set_on_the_command_line_is_a_usage_error(run):
    result = run("def test_it(): pass", "--invokeasync-errors=documentd")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: --invokeasync-errors: unknown set, error code or fault 'documentd'; "
            "did you mean 'documented'? *"
        ]
    )


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ('"ServiceExeption"', "unknown set, error code or fault 'ServiceExeption'; did you mean*"),
        ("42", "an outcome is a set, a code, an ErrorSpec or a fault, not 42"),
        ('fucntion="orders"', "add_error(): unknown keyword 'fucntion'; did you mean *"),
        ("at=0", "at= counts matching invocations from 1, and cannot be 0"),
        ("at=[]", "at=[] names no invocation"),
        ("attempts=-1", "attempts= is 1 or more, or None for all, not -1"),
        ("times=0", "times= is 1 or more, or None for all, not 0"),
        ('function="no name"', "add_error(): no function can be named 'no name'*"),
    ],
)
def test_a_mistake_in_the_marker_fails_collection(run, marker, message):
    result = run(f"""
@pytest.mark.invokeasync_errors({marker})
def test_it(invokeasync_error):
    app.queue()
""")

    result.assert_outcomes(errors=1)
    literal = message.replace("[", "[[]")
    result.stdout.fnmatch_lines(
        [f"test_it.py::test_it: @pytest.mark.invokeasync_errors: {literal}"]
    )


def test_the_marker_on_a_test_that_does_not_ask_for_the_fixture_fails_collection(run):
    result = run("""
@pytest.mark.invokeasync_errors("ServiceException")
def test_it(invokeasync):
    app.queue()
""")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "test_it.py::test_it: @pytest.mark.invokeasync_errors: has no effect: the test "
            "does not use invokeasync_error"
        ]
    )


def test_error_params_are_for_the_users_own_parametrize(run):
    result = run("""
@pytest.mark.parametrize("error", error_params("documented", faults.LostAnswer))
def test_it(invokeasync, error):
    if error is not faults.LostAnswer:
        invokeasync.add_error(error)
        assert app.queue() == [0]
""")

    assert ids(result) == [*DOCUMENTED, "LostAnswer"]


@pytest.mark.parametrize(
    "params",
    [
        'error_params("ServiceException", at=2)',
        'error_params("ServiceException", function="orders", at=2)',
    ],
)
def test_error_params_go_indirectly_over_the_plugins_own_fixture(run, params):
    result = run(f"""
@pytest.mark.parametrize("invokeasync_error", {params}, indirect=True)
def test_it(invokeasync, invokeasync_error):
    assert app.queue(2) == [1]
""")

    assert ids(result) == ["ServiceException-at2"]


def test_so_do_codes_and_errors(run):
    result = run("""
@pytest.mark.parametrize(
    "number, invokeasync_error",
    [(1, "ServiceException"), (2, errors.InvalidRuntimeException), (3, faults.ReadTimeout)],
    indirect=["invokeasync_error"],
)
def test_it(number, invokeasync_error):
    assert len(app.queue(number)) == number
""")

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    "how",
    [
        '["invokeasync_error"], [["ServiceException"]], indirect=["invokeasync_error"]',
        'argnames="invokeasync_error", argvalues=["ServiceException"], indirect=True',
    ],
)
def test_however_it_is_parametrized(run, how):
    result = run(f"""
@pytest.mark.parametrize({how})
def test_it(invokeasync_error):
    assert app.queue(1) == [0]
""")

    assert ids(result) == ["ServiceException"]


def test_it_may_be_asked_for_by_usefixtures(run):
    result = run("""
@pytest.mark.usefixtures("invokeasync_error")
def test_it():
    assert app.queue(1) == [0]
""")

    assert ids(result) == DOCUMENTED


def test_a_set_is_no_single_error(run):
    result = run("""
@pytest.mark.parametrize("invokeasync_error", ["documented"], indirect=True)
def test_it(invokeasync_error):
    pass
""")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*'documented' is a set of 5 errors: give one error or fault"])


@pytest.mark.parametrize(
    "test",
    [
        "def test_it(request): request.getfixturevalue('invokeasync_error')",
        "import unittest\n@pytest.mark.usefixtures('invokeasync_error')\n"
        "class TestIt(unittest.TestCase):\n    def test_it(self): pass",
    ],
    ids=["getfixturevalue", "TestCase"],
)
def test_where_pytest_cannot_parametrize_the_error_names_error_params(run, test):
    result = run(test)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*invokeasync_error is a parametrized fixture, and pytest cannot parametrize *",
        ]
    )
    result.stdout.fnmatch_lines(['*error_params("documented")*'])


@pytest.mark.once
def test_it_works_under_xdist(run):
    test = "def test_it(invokeasync_error): assert app.queue() == [0]"

    result = run(test, "-p", "xdist", "-n", "2")

    result.assert_outcomes(passed=5)


def test_the_users_own_hook_may_parametrize_it(run, pytester):
    pytester.makeconftest("""
def pytest_generate_tests(metafunc):
    if "invokeasync_error" in metafunc.fixturenames:
        metafunc.parametrize("invokeasync_error", ["ServiceException"], indirect=True)
""")

    result = run("def test_it(invokeasync_error): assert app.queue() == [0]")

    assert ids(result) == ["ServiceException"]


def test_faults_are_found_by_name_too(run):
    result = run("""
@pytest.mark.invokeasync_errors("ReadTimeout")
def test_it(invokeasync_error):
    assert invokeasync_error is faults.ReadTimeout
    assert app.queue() == [0]
""")

    assert ids(result) == [faults.ReadTimeout.name]


def test_two_errors_with_one_code_are_two_tests(run):
    result = run("""
@pytest.mark.invokeasync_errors("ServiceException", ErrorSpec("ServiceException", 503))
def test_it(invokeasync, invokeasync_error):
    app.queue()
    assert invokeasync.get_invocation().status == invokeasync_error.status
""")

    result.assert_outcomes(passed=2)


def test_an_error_is_not_forgotten_by_a_reset_nor_by_a_second(run):
    result = run("""
@pytest.mark.invokeasync_errors("ServiceException")
def test_it(invokeasync, invokeasync_error):
    invokeasync.reset()
    invokeasync.reset()
    assert app.queue() == []
""")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["the test did not get its error: *ServiceException*"])


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            '"invokeasync_error", error_params("documented")',
            "invokeasync_error is a fixture: it needs indirect=True",
        ),
        (
            '"invokeasync_error, number", [("ServiceException", 1)], indirect=["number"]',
            "invokeasync_error is a fixture: it needs indirect=True",
        ),
        (
            'argnames="error", argvalues=error_params("documented", at=1)',
            'error_params() with keywords is for the fixture: parametrize("invokeasync_error", '
            "error_params(...), indirect=True)",
        ),
        (
            '"error", error_params("documented", at=1)',
            'error_params() with keywords is for the fixture: parametrize("invokeasync_error", '
            "error_params(...), indirect=True)",
        ),
    ],
)
def test_a_parametrization_that_would_script_nothing_fails_collection(run, marker, message):
    result = run(f"""
@pytest.fixture
def number(): pass
@pytest.mark.parametrize({marker})
def test_it(invokeasync, {marker.split('"')[1]}):
    app.queue()
""")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"test_it.py::test_it: @pytest.mark.parametrize: {message}"])


def test_the_marker_is_held_against_the_options_of_the_test(run):
    arn = "arn:aws-iso:lambda:us-iso-east-1:123456789012:function:orders"
    is_known = re.fullmatch(
        sdk_model.function_name_rule("InvokeAsync")[0], arn
    )  # not in the oldest SDKs

    result = run(f"""
@pytest.mark.invokeasync(contract="botocore")
@pytest.mark.invokeasync_errors("ServiceException", function="{arn}")
def test_it(invokeasync, invokeasync_error):
    client = app.boto3.client("lambda", region_name="us-iso-east-1")
    with pytest.raises(client.exceptions.ServiceException):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
""")

    result.assert_outcomes(**({"passed": 1} if is_known else {"errors": 1}))


def test_several_sets_on_the_command_line(run):
    result = run("def test_it(invokeasync_error): app.queue()", "--invokeasync-errors=common, all")

    assert ids(result)[: len(errors.common())] == [spec.code for spec in errors.common()]


@pytest.mark.parametrize(
    ("markers", "message"),
    [
        (
            '@pytest.mark.invokeasync_errors("documented")\n'
            '@pytest.mark.invokeasync_errors("common")',
            "is twice on the test: put both into one",
        ),
        (
            '@pytest.mark.invokeasync_errors("documented")\n'
            '@pytest.mark.parametrize("invokeasync_error", ["ServiceException"], indirect=True)',
            "the test parametrizes invokeasync_error itself",
        ),
        (
            '@pytest.mark.parametrize("number", [pytest.param(1, '
            'marks=pytest.mark.invokeasync_errors("ServiceException"))])',
            "is for a whole test, not for one of its parameters",
        ),
    ],
)
def test_no_marker_is_dropped_in_silence(run, markers, message):
    result = run(f"""
@pytest.fixture
def number(): pass
{markers}
def test_it(invokeasync_error, number):
    app.queue()
""")

    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines([f"*: @pytest.mark.invokeasync_errors: {message}"])


def test_the_marker_added_when_the_test_has_been_collected_is_refused(run, pytester):
    pytester.makeconftest(
        """
        import pytest
        def pytest_collection_modifyitems(items):
            items[0].add_marker(pytest.mark.invokeasync_errors("retryable"))
        """
    )

    result = run(
        "@pytest.mark.invokeasync_errors('ServiceException')\ndef test_it(invokeasync_error): pass"
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*: @pytest.mark.invokeasync_errors: comes too late: when tests are collected, *"]
    )


@pytest.mark.parametrize("level", ["test", "class", "module"])
def test_the_name_of_the_fixture_is_no_marker(run, level):
    marker = '@pytest.mark.invokeasync_error("ServiceException")'
    on = {name: marker if name == level else "" for name in ("test", "class")}
    on["module"] = f"pytestmark = {marker[1:]}" if level == "module" else ""

    result = run(
        f"""
{on["module"]}
{on["class"]}
class TestIt:
    {on["test"]}
    def test_one(self, invokeasync): pass
""",
        "-W",
        "ignore::pytest.PytestUnknownMarkWarning",
    )

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "test_it.py::TestIt::test_one: @pytest.mark.invokeasync_error: is the name of the "
            "fixture; the marker is @pytest.mark.invokeasync_errors"
        ]
    )


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="since pytest 9")
def test_strict_ids_are_refused_in_the_words_of_pytest(run):
    result = run(
        """
@pytest.mark.invokeasync_errors("ServiceException", ErrorSpec("ServiceException", 503))
def test_it(invokeasync_error): pass
""",
        "-o",
        "strict_parametrization_ids=true",
    )

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*Duplicate parametrization IDs detected*", "Duplicates: *"])


def test_a_set_that_is_empty_is_told(monkeypatch):
    monkeypatch.setitem(SETS, "documented", tuple)

    message = "no error was chosen: with the installed botocore, the set is empty"
    with pytest.raises(ValueError, match=f"^{message}$"):
        error_params("documented")
