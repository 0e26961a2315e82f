"""Each option, set in each place where it may be set, and which place wins."""

from __future__ import annotations

import ast
import functools
import socket
import time
import typing
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall, options, settings

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 2})
client = boto3.client("lambda", config=CONFIG)
signed = boto3.client("lambda", aws_access_key_id="AKID", aws_secret_access_key="secret")
ALLOWED = (
    "assert_all_used, unknown_functions, contract, account, payload_limit, backoff, credentials, "
    "invoke_event, deprecated_calls, other_lambda_calls, schema_violations, function_failures, "
    "signatures"
)


@pytest.fixture
def run_pytest(pytester, monkeypatch):
    """Runs pytest in this process, with this plugin and no other."""
    return functools.partial(pytester.runpytest_inprocess, "-p", "invokeasync")


def invoke(function="orders", args=b"{}"):
    client.invoke_async(FunctionName=function, InvokeArgs=args)


# What a test sees of each option when it has another value than its default.


def may_leave_a_rule_unanswered(mock):
    mock.add_error("ServiceException")


def knows_no_function(_):
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        invoke()


def takes_what_the_sdk_takes(_):
    shape = client.meta.service_model.operation_model("InvokeAsync").input_shape
    longest = shape.members["FunctionName"].metadata["max"]
    invoke("function:".ljust(longest, "n"))


def has_another_account(mock):
    invoke()
    assert mock.get_invocation().account == "210987654321"


def takes_smaller_payloads(_):
    invoke(args=b"12")
    with pytest.raises(ClientError, match="RequestEntityTooLargeException"):
        invoke(args=b"123")


