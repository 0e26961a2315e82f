"""Where the server listens: loopback, unless it is told otherwise."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import urllib.request
import warnings
from pathlib import Path

import pytest

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer
from pytest_invokeasync.server import address

PREAMBLE = "import urllib.request\n"


@pytest.fixture(autouse=True)
def _not_warned_yet():
    address._warn_once.cache_clear()


@pytest.fixture
def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def queue(url):
    urllib.request.urlopen(f"{url}/2014-11-13/functions/orders/invoke-async", b"{}", 5).close()


def test_it_listens_at_the_port_that_is_wanted(mock, free_port):
    with InvokeAsyncServer(mock, port=free_port) as server:
        assert server.url == f"http://127.0.0.1:{free_port}"
        queue(server.url)

    mock.assert_queued_once("orders")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
def test_an_address_of_loopback_is_no_matter(mock, host):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with InvokeAsyncServer(mock, host=host) as server:
            assert server.url.startswith(f"http://{host}:")
            assert server.environ["NO_PROXY"] == f"{host},localhost"


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_an_address_of_ipv6_stands_in_brackets(mock):
    with InvokeAsyncServer(mock, host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        queue(server.url)

    mock.assert_queued_once("orders")


def test_all_addresses_are_warned_of_once_and_reached_by_loopback(mock):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(2):
            with InvokeAsyncServer(mock, host="0.0.0.0") as server:
                assert server.url.startswith("http://127.0.0.1:")
                queue(server.url)
                with server.refuse_connections(), pytest.raises(OSError, match="refused"):
                    queue(server.url)
                queue(server.url)

    [warning] = warned
    assert str(warning.message).startswith(
        "the server for other processes listens at 0.0.0.0: whoever reaches this machine can "
    )
    assert warning.filename == __file__
    mock.assert_queued("orders", times=4)


@pytest.mark.filterwarnings("error")
def test_where_a_warning_is_an_error_nothing_listens(mock):
    server = InvokeAsyncServer(mock, host="0.0.0.0")

    with pytest.raises(UserWarning):
        server.start()
    with pytest.raises(RuntimeError, match="is not running"):
        _ = server.url


@pytest.mark.filterwarnings("ignore:the server for other processes listens")
def test_another_process_finds_it_by_its_environ(mock):
    # botocore before 1.31 does not find the variable by itself.
    program = (
        "import boto3, os; url = os.environ['AWS_ENDPOINT_URL_LAMBDA']; "
        "client = boto3.client('lambda', endpoint_url=url); "
        "client.invoke_async(FunctionName='a', InvokeArgs='1')"
    )
    with InvokeAsyncServer(mock, host="0.0.0.0") as server:
        subprocess.run([sys.executable, "-c", program], env=server.environ, check=True, timeout=60)

    mock.assert_queued_once("a")


def test_the_compose_file_of_the_documentation_says_what_environ_says(mock):
    text = Path(__file__).parents[2].joinpath("docs/how-to/other-processes.md").read_text("utf-8")
    stated = dict(re.findall(r"^      (AWS_\w+): (.*)$", text, re.MULTILINE))
    [port] = re.findall(r"^invokeasync_server_port = (\d+)$", text, re.MULTILINE)

    with InvokeAsyncServer(mock) as server:
        ours = {name: value for name, value in server.environ.items() if name in stated}
    endpoint = f"http://host.docker.internal:{port}"
    assert stated == {**ours, "AWS_ENDPOINT_URL_LAMBDA": endpoint}


def test_a_port_in_use_is_told_with_what_to_do(mock):
    with InvokeAsyncServer(mock) as first:
        port = int(first.url.rpartition(":")[2])
        message = rf"cannot listen on 127\.0\.0\.1:{port} .*: port 0 takes a free one, as workers"
        with pytest.raises(RuntimeError, match=message):
            InvokeAsyncServer(mock, port=port).start()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"port": -1}, r"port= is 0 \(a free one\) to 65535, not -1"),
        ({"port": 65_536}, r"port= is 0 \(a free one\) to 65535, not 65536"),
        ({"port": "80"}, "port= is a number, not '80'"),
        ({"port": True}, "port= is a number, not True"),
        ({"host": ""}, "host= is an address or a name to listen at, not ''"),
        ({"host": None}, "host= is an address or a name to listen at, not None"),
    ],
)
def test_what_is_no_address_is_refused(how, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}$"):
        InvokeAsyncServer(InvokeAsyncMock(), **how)


def test_the_fixture_listens_where_the_ini_file_says(run_pytest, free_port):
    result = run_pytest(
        f"""
def test_it(invokeasync, invokeasync_server):
    assert invokeasync_server.url == "http://localhost:{free_port}"
""",
        "-o",
        "invokeasync_server_host=localhost",
        "-o",
        f"invokeasync_server_port={free_port}",
    )

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("port", "message"),
    [("80000", "port= is 0 (a free one) to 65535, not 80000"), ("x", "port= is a number, not 'x'")],
)
def test_a_port_that_is_none_is_told_by_the_fixture(run_pytest, port, message):
    result = run_pytest(
        "def test_it(invokeasync_server): pass", "-o", f"invokeasync_server_port={port}"
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"the ini option invokeasync_server_port: {message}"])
