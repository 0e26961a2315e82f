"""The server for other processes under pytest-socket: each fix that its message names works."""

from __future__ import annotations

import pytest

pytest.importorskip("pytest_socket")

PREAMBLE = ""
SOURCE = """
import http.client
import pytest

{marker}
def test_one(invokeasync_server{fixture}):
    address = invokeasync_server.url.partition("//")[2]
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("POST", "/2014-11-13/functions/orders/invoke-async", b"{{}}")
    assert connection.getresponse().status == 202
    connection.close()
"""
FIXES = {
    "--allow-hosts": (["--disable-socket", "--allow-hosts=127.0.0.1"], "", ""),
    "the fixture": (["--disable-socket"], "", ", socket_enabled"),
    "the marker": (["--disable-socket"], "@pytest.mark.enable_socket", ""),
}


@pytest.mark.parametrize(("arguments", "marker", "fixture"), FIXES.values(), ids=FIXES)
def test_each_fix_works(run_pytest, arguments, marker, fixture):
    source = SOURCE.format(marker=marker, fixture=fixture)

    result = run_pytest(source, "-p", "pytest_socket", *arguments)

    result.assert_outcomes(passed=1)


def test_without_a_fix_it_is_told(run_pytest):
    source = SOURCE.format(marker="", fixture="")

    result = run_pytest(source, "-p", "pytest_socket", "--disable-socket")

    result.assert_outcomes(errors=1)
    [told] = [line for line in result.outlines if line.startswith("the server for other processes")]
    assert "A test tried to use socket.socket.)" in told
    assert told.endswith("the marker enable_socket or the fixture socket_enabled")