def waits_before_a_retry(mock):
    slept = []
    mock.add_error("ServiceException", attempts=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", slept.append)
        invoke()
    assert len(slept) == 1


def signs_with_what_the_client_has(_):
    with pytest.raises(NoCredentialsError):
        invoke()


def lets_other_calls_out(_):
    def leave(host, *_, **__):
        raise Left(host)

    class Left(Exception):
        pass

    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    other = boto3.client(
        "lambda", config=once, aws_access_key_id="AKID", aws_secret_access_key="secret"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        patch.setattr(socket, "getaddrinfo", leave)
        with pytest.raises(Exception, match=r"^(?!.*UnmockedLambdaCall).*lambda\.us-east-1"):
            other.list_functions()


def leaves_events_by_invoke_to_others(mock):
    with pytest.raises(UnmockedLambdaCall):
        signed.invoke(FunctionName="orders", InvocationType="Event")
    mock.unmocked_calls.clear()


def refuses_invoke_async(mock):
    with pytest.raises(UnmockedLambdaCall):
        invoke()
    mock.unmocked_calls.clear()


def only_answers_a_violated_schema(mock):
    mock.register_function("orders", schema={"type": "object"})
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        invoke(args=b"[]")


def only_records_a_failing_function(mock):
    mock.register_function("orders", handler=lambda event, context: 1 / 0)
    invoke()
    assert [event.outcome for event in mock.run_until_idle()] == ["RetriesExhausted"]


def refuses_a_wrong_signature(mock):
    # The fake key's would be right.
    url = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"
    answer = requests.post(url, data=b"{}", timeout=10)
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert "signature refused" in mock.find_problems()[0]
    mock._service.findings.refused_signatures.clear()


OPTIONS = [
    pytest.param("assert_all_used", False, may_leave_a_rule_unanswered, id="assert_all_used"),
    pytest.param("unknown_functions", "reject", knows_no_function, id="unknown_functions"),
    pytest.param("contract", "botocore", takes_what_the_sdk_takes, id="contract"),
    pytest.param("account", "210987654321", has_another_account, id="account"),
    pytest.param("payload_limit", 2, takes_smaller_payloads, id="payload_limit"),
    pytest.param("backoff", "real", waits_before_a_retry, id="backoff"),
    pytest.param("credentials", "keep", signs_with_what_the_client_has, id="credentials"),
    pytest.param("invoke_event", "leave", leaves_events_by_invoke_to_others, id="invoke_event"),
    pytest.param("deprecated_calls", "refuse", refuses_invoke_async, id="deprecated_calls"),
    pytest.param("other_lambda_calls", "pass", lets_other_calls_out, id="other_lambda_calls"),
    pytest.param(
        "schema_violations", "respond", only_answers_a_violated_schema, id="schema_violations"
    ),
    pytest.param(
        "function_failures", "record", only_records_a_failing_function, id="function_failures"
    ),
    pytest.param("signatures", "verify", refuses_a_wrong_signature, id="signatures"),
]
MARKED = [
    pytest.param(behaves, id=name, marks=pytest.mark.invokeasync(**{name: value}))
    for name, value, behaves in (option.values for option in OPTIONS)
]


def test_a_limit_of_no_byte_lets_an_empty_payload_pass_on_to_its_own_refusal():
    with InvokeAsyncMock(payload_limit=0):
        with pytest.raises(ClientError, match="RequestEntityTooLargeException"):
            invoke(args=b"1")
        with pytest.raises(ClientError, match="InvalidRequestContentException"):
            invoke(args=b"")


# Old SDKs take the same names as the API page, so that "contract" cannot be told there.
@pytest.mark.parametrize(
    ("name", "value", "behaves"), [option for option in OPTIONS if option.id != "contract"]
)
def test_the_default_is_another(name, value, behaves):
    with pytest.raises(BaseException), InvokeAsyncMock() as mock:  # noqa: B017, PT011 - whichever
        behaves(mock)


@pytest.mark.parametrize(("name", "value", "behaves"), OPTIONS)
def test_a_mock_takes_it_as_a_keyword(name, value, behaves):
    with InvokeAsyncMock(**{name: value}) as mock:
        behaves(mock)


@pytest.mark.parametrize("behaves", MARKED)
def test_the_fixture_takes_it_from_the_marker(invokeasync, behaves):
    behaves(invokeasync)


@pytest.mark.parametrize(("name", "value", "behaves"), OPTIONS)
def test_the_fixture_takes_it_from_the_ini_file(pytester, run_pytest, name, value, behaves):
    pytester.makeini(f"[pytest]\ninvokeasync_{name} = {value}")
    pytester.makepyfile(
        f"""
        from {__name__} import {behaves.__name__}

        def test_it(invokeasync):
            {behaves.__name__}(invokeasync)
        """
    )

    result = run_pytest()

    result.assert_outcomes(passed=1)


HELP = [
    "--invokeasync-errors=WHICH run invokeasync_error over these errors by default, rather than "
    "over 'documented': a set, or a code; several with commas. Sets: documented, modeled, invoke, "
    "common, retryable, terminal, all",
    "invokeasync_assert_all_used (bool): unanswered rules are an error at teardown (default: true)",
    "invokeasync_contract (string): pattern and length of a FunctionName: the API page's, or the "
    "installed SDK's (default: documented)",
    "invokeasync_payload_limit (string): bytes that a payload may have, by either API (default: "
    "each API's own limit)",
    "invokeasync_region (string): AWS_DEFAULT_REGION for the run, if no region is configured",
    "invokeasync_guard (bool): refuse calls to AWS Lambda outside of any active mock, for the "
    "whole run",
]


def test_pytest_help_lists_them(run_pytest):
    shown = " ".join(" ".join(run_pytest("--help").outlines).split())

    assert [text for text in HELP if text not in shown] == []
    assert "invokeasync: --invokeasync-errors" in shown


@pytest.mark.parametrize("name", ALLOWED.split(", "))
def test_the_help_tells_the_default(name):
    default = options.ROWS[name].default
    told = str(default).lower() if isinstance(default, bool) else default or "each API's own limit"

    assert options.ROWS[name].help.endswith(f"(default: {told})")


def types_of(name):
    """What stands to the right of each name's colon in a class of options.py."""
    tree = ast.parse(Path(options.__file__).read_text("utf-8"))
    [found] = [
        node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name
    ]
    return {
        line.target.id: ast.unparse(line.annotation)
        for line in found.body
        if isinstance(line, ast.AnnAssign)
    }


def test_type_checkers_know_the_same_options_with_the_same_types():
    assert types_of("Options") == types_of("OptionKeywords")


def test_their_types_are_those_of_the_rows():
    hints = typing.get_type_hints(options.Options)

    assert list(hints) == list(settings.OPTIONS)
    for name, (_, default, *others) in settings.OPTIONS.items():
        if typing.get_origin(hints[name]) is typing.Literal:
            assert set(typing.get_args(hints[name])) == {default, *others}, name
        else:
            assert isinstance(default, hints[name]), name


# Which place wins.


def test_the_nearest_place_wins_option_by_option(pytester, run_pytest):
    pytester.makeini(
        """
        [pytest]
        invokeasync_account = 000000000001
        invokeasync_payload_limit = 1
        invokeasync_unknown_functions = reject
        """
    )
    pytester.makepyfile(
        """
        import boto3, pytest

        pytestmark = pytest.mark.invokeasync(account="000000000002", payload_limit=2)
        parameter = pytest.mark.invokeasync(account="000000000005")
        client = boto3.client("lambda")

        def options_of(mock):
            for name, args in [("unknown", b"1"), ("orders", b"12"), ("orders", b"123")]:
                if name != "unknown":
                    mock.register_function(name)
                try:
                    client.invoke_async(FunctionName=name, InvokeArgs=args)
                except client.exceptions.ClientError:
                    pass
            account = mock.invocations[0].account
            return account, [call.error for call in mock.invocations]

        UNKNOWN = "ResourceNotFoundException"
        TOO_LARGE = "RequestEntityTooLargeException"

        def test_module(invokeasync):
            assert options_of(invokeasync) == ("000000000002", [UNKNOWN, None, TOO_LARGE])

        @pytest.mark.invokeasync(account="000000000003", payload_limit=3)
        class TestClass:
            def test_class(self, invokeasync):
                assert options_of(invokeasync) == ("000000000003", [UNKNOWN, None, None])

            @pytest.mark.invokeasync(account="000000000004", unknown_functions="accept")
            def test_function(self, invokeasync):
                assert options_of(invokeasync) == ("000000000004", [None, None, None])

            @pytest.mark.parametrize("number", [pytest.param(1, marks=parameter)])
            def test_parameter(self, invokeasync, number):
                assert options_of(invokeasync) == ("000000000005", [UNKNOWN, None, None])
        """
    )

    result = run_pytest()

    result.assert_outcomes(passed=4)


@pytest.mark.invokeasync(account="000000000003")
def test_a_mock_of_ones_own_takes_nothing_from_the_marker(invokeasync):
    with InvokeAsyncMock() as own:
        invoke()

    assert own.get_invocation().account == "123456789012"
    assert invokeasync.invocations == []


def test_the_command_line_overrides_the_ini_file(pytester, run_pytest):
    pytester.makeini("[pytest]\ninvokeasync_account = 000000000001")
    pytester.makepyfile(
        """
        import boto3

        def test_it(invokeasync):
            boto3.client("lambda").invoke_async(FunctionName="orders", InvokeArgs=b"1")
            assert invokeasync.events[0].account == "000000000002"
        """
    )

    result = run_pytest("-o", "invokeasync_account=000000000002")

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("written", ["no", "0"])
def test_the_ini_file_says_yes_and_no_as_pytest_does(pytester, run_pytest, written):
    pytester.makeini(f"[pytest]\ninvokeasync_assert_all_used = {written}")
    pytester.makepyfile("def test_it(invokeasync): invokeasync.add_error('ServiceException')")

    result = run_pytest()

    result.assert_outcomes(passed=1)


# Mistakes.

MISTAKES = [
    pytest.param(
        {"acount": "123456789012"},
        f"unknown option 'acount'; did you mean 'account'? Allowed: {ALLOWED}.",
        id="no such option",
    ),
    pytest.param({"zzz": 1}, f"unknown option 'zzz'. Allowed: {ALLOWED}.", id="nothing near"),
    pytest.param(
        {"contract": "botocor"},
        "unknown value of the option contract: 'botocor'; did you mean 'botocore'? "
        "Allowed: documented, botocore.",
        id="no such choice",
    ),
    pytest.param(
        {"backoff": None},
        "unknown value of the option backoff: None. Allowed: skip, real.",
        id="None",
    ),
    pytest.param(
        {"account": 123456789012},
        "the option account is a str of 12 digits, not 123456789012",
        id="account as a number",
    ),
    pytest.param(
        {"account": "12345678901٢"},
        "the option account is a str of 12 digits, not '12345678901٢'",
        id="account in other digits",
    ),
    pytest.param(
        {"payload_limit": -1},
        "the option payload_limit is a number of bytes, not -1",
        id="negative limit",
    ),
    pytest.param(
        {"payload_limit": True},
        "the option payload_limit is a number of bytes, not True",
        id="limit of True",
    ),
    pytest.param(
        {"assert_all_used": "no"},
        "the option assert_all_used is True or False, not 'no'",
        id="text for a bool",
    ),
]


@pytest.mark.parametrize(("given", "message"), MISTAKES)
def test_a_wrong_keyword_is_refused(given, message):
    with pytest.raises((TypeError, ValueError)) as refusal:
        InvokeAsyncMock(**given)

    assert str(refusal.value) == message


def test_a_wrong_keyword_is_told_at_the_users_line(pytester, run_pytest):
    pytester.makepyfile(
        """
        from pytest_invokeasync import InvokeAsyncMock

        def test_it():
            InvokeAsyncMock(acount="123456789012")
        """
    )

    [report] = run_pytest().reprec.getfailures()

    assert report.longreprtext.splitlines() == [
        "def test_it():",
        '>       InvokeAsyncMock(acount="123456789012")',
        f"E       TypeError: unknown option 'acount'; did you mean 'account'? Allowed: {ALLOWED}.",
        "",
        "test_a_wrong_keyword_is_told_at_the_users_line.py:4: TypeError",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "account = 12345",
            "the ini option invokeasync_account: "
            "the option account is a str of 12 digits, not '12345'",
        ),
        (
            "payload_limit = 1 MB",
            "the ini option invokeasync_payload_limit: "
            "the option payload_limit is a number of bytes, not '1 MB'",
        ),
        (
            "contract = botocor",
            "the ini option invokeasync_contract: unknown value of the option contract: "
            "'botocor'; did you mean 'botocore'? Allowed: documented, botocore.",
        ),
        (
            "assert_all_used = maybe",
            "the ini option invokeasync_assert_all_used: invalid truth value 'maybe'",
        ),
        ("guard = maybe", "the ini option invokeasync_guard: invalid truth value 'maybe'"),
    ],
)
def test_a_wrong_value_in_the_ini_file_is_a_usage_error(pytester, run_pytest, line, message):
    pytester.makeini(f"[pytest]\ninvokeasync_{line}")
    pytester.makepyfile("def test_it(): pass")

    result = run_pytest()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().strip() == f"ERROR: {message}"
    result.stdout.no_fnmatch_line("*passed*")


