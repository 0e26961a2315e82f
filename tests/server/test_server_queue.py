"""What other processes queue is run by the handlers of the test."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from pytest_invokeasync import runs


def post(url, function, payload):
    """As a program in any language would queue an event."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    try:
        connection.request(
            "POST",
            f"/2015-03-31/functions/{function}/invocations",
            payload,
            {"X-Amz-Invocation-Type": "Event"},
        )
        return connection.getresponse().status
    finally:
        connection.close()


def test_an_event_that_came_over_http_is_run(invokeasync, invokeasync_server):
    seen = []
    invokeasync.register_function("orders", handler=lambda event, _: seen.append(event))
    invokeasync.add_run(runs.TimedOut)

    assert post(invokeasync_server.url, "orders", b'{"id": 42}') == 202
    invokeasync.run_until_idle()

    assert seen == [{"id": 42}] * 2
    invokeasync.assert_succeeded_once("orders", payload={"id": 42})


def test_a_handler_may_call_over_http_too(invokeasync, invokeasync_server):
    seen = []
    invokeasync.register_function(
        "orders", handler=lambda *_: post(invokeasync_server.url, "mail", b'"shipped"')
    )
    invokeasync.register_function("mail", handler=lambda event, _: seen.append(event))
    post(invokeasync_server.url, "orders", b"1")

    invokeasync.run_until_idle()

    assert seen == ["shipped"]
