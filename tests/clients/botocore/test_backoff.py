"""Retries are the SDK's own; the waits before them are skipped, for our requests alone."""

from __future__ import annotations

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import botocore.endpoint
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError
from botocore.retries.bucket import TokenBucket
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import RetryContext, RetryQuotaChecker

from pytest_invokeasync import InvokeAsyncMock, faults

FAKE = {"aws_access_key_id": "fake", "aws_secret_access_key": "fake"}
in_every_mode = pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
# The SDK waits longest before it retries what was throttled: seconds in all, over ten attempts.
THROTTLED = "TooManyRequestsException"
SECONDS = 2


def make_client(mode, attempts=10, service="lambda", **kwargs):
    config = Config(retries={"mode": mode, "total_max_attempts": attempts})
    return boto3.client(service, config=config, **FAKE, **kwargs)


def invoke(client):
    """Calls, and takes no notice of a failure."""
    with contextlib.suppress(ClientError, BotoCoreError):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")


def skipped(mock):
    """Seconds that the SDK would have waited, in all."""
    attempts = [attempt for one in mock.invocations for attempt in one.attempts]
    return sum(attempt.backoff or 0 for attempt in attempts)


def fail(operation):
    with pytest.raises(ClientError):
        operation()


@contextlib.contextmanager
def quicker_than(waits):
    """What runs in it takes less than these seconds, which are asked for at its end."""
    start = time.perf_counter()
    yield
    taken = time.perf_counter() - start
    assert taken < waits()


@pytest.fixture
def sleeps(monkeypatch):
    """What ``time.sleep`` was asked for, with the thread that asked."""
    asked = []
    monkeypatch.setattr(
        time, "sleep", lambda seconds: asked.append((threading.current_thread().name, seconds))
    )
    return asked