@pytest.mark.parametrize(
    ("misspelt", "nearest"),
    [
        ("acount", "; did you mean 'account'?"),
        ("gard", "; did you mean 'guard'?"),
        ("zzz", "."),
    ],
)
def test_a_misspelt_name_in_the_ini_file_ends_the_run(pytester, run_pytest, misspelt, nearest):
    pytester.makeini(f"[pytest]\ninvokeasync_{misspelt} = 1")
    pytester.makepyfile("def test_it(): pass")

    result = run_pytest()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    message = (
        f"unknown name '{misspelt}'{nearest} Allowed: {ALLOWED}, region, "
        "environment_credentials, schemas, server_host, server_port, guard."
    )
    assert result.stderr.str().strip() == f"ERROR: the ini option invokeasync_{misspelt}: {message}"


def test_another_plugin_may_have_an_ini_option_that_begins_alike(pytester, run_pytest):
    pytester.makeini("[pytest]\ninvokeasync_extra = 1")
    pytester.makeconftest("def pytest_addoption(parser): parser.addini('invokeasync_extra', '')")
    pytester.makepyfile("def test_it(): pass")

    run_pytest().assert_outcomes(passed=1)


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="since pytest 9")
@pytest.mark.parametrize(
    ("table", "value"),
    [("tool.pytest", "2"), ("tool.pytest", '"2"'), ("tool.pytest.ini_options", "2")],
)
def test_a_number_in_a_toml_file_may_be_one_or_text(pytester, run_pytest, table, value):
    pytester.makepyprojecttoml(
        f"[{table}]\ninvokeasync_payload_limit = {value}\ninvokeasync_guard = true\n"
    )
    pytester.makepyfile(
        f"""
        from {__name__} import takes_smaller_payloads

        def test_it(invokeasync):
            takes_smaller_payloads(invokeasync)
        """
    )

    run_pytest().assert_outcomes(passed=1)


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="since pytest 9")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("payload_limit = -1", "the option payload_limit is a number of bytes, not -1"),
        ("account = 123456789012", "the option account is a str of 12 digits, not 123456789012"),
        ("payload_limit = [1]", "*expects a string, got list*"),
        ("payload_limit = true", "*expects a string, got bool*"),
    ],
)
def test_a_wrong_value_in_pytest_s_table_of_toml_is_a_usage_error(
    pytester, run_pytest, line, message
):
    pytester.makepyprojecttoml(f"[tool.pytest]\ninvokeasync_{line}\n")

    result = run_pytest()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    name = line.partition(" ")[0]
    result.stderr.fnmatch_lines([f"ERROR: the ini option invokeasync_{name}: {message}"])


