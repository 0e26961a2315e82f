"""Answers the requests that other processes send to the server."""

from __future__ import annotations

import re
from dataclasses import replace

from ..api.messages import Answer
from ..api.operations import OPERATIONS
from ..clients.wire import build_request
from ..errors import ErrorSpec, find
from ..exceptions import UnmockedCall, UnmockedLambdaCall, without_secrets
from ..faults import Failure
from ..seams.interception import Interceptor
from ..service import answers
from ..showing import told
from .connection import BadRequest, HttpRequest

# /2015-03-31/functions/…, after a prefix or none: every action of Lambda begins with a date.
_LAMBDA_PATH = re.compile(r"https?://[^/?#]*/(?:[^?#]*/)?\d{4}-\d\d-\d\d/", re.IGNORECASE)
_CODES = {408: "RequestTimeoutException", 413: "RequestEntityTooLargeException"}
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)


class Endpoint:
    """Asks the service of one mock. It does not know sockets."""

    def __init__(self, mock: Interceptor) -> None:
        self._mock = mock
        self._findings = mock.service.findings

    def handle(self, request: HttpRequest, address: str) -> Answer | Failure:
        """The answer to a request. ``address``: the server's host and port. Raises nothing."""
        url = _url(request, address)
        route = self._mock.route("POST", url, request.headers)
        if route is None:
            return self._handle_other(request.method, url)
        if request.method != "POST":
            text = f"{route.operation.name} is a POST, not {request.method}"
            return answers.error(
                ErrorSpec("MethodNotAllowedException", 405, message=text, headers={"Allow": "POST"})
            )
        try:
            # The caller is in another process, where its line cannot be found.
            sent = build_request(route, url, request.headers, request.body, caller=lambda: None)
            sent.wire_headers = request.wire_headers
            return self._mock.service.open(sent).conclude()
        except UnmockedLambdaCall as refused:
            return _unknown_operation(str(refused))
        except BaseException as error:  # pytest.fail() raises one that is not an Exception
            return self._answer_trouble(error)

    def refuse(self, problem: BadRequest) -> Answer:
        """The answer to a malformed request."""
        code = _CODES.get(problem.status, "MalformedHttpRequestException")
        return answers.error(ErrorSpec(code, problem.status, message=problem.message))

    def note_unsent(self, error: Exception) -> None:
        """Records that HTTP cannot carry an answer."""
        self._findings.troubles.append(
            f"an answer could not be sent to another process: {told(error)}"
        )

    def _handle_other(self, method: str, url: str) -> Answer:
        if not _LAMBDA_PATH.match(url):
            paths = " or ".join(
                f"{operation.path_prefix}FunctionName{operation.path_suffix}"
                for operation in OPERATIONS
            )
            return _unknown_operation(f"nothing is here: POST to {paths}")
        call = UnmockedCall(method, without_secrets(url), None)
        if self._mock.options.other_lambda_calls == "refuse":
            self._findings.unmocked_calls.append(call)
        return _unknown_operation(
            f"{call}: only InvokeAsync is mocked here, and Invoke with the header "
            "X-Amz-Invocation-Type: Event or DryRun"
        )

    def _answer_trouble(self, error: BaseException) -> Answer:
        """The answer if a callback or matcher of the test raised, and records what it raised."""
        raised = f"raised {told(error)}"
        troubles = self._findings.troubles
        if not any(trouble.endswith(raised) for trouble in troubles):
            troubles.append(f"a callback that was asked for another process {raised}")
        text = f"a callback or matcher of the test raised {type(error).__name__}"
        return answers.error(replace(find("ServiceException"), message=text))


def _unknown_operation(message: str) -> Answer:
    return answers.error(replace(find("UnknownOperationException"), message=message))


def _url(request: HttpRequest, address: str) -> str:
    """The whole URL of a request."""
    if _ABSOLUTE.match(request.target):
        return request.target
    slash = "" if request.target.startswith("/") else "/"
    return f"http://{request.host or address}{slash}{request.target}"
