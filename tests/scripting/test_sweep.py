"""``sweep``: every outcome at every position."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from pytest_invokeasync import ErrorSpec, InvokeAsyncMock, UnmockedLambdaCall, errors, faults

client = boto3.client("lambda")


def queue(*functions):
    """Queues each; returns the numbers of those that failed."""
    failed = []
    for number, function in enumerate(functions, 1):
        try:
            client.invoke_async(FunctionName=function, InvokeArgs=b"{}")
        except (ClientError, BotoCoreError):
            failed.append(number)
    return failed


def test_each_outcome_stands_at_each_position_until_a_run_does_not_reach_it(invokeasync):
    runs = []

    for injected in invokeasync.sweep("ServiceException", faults.ReadTimeout):
        runs.append((str(injected), queue("a", "b")))

    assert runs == [
        ("ServiceException at invocation 1", [1]),
        ("ServiceException at invocation 2", [2]),
        ("ServiceException at invocation 3", []),
        ("ReadTimeout at invocation 1", [1]),
        ("ReadTimeout at invocation 2", [2]),
        ("ReadTimeout at invocation 3", []),
    ]


def test_by_default_the_documented_errors_are_swept(invokeasync):
    swept = []

    for injected in invokeasync.sweep():
        swept.append(injected.outcome)
        queue("a")

    assert list(dict.fromkeys(swept)) == list(errors.documented())


def test_what_is_yielded_has_the_attributes_of_the_outcome(invokeasync):
    own = ErrorSpec("Own", 418)

    for injected in invokeasync.sweep(own):
        assert (injected.code, injected.status, injected.outcome) == ("Own", 418, own)
        assert repr(injected) == f"<Own at invocation {injected.position}>"
        queue("a")


@pytest.mark.invokeasync(unknown_functions="reject")
def test_recordings_and_rules_are_fresh_in_each_run_and_functions_stay(invokeasync):
    invokeasync.register_function("a", schema={"type": "object"})
    invokeasync.register_function("b")

    for _ in invokeasync.sweep("ServiceException"):
        assert invokeasync.invocations == []
        rule = invokeasync.add_error("InvalidRuntimeException", function="b", optional=True)
        queue("a", "b")
        assert rule.used <= 1
        assert "ResourceNotFoundException" not in [one.error for one in invokeasync.invocations]
        assert len(invokeasync.invocations) == 2


def test_a_run_may_make_more_or_fewer_calls_than_the_one_before(invokeasync):
    runs = 0

    for _ in invokeasync.sweep("ServiceException"):
        runs += 1
        # As code does that stops at the first failure.
        for function in ("a", "b", "c"):
            if queue(function):
                break

    assert runs == 4


def test_a_lost_answer_is_swept_too(invokeasync):
    most = 0

    for _ in invokeasync.sweep(faults.LostAnswer):
        assert queue("a", "b") == []
        most = max(most, len(invokeasync.events))

    assert most == 3


def test_a_body_that_calls_nothing_is_an_error():
    mock = InvokeAsyncMock()
    mock.start()

    with pytest.raises(AssertionError) as info:
        for _ in mock.sweep("ServiceException"):
            pass

    assert str(info.value) == (
        "sweep(): the loop's body made no invocation that ServiceException could answer: "
        "none at all, or none that keeps the contract"
    )
    assert mock.describe_sweeps() == [
        "sweep: nothing tried; it stopped with ServiceException at invocation 1"
    ]
    mock.stop()
    with pytest.raises(AssertionError, match="nothing was injected"):
        mock.verify()


def test_one_sweep_may_follow_another(invokeasync):
    for _ in invokeasync.sweep("ServiceException"):
        queue("a")
        invokeasync.add_error("ServiceException", optional=True)

    for _ in invokeasync.sweep("ServiceException"):
        queue("b")

    assert invokeasync.describe_sweeps() == ["sweep: 1 outcome tried, at 1 position in all"] * 2


def test_rules_that_were_added_before_are_not_lost_in_silence(invokeasync):
    invokeasync.add_error("ServiceException", optional=True)

    with pytest.raises(ValueError, match="add them inside of the loop") as info:
        invokeasync.sweep("ServiceException")
    assert str(info.value) == (
        "sweep() starts each run afresh and would lose the rules that were added before: "
        "add them inside of the loop"
    )


def test_an_unknown_outcome_is_refused_at_once(invokeasync):
    with pytest.raises(ValueError, match="unknown set, error code or fault 'documentd'; did you"):
        invokeasync.sweep("documentd")


def test_break_leaves_the_mock_sound(invokeasync):
    for _ in invokeasync.sweep("ServiceException"):
        queue("a")
        break

    assert queue("a", "b", "c") == []


def test_so_does_an_exception(invokeasync):
    def body():
        for injected in invokeasync.sweep("ServiceException"):
            assert queue("a", "b") == [], injected

    with pytest.raises(AssertionError, match="ServiceException at invocation 1"):
        body()

    assert queue("a", "b") == []


def test_what_went_wrong_in_an_earlier_run_is_not_lost():
    with InvokeAsyncMock() as mock:
        for injected in mock.sweep("ServiceException"):
            queue("a")
            if injected.position == 1:
                with pytest.raises(UnmockedLambdaCall):
                    client.list_functions()

        assert len(mock.unmocked_calls) == 1
        mock.unmocked_calls.clear()


def test_a_sweep_that_nobody_loops_over_fails_the_test(pytester):
    pytester.makepyfile("""
        def test_it(invokeasync):
            invokeasync.sweep("ServiceException")
    """)

    result = pytester.runpytest()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "sweep(): nothing was injected. Loop over it, with the calls in the loop's body; for "
            "outcomes of runs, with run_until_idle() too"
        ]
    )


SWEEPING = """
    import boto3
    from botocore.exceptions import ClientError
    from pytest_invokeasync import faults
    client = boto3.client("lambda")

    def queue():
        try:
            client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
        except ClientError:
            pass

    def test_passes(invokeasync):
        for outcome in invokeasync.sweep("documented", faults.LostAnswer):
            queue()
            queue()

    def test_fails(invokeasync):
        for outcome in invokeasync.sweep("ServiceException"):
            queue()
            queue()
            assert len(invokeasync.events) != 1 or outcome.position < 2