def test_an_option_left_empty_in_the_ini_file_is_not_set(pytester, run_pytest):
    pytester.makeini("[pytest]\ninvokeasync_account =\ninvokeasync_region =")
    pytester.makepyfile("def test_it(invokeasync): pass")

    result = run_pytest()

    result.assert_outcomes(passed=1)


# invokeasync_schemas.


@pytest.fixture
def run_with_schemas(pytester, run_pytest):
    """Runs a test beside ``contracts/orders.json``, a str; the directory and others are given."""

    def run(source, directory="contracts", name="orders.json", schema='{"type": "string"}'):
        pytester.makeini(f"[pytest]\ninvokeasync_schemas = {directory}")
        contracts = pytester.mkdir("contracts")
        contracts.joinpath(name).write_text(schema)
        contracts.joinpath("README.md").write_text("no schema")
        below = pytester.mkdir("below")
        below.joinpath("test_it.py").write_text(
            "import boto3, pytest\nfrom pytest_invokeasync import mock_fixture\n"
            "client = boto3.client('lambda', 'us-east-1')\n"
            "def call(args): client.invoke_async(FunctionName='orders', InvokeArgs=args)\n" + source
        )
        pytester.chdir()
        return run_pytest(str(below))

    return run


@pytest.mark.parametrize("fixture", ["invokeasync", "queue"])
def test_a_file_is_the_schema_of_the_function_of_its_name_in_every_test(run_with_schemas, fixture):
    result = run_with_schemas(f"""
queue = mock_fixture("session")
def test_broken({fixture}):
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        call(b"1")
def test_kept({fixture}):
    call(b'"a"')
""")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_broken*", "*'orders' broke its sch*"])