@contextlib.contextmanager
def serving(status, body, headers=()):
    """A server on loopback that answers this to whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in [("Content-Length", str(len(body))), *headers]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.do_POST()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def broken_service():
    """A service that fails: come back in 3 seconds."""
    with serving(500, b"{}", [("x-amz-retry-after", "3000")]) as url:
        yield url


@pytest.fixture
def throttling_service():
    """A service to which everything is too much."""
    with serving(400, b'{"__type":"ThrottlingException"}') as url:
        yield url


class TestSkipped:
    """``backoff="skip"``, the default."""

    @in_every_mode
    def test_an_exhausted_retry_takes_no_time(self, invokeasync, mode):
        client = make_client(mode)
        invokeasync.add_error(THROTTLED)

        with quicker_than(lambda: skipped(invokeasync)):
            fail(lambda: client.invoke_async(FunctionName="orders", InvokeArgs=b"{}"))

        assert len(invokeasync.get_invocation().attempts) == 10
        assert skipped(invokeasync) > SECONDS

    def test_nor_does_it_with_the_retries_of_2026(self, pytester, monkeypatch):
        # botocore reads it when it is imported.
        monkeypatch.setenv("AWS_NEW_RETRIES_2026", "true")
        pytester.makepyfile(
            f"""
            import time
            import boto3
            import pytest
            from botocore.config import Config

            @pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
            def test_it(invokeasync, mode):
                config = Config(retries={{"mode": mode, "total_max_attempts": 10}})
                client = boto3.client("lambda", "us-east-1", config=config)
                invokeasync.add_error("{THROTTLED}", times=20)

                start = time.perf_counter()
                for _ in range(20):
                    with pytest.raises(client.exceptions.TooManyRequestsException):
                        client.invoke_async(FunctionName="orders", InvokeArgs=b"1")

                taken = time.perf_counter() - start
                skipped = []
                for invocation in invokeasync.invocations:
                    assert len(invocation.attempts) == 10
                    skipped.append(sum(each.backoff for each in invocation.attempts[1:]))
                assert min(skipped) > {SECONDS}
                assert taken < sum(skipped)
            """
        )

        pytester.runpytest_subprocess(timeout=120).assert_outcomes(passed=3)

    @in_every_mode
    def test_so_does_one_after_a_fault(self, invokeasync, mode):
        client = make_client(mode)
        invokeasync.add_fault(faults.ReadTimeout)

        with quicker_than(lambda: skipped(invokeasync)):
            invoke(client)

        assert len(invokeasync.get_invocation().attempts) == 10

    @in_every_mode
    def test_nobody_sleeps(self, invokeasync, sleeps, mode):
        invokeasync.add_error(THROTTLED)

        invoke(make_client(mode))

        assert sleeps == []

    def test_the_attempts_are_those_that_the_sdk_makes_by_default(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None)
        for mode in ("legacy", "standard", "adaptive"):
            invoke(boto3.client("lambda", config=Config(retries={"mode": mode})))

        assert [len(each.attempts) for each in invokeasync.invocations] == [5, 3, 3]

    def test_a_mock_that_was_reset_in_between_still_skips(self, invokeasync, sleeps):
        def forget(invocation):
            invokeasync.reset()
            return THROTTLED

        invokeasync.add_callback(forget)

        invoke(make_client("standard"))

        assert sleeps == []
        assert invokeasync.get_invocation().accepted

    def test_a_mock_that_starts_between_two_attempts_changes_nothing(self, invokeasync, sleeps):
        client = make_client("standard")
        inside = InvokeAsyncMock(backoff="real")
        client.meta.events.register(
            "needs-retry.lambda.InvokeAsync",
            lambda attempts, **_: inside.start() if attempts == 1 else None,
        )
        invokeasync.add_error(THROTTLED)
        try:
            invoke(client)
        finally:
            inside.stop()

        # The attempt before the wait was answered by the outer one, and so its option counts.
        assert sleeps == []
        assert len(invokeasync.get_invocation().attempts) == 1
        assert inside.get_invocation().accepted


class TestReal:
    """``backoff="real"``"""

    @pytest.mark.invokeasync(backoff="real")
    @in_every_mode
    def test_it_sleeps_as_long_as_it_says(self, invokeasync, sleeps, mode):
        invokeasync.add_error(THROTTLED)

        invoke(make_client(mode))

        attempts = invokeasync.get_invocation().attempts
        assert [seconds for _, seconds in sleeps] == [each.backoff for each in attempts[1:]]
        assert len(sleeps) == 9

    @pytest.mark.parametrize(("outer", "inner"), [("skip", "real"), ("real", "skip")])
    def test_of_nested_mocks_the_one_that_answered_decides(self, sleeps, outer, inner):
        client = make_client("standard", 3)
        slept = {}
        with InvokeAsyncMock(backoff=outer) as outside:
            outside.add_error(THROTTLED)
            with InvokeAsyncMock(backoff=inner) as inside:
                inside.add_error(THROTTLED)
                invoke(client)
            slept[inner] = len(sleeps)
            sleeps.clear()
            invoke(client)
        slept[outer] = len(sleeps)

        assert slept == {"skip": 0, "real": 2}


class TestEverythingElse:
    """Other waits are none of our business."""

    def test_a_later_botocore_may_pass_arguments_by_name(self, invokeasync):
        context = RetryContext(1, caught_exception=ConnectTimeoutError(endpoint_url=""))
        context.request_context = {}

        assert RetryQuotaChecker(RetryQuota()).acquire_retry_quota(context=context) is True

    @in_every_mode
    def test_another_services_client_sleeps_before_it_retries(
        self, invokeasync, sleeps, broken_service, mode
    ):
        invokeasync.add_error(THROTTLED, times=None)
        client = make_client(mode, 3)
        dynamodb = make_client(mode, 3, "dynamodb", endpoint_url=broken_service)

        invoke(client)
        fail(dynamodb.list_tables)
        invoke(client)

        assert len(sleeps) == 2

    def test_so_does_another_call_of_the_same_client(self, invokeasync, sleeps, broken_service):
        client = make_client("standard", 3, endpoint_url=broken_service)
        invokeasync.add_error(THROTTLED)

        invoke(client)
        assert sleeps == []
        fail(client.list_functions)

        assert len(sleeps) == 2

    def test_so_does_a_call_that_no_mock_answers(self, sleeps, broken_service):
        client = make_client("standard", 3, endpoint_url=broken_service)
        with InvokeAsyncMock() as mock:
            mock.add_error(THROTTLED)
            invoke(client)

        assert sleeps == []
        invoke(client)
        assert len(sleeps) == 2

    def test_so_does_one_that_a_handler_makes_between_our_attempts(
        self, invokeasync, sleeps, broken_service
    ):
        client = make_client("standard", 3)
        dynamodb = make_client("standard", 3, "dynamodb", endpoint_url=broken_service)
        client.meta.events.register(
            "needs-retry.lambda.InvokeAsync", lambda **kwargs: fail(dynamodb.list_tables)
        )
        invokeasync.add_error("ServiceException")

        invoke(client)

        invocation = invokeasync.get_invocation()
        assert len(invocation.attempts) == 3
        assert len(sleeps) == 2 * 3
        asked = {seconds for _, seconds in sleeps}
        assert not asked & {attempt.backoff for attempt in invocation.attempts}

    def test_so_does_the_code_under_test(self, invokeasync, sleeps):
        def patiently(invocation):
            time.sleep(1)
            return THROTTLED

        invokeasync.add_callback(patiently)

        invoke(make_client("standard", 3))
        time.sleep(2)

        assert [seconds for _, seconds in sleeps] == [1, 1, 1, 2]

    def test_botocore_sees_the_module_time_in_all_other_respects(self, invokeasync, sleeps):
        seen = botocore.endpoint.time

        seen.sleep(3)

        assert [seconds for _, seconds in sleeps] == [3]
        for name in set(dir(time)) - {"sleep"} - set(dir(object)):
            assert getattr(seen, name) is getattr(time, name)
        with pytest.raises(AttributeError, match="nothing_such"):
            seen.nothing_such  # noqa: B018

    def test_after_the_last_mock_it_is_the_module_again(self):
        with InvokeAsyncMock():
            assert botocore.endpoint.time is not time

        assert botocore.endpoint.time is time

    def test_threads_do_not_disturb_each_other(self, invokeasync, monkeypatch, broken_service):
        asleep, wake_up = threading.Event(), threading.Event()
        sleepers = []

        def sleep(seconds):
            sleepers.append(threading.current_thread().name)
            asleep.set()
            assert wake_up.wait(10)

        monkeypatch.setattr(time, "sleep", sleep)
        dynamodb = make_client("standard", 3, "dynamodb", endpoint_url=broken_service)
        theirs = threading.Thread(target=fail, args=[dynamodb.list_tables], name="theirs")
        invokeasync.add_error(THROTTLED, times=None)
        client = make_client("standard", 3)

        # While they sleep we retry, in this thread and in others.
        theirs.start()
        assert asleep.wait(10)
        ours = [threading.Thread(target=invoke, args=[client]) for _ in range(4)]
        for thread in ours:
            thread.start()
        invoke(client)
        for thread in ours:
            thread.join()
        wake_up.set()
        theirs.join()

        assert sleepers == ["theirs", "theirs"]
        assert [len(each.attempts) for each in invokeasync.invocations] == [3] * 5


class TestWhatTheClientRemembers:
    """Its retry quota and its rate limit are as if nothing had failed."""

    def test_the_hundredth_failing_call_is_retried_as_often_as_the_first(self, invokeasync):
        client = make_client("standard", 3)
        invokeasync.add_error("ServiceException", times=50)
        invokeasync.add_fault(faults.ReadTimeout, times=50)

        for _ in range(100):
            invoke(client)

        assert {len(each.attempts) for each in invokeasync.invocations} == {3}

    def test_the_quota_of_the_same_client_is_whole_when_the_mock_is_gone(
        self, sleeps, broken_service
    ):
        client = make_client("standard", 3, endpoint_url=broken_service)
        with InvokeAsyncMock() as mock:
            mock.add_error("ServiceException", times=100)
            for _ in range(100):
                invoke(client)

        fail(client.list_functions)

        assert len(sleeps) == 2

    def test_the_quota_of_another_client_is_used_as_ever(self, invokeasync, sleeps, broken_service):
        dynamodb = make_client("standard", 3, "dynamodb", endpoint_url=broken_service)

        for _ in range(70):
            fail(dynamodb.list_tables)
        slept = len(sleeps)
        fail(dynamodb.list_tables)

        # Nothing is left of it: the last call was not retried.
        assert 0 < slept == len(sleeps) < 140

    @pytest.mark.parametrize("code", [THROTTLED, "ThrottlingException"])
    def test_adaptive_mode_does_not_slow_down_what_comes_next(
        self, invokeasync, sleeps, broken_service, code
    ):
        client = make_client("adaptive", 3, endpoint_url=broken_service)
        invokeasync.add_error(code, times=5)
        for _ in range(5):
            invoke(client)

        # It would wait for 4 seconds, in its token bucket and not in time.sleep.
        with quicker_than(lambda: 3):
            for _ in range(5):
                invoke(client)
        fail(client.list_functions)

        assert len(invokeasync.events) == 5

    def test_it_slows_down_what_comes_next_to_another_service(
        self, invokeasync, throttling_service, monkeypatch
    ):
        slowed = []
        monkeypatch.setattr(TokenBucket, "acquire", lambda *_: slowed.append(True))
        dynamodb = make_client("adaptive", 1, "dynamodb", endpoint_url=throttling_service)

        fail(dynamodb.list_tables)
        assert not slowed

        fail(dynamodb.list_tables)
        assert slowed


class TestRetryAfter:
    """``x-amz-retry-after``, set through ``headers=``."""

    def test_it_is_honoured_by_an_sdk_that_does(self, invokeasync, sleeps, broken_service):
        client = make_client("standard", 2, endpoint_url=broken_service)
        invokeasync.add_error("ServiceException", headers={"x-amz-retry-after": "3000"})

        invoke(client)
        fail(client.list_functions)

        _, second = invokeasync.get_invocation().attempts
        ((_, theirs),) = sleeps
        assert (second.backoff == 3) == (theirs == 3)

    def test_the_caller_sees_it(self, invokeasync):
        invokeasync.add_error("ServiceException", headers={"Retry-After": "120"})

        with pytest.raises(ClientError) as info:
            make_client("standard", 2).invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        assert info.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "120"
