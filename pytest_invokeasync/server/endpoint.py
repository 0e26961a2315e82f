"""What the real endpoint answers to a request that another process has sent."""

from __future__ import annotations

import re

from ..api import contract
from ..api.messages import Answer
from ..clients.wire import build_request
from ..errors import ErrorSpec, find
from ..exceptions import UnmockedCall
from ..faults import Fault
from ..seams.interception import without_secrets
from ..service.service import Service, answer_error
from .connection import BadRequest, HttpRequest

# /2015-03-31/functions/…, after a prefix or none: every action of Lambda begins with a date.
_LAMBDA_PATH = re.compile(r"https?://[^/?#]*/(?:[^?#]*/)?\d{4}-\d\d-\d\d/", re.IGNORECASE)
_CODES = {408: "RequestTimeoutException", 413: "RequestEntityTooLargeException"}
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)


class Endpoint:
    """Asks the service of one mock. Knows no socket."""

    def __init__(self, service: Service, *, refuse_other_calls: bool) -> None:
        self._service = service
        self._refuse_other_calls = refuse_other_calls

    def handle(self, request: HttpRequest, address: str) -> Answer | Fault:
        """The outcome of a request to ``address``, host and port. Raises nothing."""
        url = _url(request, address)
        segment = contract.find_segment("POST", url)
        if segment is None:
            return self._handle_other(request.method, url)
        if request.method != "POST":
            return answer_error(
                ErrorSpec("MethodNotAllowedException", 405, headers={"Allow": "POST"}),
                f"InvokeAsync is a POST, not {request.method}",
            )
        try:
            # Another process: there is no line of it to be found here.
            sent = build_request(segment, url, request.headers, request.body, caller=lambda: None)
            return self._service.handle(sent)
        except BaseException as error:  # also that of pytest.fail()
            return self._answer_trouble(error)

    def refuse(self, problem: BadRequest) -> Answer:
        """The answer to what is no request."""
        code = _CODES.get(problem.status, "MalformedHttpRequestException")
        return answer_error(ErrorSpec(code, problem.status), problem.message)

    def note_unsent(self, error: Exception) -> None:
        """Remembers an answer that HTTP cannot carry."""
        self._service.findings.troubles.append(
            f"an answer could not be sent to another process: {type(error).__name__}: {error}"
        )

    def _handle_other(self, method: str, url: str) -> Answer:
        if not _LAMBDA_PATH.match(url):
            text = "nothing is here: the path of InvokeAsync is " + (
                f"{contract.SERVICE_PATH}FunctionName/invoke-async"
            )
            return answer_error(find("UnknownOperationException"), text)
        call = UnmockedCall(method, without_secrets(url), None)
        if self._refuse_other_calls:
            self._service.findings.unmocked_calls.append(call)
        return answer_error(
            find("UnknownOperationException"), f"{call}: only InvokeAsync is mocked here"
        )

    def _answer_trouble(self, error: BaseException) -> Answer:
        """What the user's own callback or matcher raised, which cannot go to another process."""
        raised = f"raised {type(error).__name__}: {error}"
        troubles = self._service.findings.troubles
        if not any(trouble.endswith(raised) for trouble in troubles):
            troubles.append(f"a callback that was asked for another process {raised}")
        text = f"a callback or matcher of the test raised {type(error).__name__}"
        return answer_error(find("ServiceException"), text)


def _url(request: HttpRequest, address: str) -> str:
    """The URL that was asked for."""
    if _ABSOLUTE.match(request.target):
        return request.target
    slash = "" if request.target.startswith("/") else "/"
    return f"http://{request.host or address}{slash}{request.target}"