"""


@pytest.mark.parametrize(
    "args",
    [(), pytest.param(("-p", "xdist", "-n", "2"), marks=pytest.mark.once)],
    ids=["alone", "xdist"],
)
def test_the_report_tells_what_was_tried_and_where_it_failed(pytester, args):
    pytester.makepyfile(SWEEPING)

    result = pytester.runpytest("-p", "no:randomly", *args)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- invokeasync -*",
            "sweep: 1 outcome tried, at 2 positions in all; it stopped with ServiceException at "
            "invocation 2",
            "recorded: 2 invocations, 1 event",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "*= invokeasync sweeps =*",
            "*::test_passes: sweep: 6 outcomes tried, at 12 positions in all",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "*::test_fails: sweep: 1 outcome tried, at 2 positions in all; it stopped with "
            "ServiceException at invocation 2",
        ]
    )


def test_a_rule_added_between_two_sweeps_is_not_lost_in_silence(invokeasync):
    for _ in invokeasync.sweep("ServiceException"):
        queue("a")
    invokeasync.add_error("ServiceException", optional=True)

    with pytest.raises(ValueError, match="add them inside of the loop"):
        invokeasync.sweep("ServiceException")


def test_nor_is_one_added_between_the_call_and_the_loop():
    mock = InvokeAsyncMock()
    sweep = mock.sweep("ServiceException")
    mock.add_error("ServiceException")

    with pytest.raises(ValueError, match="add them inside of the loop"):
        next(iter(sweep))


def test_sweeps_cannot_be_nested():
    mock = InvokeAsyncMock()

    def nested():
        for _ in mock.sweep("ServiceException"):
            for _ in mock.sweep("ServiceException"):
                queue("a")

    mock.start()
    with pytest.raises(ValueError, match="another one ran in the loop") as info:
        nested()
    mock.stop()
    assert str(info.value) == "sweep(): another one ran in the loop; they cannot be nested"


def test_break_is_sound_with_the_iterator_in_a_variable_too():
    with InvokeAsyncMock() as mock:
        runs = mock.sweep("ServiceException")
        for _ in runs:
            queue("a")
            break

        assert mock.describe_sweeps() == [
            "sweep: 1 outcome tried, at 1 position in all; it stopped with ServiceException at "
            "invocation 1"
        ]


def test_a_body_that_calls_more_and_more_comes_to_an_end(invokeasync, monkeypatch):
    monkeypatch.setattr("pytest_invokeasync.scripting.sweeping._MOST_POSITIONS", 5)
    outbox = []

    def growing():
        for _ in invokeasync.sweep("ServiceException"):
            outbox.append("a")
            queue(*outbox)

    with pytest.raises(AssertionError) as info:
        growing()

    assert str(info.value) == (
        "sweep(): ServiceException at invocation 5 was still reached, and the sweep would not end. "
        "Does the loop's body make more calls each time?"
    )


def test_what_a_run_did_not_reach_is_no_rule_that_went_unanswered(invokeasync):
    for _ in invokeasync.sweep("ServiceException"):
        queue("a")
        invokeasync.verify()


def test_two_errors_with_one_code_are_both_swept(invokeasync):
    swept = set()

    for injected in invokeasync.sweep("ServiceException", ErrorSpec("ServiceException", 503)):
        swept.add(injected.status)
        queue("a")

    assert swept == {500, 503}
    assert invokeasync.describe_sweeps() == ["sweep: 2 outcomes tried, at 2 positions in all"]