def test_a_test_overrides_it(run_with_schemas):
    result = run_with_schemas("""
def test_it(invokeasync):
    invokeasync.register_function("orders", schema=None)
    call(b"1")
""")

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"directory": "contrcts"}, "*contrcts is not a directory"),
        ({"schema": "{"}, "*orders.json: Expecting property name*"),
    ],
)
def test_a_directory_or_a_file_that_cannot_be_read_is_a_usage_error(run_with_schemas, how, message):
    result = run_with_schemas("def test_it(): pass", **how)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: the ini option invokeasync_schemas: {message}"])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"schema": '{"type": "strin"}'}, "orders.json: *"),
        ({"name": "or ders.json"}, "or ders.json: *"),
    ],
)
def test_a_schema_that_is_none_is_an_error_of_each_test(run_with_schemas, how, message):
    result = run_with_schemas("def test_it(invokeasync): pass\ndef test_two(): pass", **how)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"the ini option invokeasync_schemas: {message}"])


def test_pytest_help_lists_every_ini_option(run_pytest):
    result = run_pytest("--help")

    lines = [line.strip() for line in result.outlines]
    for name in [*ALLOWED.split(", "), "region", "schemas", "server_host", "guard"]:
        assert any(line.startswith(f"invokeasync_{name} (") for line in lines), name


def test_ini_options_of_others_are_left_alone(pytester, run_pytest):
    pytester.makeini("[pytest]\nanother_plugin_s = 1\n")
    pytester.makepyfile("def test_it(invokeasync): pass")

    run_pytest("-Wignore").assert_outcomes(passed=1)
