"""curl as a client of the real endpoint, and the exit code with which it meets each fault."""

from __future__ import annotations

import shutil
import subprocess
import time

import pytest

from pytest_invokeasync import faults

CURL = shutil.which("curl")
PATH = "/2014-11-13/functions/orders/invoke-async"

pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")


@pytest.fixture
def curl(invokeasync_server):
    """Runs curl on the path of InvokeAsync, or on more of them."""

    def curl(*arguments, paths=(PATH,), stdin=None):
        urls = [invokeasync_server.url + path for path in paths]
        # Not what ~/.curlrc says.
        command = [CURL, "-q", "-sS", "--max-time", "20", *arguments, *urls]
        return subprocess.run(
            command,
            env=invokeasync_server.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return curl


def test_a_plain_post(invokeasync, curl):
    done = curl("-d", '{"id": 42}', "-w", "%{http_code}")

    assert (done.returncode, done.stdout) == (0, "202")
    invokeasync.assert_queued_once("orders", payload={"id": 42})


def test_an_error_is_shown(invokeasync, curl):
    invokeasync.add_error("ServiceException")

    done = curl("-i", "-d", "{}")

    assert done.returncode == 0
    assert done.stdout.startswith("HTTP/1.1 500 Internal Server Error\n")
    assert "x-amzn-errortype: ServiceException\n" in done.stdout
    assert done.stdout.endswith('"Type":"Service"}')


def test_it_may_wait_to_continue(invokeasync, curl):
    done = curl("-v", "-d", "{}", "-H", "Expect: 100-continue", "-w", "%{http_code}")

    assert done.stdout == "202"
    assert "< HTTP/1.1 100 Continue" in done.stderr
    assert len(invokeasync.events) == 1


def test_it_may_send_what_it_reads_in_chunks(invokeasync, curl):
    done = curl("-v", "-X", "POST", "-T", "-", "-w", "%{http_code}", stdin='{"id": 42}')

    assert done.stdout == "202"
    assert "> Transfer-Encoding: chunked" in done.stderr
    invokeasync.assert_queued_once("orders", payload={"id": 42})


def test_a_large_body_is_refused(invokeasync, curl):
    done = curl("--data-binary", "@-", "-w", " %{http_code}", stdin="1" * 300_000)

    assert done.stdout.endswith(" 413")
    assert len(invokeasync.get_invocation().body) == 300_000


def test_head_gets_a_head(invokeasync, curl):
    done = curl("-I")

    assert done.stdout.startswith("HTTP/1.1 405 Method Not Allowed\n")
    assert "allow: POST\n" in done.stdout
    assert invokeasync.invocations == []


def test_get_is_not_allowed(invokeasync, curl):
    done = curl("-X", "GET", "-d", "{}", "-w", " %{http_code}")

    assert done.stdout == '{"message":"InvokeAsync is a POST, not GET"} 405'
    assert invokeasync.invocations == []


@pytest.mark.parametrize("options", [(), ("-X", "GET"), ("-H", "Expect: 100-continue")])
def test_two_urls_share_a_connection(invokeasync, curl, options):
    done = curl("-d", "{}", *options, "-w", " %{num_connects}", paths=(PATH, PATH))

    assert done.stdout.endswith(" 0")
    assert len(invokeasync.events) == (0 if "GET" in options else 2)


def test_http_1_0_does_not(curl):
    done = curl("-0", "-d", "{}", "-w", " %{num_connects}", paths=(PATH, PATH))

    assert done.stdout == " 1 1"


EXITS = {
    faults.ConnectionClosed: 52,  # empty reply
    faults.ConnectionRefused: 56,  # reset
    faults.NameResolution: 56,
    faults.TLSFailure: 56,
    faults.TruncatedAnswer: 18,  # a part of it
    faults.ReadTimeout: 28,  # timeout
    faults.ConnectTimeout: 28,
    faults.LostAnswer: 28,
    faults.BadGatewayPage: 0,
    faults.ServiceUnavailablePage: 0,
    faults.GatewayTimeoutPage: 0,
}


@pytest.mark.parametrize("fault", faults.every(), ids=str)
def test_each_fault_has_its_exit_code(invokeasync, curl, fault):
    invokeasync.add_fault(fault)
    limit = ("--max-time", "0.3") if EXITS[fault] == 28 else ()

    done = curl("-d", "{}", *limit)

    assert done.returncode == EXITS[fault], done.stderr
    deadline = time.monotonic() + 20
    while not invokeasync.invocations and time.monotonic() < deadline:
        time.sleep(0.01)
    assert invokeasync.get_invocation().attempts[0].fault == fault.name


def test_connections_that_are_refused_have_theirs(invokeasync, invokeasync_server, curl):
    with invokeasync_server.refuse_connections():
        assert curl("-d", "{}").returncode == 7

    assert curl("-d", "{}").returncode == 0
    assert len(invokeasync.invocations) == 1


def test_a_wait_has_its_limit(invokeasync, invokeasync_server, curl):
    invokeasync_server.hang_limit = 0.05
    invokeasync.add_fault(faults.ReadTimeout)

    assert curl("-d", "{}").returncode == 52
