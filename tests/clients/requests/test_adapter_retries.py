"""An adapter's ``Retry`` against the mock does what it does against a real server."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import urllib3.util.retry
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer

PATH = "/2014-11-13/functions/orders/invoke-async/"
AWS = f"https://lambda.us-east-1.amazonaws.com{PATH}"
ANY = None  # as allowed_methods: also POST


class Told(Retry):
    """A ``Retry`` that takes note of what it was told: a status or an exception for each attempt
    that was not the end of it."""

    told: list[Any]

    def increment(self, method=None, url=None, response=None, error=None, *args, **kwargs):
        self.told.append(response.status if response else type(error).__name__)
        return super().increment(method, url, response, error, *args, **kwargs)


@dataclass
class Case:
    """A ``Retry``, and what goes wrong."""

    retry: dict[str, Any]
    error: str | None = None
    fault: str | None = None
    times: int | None = None
    """How many attempts go wrong; ``None``: all."""
    headers: dict[str, str] = field(default_factory=dict)
    refused: bool = False
    """Whether nobody listens: of a real server that is no answer, and no attempt that it sees."""
    seconds: float = 5
    """Until a client gives up."""

    def script(self, mock):
        if self.error:
            mock.add_error(self.error, times=self.times, headers=self.headers)
        if self.fault:
            mock.add_fault(self.fault, times=self.times)


EXHAUSTED = {"status_forcelist": [500], "allowed_methods": ANY}
CASES = {
    "a status, and then it is accepted": Case(
        {"total": 3, **EXHAUSTED}, "ServiceException", times=2
    ),
    "a status, again and again": Case({"total": 2, **EXHAUSTED}, "ServiceException"),
    "the last answer is returned": Case(
        {"total": 2, "raise_on_status": False, **EXHAUSTED}, "ServiceException"
    ),
    "so many statuses": Case({"total": 9, "status": 1, **EXHAUSTED}, "ServiceException"),
    "no status at all": Case({"total": 9, "status": 0, **EXHAUSTED}, "ServiceException"),
    "a status that is not listed": Case(
        {"total": 3, "status_forcelist": [502], "allowed_methods": ANY}, "ServiceException"
    ),
    "not for POST": Case({"total": 3, "status_forcelist": [500]}, "ServiceException"),
    "longer and longer": Case(
        {"total": 4, "backoff_factor": 0.5, **EXHAUSTED}, "ServiceException", times=3
    ),
    "when the server says": Case(
        {"total": 3, "status_forcelist": [429], "allowed_methods": ANY},
        "TooManyRequestsException",
        times=2,
        headers={"Retry-After": "7"},
    ),
    "whatever the server says": Case(
        {
            "total": 3,
            "status_forcelist": [429],
            "allowed_methods": ANY,
            "respect_retry_after_header": False,
        },
        "TooManyRequestsException",
        times=2,
        headers={"Retry-After": "7"},
    ),
    "a page": Case(
        {"total": 3, "status_forcelist": [502], "allowed_methods": ANY},
        fault="BadGatewayPage",
        times=1,
    ),
    "a connection that is closed": Case(
        {"total": 3, "allowed_methods": ANY, "backoff_factor": 1}, fault="ConnectionClosed", times=2
    ),
    "closed again and again": Case(
        {"total": None, "read": 2, "allowed_methods": ANY}, fault="ConnectionClosed"
    ),
    "closed, and it was a POST": Case({"total": 3}, fault="ConnectionClosed"),
    "no answer in time": Case(
        {"total": 1, "allowed_methods": ANY}, fault="ReadTimeout", seconds=0.1
    ),
    "no reading again": Case(
        {"total": 3, "read": False, "allowed_methods": ANY}, fault="ConnectionClosed"
    ),
    "an answer that is cut": Case({"total": 3, **EXHAUSTED}, fault="TruncatedAnswer", times=1),
    "nobody listens": Case(
        {"total": None, "connect": 2, "backoff_factor": 1}, fault="ConnectionRefused", refused=True
    ),
    "nobody listens, total": Case({"total": 1}, fault="ConnectionRefused", refused=True),
    "redirects do not matter": Case(
        {"total": 2, "redirect": 0, **EXHAUSTED}, "ServiceException", times=1
    ),
    "none": Case({"total": False, **EXHAUSTED}, "ServiceException"),
    "none, and it is closed": Case({"total": False}, fault="ConnectionClosed"),
}


@pytest.fixture
def slept(monkeypatch):
    """The seconds that urllib3 has waited; it does not."""
    seconds = []
    stand_in = SimpleNamespace(**{**vars(time), "sleep": seconds.append})
    monkeypatch.setattr(urllib3.util.retry, "time", stand_in)
    return seconds


def outcome_of(url, case):
    """What a session does with it, in words."""
    told = []
    retry = type("Retry", (Told,), {"told": told})(**case.retry)
    session = requests.Session()
    for scheme in "http://", "https://":
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    try:
        answer = session.post(url, data=b"{}", timeout=case.seconds)
    except requests.RequestException as error:
        cause = error.args[0]
        reason = getattr(cause, "reason", None)
        return told, type(error).__name__, type(cause).__name__, type(reason).__name__
    finally:
        session.close()
    history = [
        (one.method, one.status, type(one.error).__name__) for one in answer.raw.retries.history
    ]
    return told, answer.status_code, history


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_does_what_it_does_with_a_real_server(case, slept):
    real = InvokeAsyncMock()
    case.script(real)
    with InvokeAsyncServer(real) as server:
        nobody = server.refuse_connections() if case.refused else contextlib.nullcontext()
        with nobody:
            expected = outcome_of(server.url + PATH, case)
    waited = slept[:]
    slept.clear()

    with InvokeAsyncMock(assert_all_used=False) as ours:
        case.script(ours)
        assert outcome_of(AWS, case) == expected

    [invocation] = ours.invocations
    attempts = len(expected[0]) if case.refused else len(real.invocations)
    assert len(invocation.attempts) == attempts
    assert [attempt.backoff for attempt in invocation.attempts if attempt.backoff] == waited
    assert slept == []
