"""The errors that the service can answer, and their form on the wire.

Each is an attribute, such as ``errors.ServiceException``: the documented ones, the common ones, and
those of the installed botocore model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from .names import ErrorCode
from .sdk import model as sdk_model
from .suggestions import unknown

# pytest hides this module's frames, so that a wrong value shows the test's line.
__tracebackhide__ = True

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Headers that must agree with the rest of the answer.
_OWN_HEADERS = frozenset({"content-length", "transfer-encoding", "x-amzn-errortype"})
_FIELD = re.compile(r"[\t\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """An error that the service answers.

    Raises ``ValueError`` for a code that is not an identifier, a status outside of 400 to 599, a
    ``message_key`` other than the two that AWS uses, a header that HTTP cannot carry or that
    follows from the answer, and a member of ``extra`` that has a parameter; ``TypeError`` for a
    wrong type.
    """

    code: str
    """The code, which botocore shows as ``Error.Code``; sent in ``x-amzn-errortype``."""
    status: int
    """HTTP status, 400 to 599."""
    type: str | None = None
    """The body's ``Type``: ``"User"``, ``"Service"``, or by default none."""
    message: str | None = None
    """The message; by default the code. ``{arn}`` stands for the ARN of the function as the call
    named it, ``{qualified_arn}`` for the same with ``:$LATEST`` if the call had no qualifier,
    ``{account}`` and ``{partition}`` for these parts of the ARN."""
    message_key: str = "message"
    """The key of the message in the body: ``"message"``, the default, or ``"Message"``."""
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Further members of the body, such as ``Reason``."""
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Further HTTP headers, such as ``Retry-After``."""

    def __post_init__(self) -> None:
        if not isinstance(self.code, str) or not _CODE.fullmatch(self.code):
            raise ValueError(
                f"an error code is a name such as 'ServiceException', not {self.code!r}"
            )
        if isinstance(self.status, bool) or not isinstance(self.status, int):
            raise TypeError(f"the HTTP status of {self.code} is an int, not {self.status!r}")
        if not 400 <= self.status <= 599:
            raise ValueError(f"the HTTP status of an error is 400 to 599, not {self.status}")
        if self.message_key not in ("message", "Message"):
            raise ValueError(
                f"message_key is 'message' or 'Message', as AWS spells it, not {self.message_key!r}"
            )
        _check_text(f"the type of {self.code}", self.type)
        _check_text(f"the message of {self.code}", self.message)
        extra = _strings("extra", self.extra)
        if taken := {"Message", "message", "Type"} & extra.keys():
            raise ValueError(
                f"extra cannot hold {min(taken)!r}, which message, message_key and type set"
            )
        object.__setattr__(self, "extra", MappingProxyType(extra))
        object.__setattr__(self, "headers", checked_headers(self.headers))

    def __str__(self) -> str:
        return self.code

    def __reduce__(self) -> tuple[Any, ...]:
        # For copy and pickle, which cannot handle a mappingproxy.
        told = (self.code, self.status, self.type, self.message, self.message_key)
        return ErrorSpec, (*told, dict(self.extra), dict(self.headers))

    def with_details(self, message: str | None, headers: Mapping[str, str] | None) -> ErrorSpec:
        """The same error with another message, further headers or both."""
        spec = self
        _check_text(f"the message of {self.code}", message)
        if message is not None:
            spec = replace(spec, message=message)
        if headers is not None:
            spec = replace(spec, headers={**spec.headers, **checked_headers(headers)})
        return spec

    def body(self, message: str | None = None) -> bytes:
        """The JSON document of the answer: compact, keys sorted, as AWS sends it."""
        text = next(text for text in (message, self.message, self.code) if text is not None)
        document = {self.message_key: text, **self.extra}
        if self.type is not None:
            document["Type"] = self.type
        written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        # A lone surrogate has no UTF-8; its escape is the same JSON string.
        return written.encode("utf-8", "backslashreplace")


def checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """A read-only copy. Raises ``TypeError`` or ``ValueError`` for what HTTP cannot carry."""
    checked = _strings("headers", headers)
    for name, value in checked.items():
        if name.lower() in _OWN_HEADERS:
            raise ValueError(
                f"the HTTP header {name!r} cannot be set: its value follows from the answer"
            )
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of an HTTP header")
        if not _FIELD.fullmatch(value):
            raise ValueError(
                f"{value!r} cannot be the value of the HTTP header {name!r}: "
                "it is printable ASCII on one line"
            )
    return MappingProxyType(checked)


def _check_text(what: str, value: object) -> None:
    if not isinstance(value, str | None):
        raise TypeError(f"{what} is a str or None, not {value!r}")


def _strings(what: str, given: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise TypeError(f"{what} is a mapping of str to str, not {given!r}")
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"{what} is a mapping of str to str, not {name!r} to {value!r}")
    return dict(given)


def _documented(code: str, status: int, message_key: str, message: str) -> ErrorSpec:
    return ErrorSpec(
        code, status, "User" if status < 500 else "Service", message, message_key=message_key
    )


# https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html#API_InvokeAsync_Errors
# "message" or "Message", as the service's model has it for each error.
_DOCUMENTED = (
    _documented(
        "InvalidRequestContentException",
        400,
        "message",
        "Could not parse request body into json: Could not parse payload into json",
    ),
    _documented("InvalidRuntimeException", 502, "Message", "The runtime is not supported."),
    _documented(
        "ResourceConflictException",
        409,
        "message",
        "The resource already exists, or another operation is in progress.",
    ),
    _documented("ResourceNotFoundException", 404, "Message", "Function not found: {qualified_arn}"),
    _documented(
        "ServiceException",
        500,
        "Message",
        "An error occurred and the request cannot be processed.",
    ),
)

# https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html, and others that the service was
# seen to answer to Invoke. Texts in full sentences were recorded.
_COMMON = (
    ErrorSpec(
        "AccessDeniedException",
        403,
        message="User: arn:{partition}:iam::{account}:user/test is not authorized to perform: "
        "lambda:InvokeFunction on resource: {arn} because no identity-based policy allows the "
        "lambda:InvokeFunction action",
        message_key="Message",
    ),
    ErrorSpec(
        "ExpiredTokenException",
        403,
        message="The security token included in the request is expired",
    ),
    ErrorSpec("IncompleteSignature", 403, message="The request signature is incomplete."),
    ErrorSpec("InternalFailure", 500, message="The request failed because of an internal error."),
    ErrorSpec(
        "InvalidSignatureException",
        403,
        message="The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. Consult the service documentation "
        "for details.",
    ),
    ErrorSpec("MalformedHttpRequestException", 400, message="The HTTP request is malformed."),
    ErrorSpec("MissingAuthenticationTokenException", 403, message="Missing Authentication Token"),
    ErrorSpec("NotAuthorized", 401, message="You do not have permission to do this."),
    ErrorSpec("OptInRequired", 403, message="The account is not subscribed to this service."),
    ErrorSpec("RequestAbortedException", 400, message="The request was aborted."),
    ErrorSpec(
        "RequestEntityTooLargeException",
        413,
        message="The request payload is too large for the Event invocation type",
    ),
    ErrorSpec("RequestExpired", 400, message="The request is no longer valid."),
    ErrorSpec("RequestTimeoutException", 408, message="The request timed out."),
    ErrorSpec("ServiceUnavailable", 503, message="The service is temporarily unavailable."),
    ErrorSpec("ThrottlingException", 400, message="Rate exceeded"),
    ErrorSpec(
        "TooManyRequestsException",
        429,
        "User",
        "Rate Exceeded.",
        extra={"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
    ),
    ErrorSpec(
        "UnrecognizedClientException",
        403,
        message="The security token included in the request is invalid.",
    ),
    ErrorSpec("UnknownOperationException", 404, message="The action is not known."),
    ErrorSpec("ValidationError", 400, message="The input does not satisfy the constraints."),
    ErrorSpec("ValidationException", 400, message="1 validation error detected"),
)

_STATIC = {spec.code: spec for spec in (*_DOCUMENTED, *_COMMON)}


def documented() -> tuple[ErrorSpec, ...]:
    """The five errors of the API page."""
    return _DOCUMENTED


def common() -> tuple[ErrorSpec, ...]:
    """The errors that the service may answer to any action."""
    return _COMMON


def modeled() -> tuple[ErrorSpec, ...]:
    """Every error that the installed botocore model lists for InvokeAsync."""
    return tuple(_modeled(error) for error in sdk_model.errors_of("InvokeAsync"))


def invoke() -> tuple[ErrorSpec, ...]:
    """Every error that the installed botocore model lists for Invoke."""
    return tuple(_modeled(error) for error in sdk_model.errors_of("Invoke"))


def every() -> tuple[ErrorSpec, ...]:
    """The whole catalogue, each code once: documented, modeled for either API, common."""
    specs = {spec.code: spec for spec in (*documented(), *modeled(), *invoke(), *common())}
    return tuple(specs.values())


def _modeled(error: sdk_model.ModeledError) -> ErrorSpec:
    # The API page and recorded answers say more than the model.
    known = _STATIC.get(error.code)
    if known is not None:
        return known
    fault = "User" if error.sender_fault else "Service"
    return ErrorSpec(
        error.code,
        error.status,
        fault if error.has_type else None,
        message_key=error.message_key or "message",
    )


def find(code: str) -> ErrorSpec:
    """The error of the catalogue with this code.

    Raises ``ValueError`` for an unknown code, and names the nearest.
    """
    spec = _STATIC.get(code)
    if spec is not None:
        return spec
    for spec in every():
        if spec.code == code:
            return spec
    modeled_elsewhere = sdk_model.service_errors().get(code)
    if modeled_elsewhere is not None:
        return _modeled(modeled_elsewhere)
    raise ValueError(
        unknown("error code", code, (spec.code for spec in every()), all_in="errors.every()")
        + " For one of your own, give an ErrorSpec(code=..., status=...)."
    )


if TYPE_CHECKING:
    # Each one declared, and no __getattr__: so a type checker reports a misspelt name.
    AccessDeniedException: ErrorSpec
    CodeArtifactUserDeletedException: ErrorSpec
    CodeArtifactUserFailedException: ErrorSpec
    CodeArtifactUserPendingException: ErrorSpec
    DurableExecutionAlreadyStartedException: ErrorSpec
    EC2AccessDeniedException: ErrorSpec
    EC2ThrottledException: ErrorSpec
    EC2UnexpectedException: ErrorSpec
    EFSIOException: ErrorSpec
    EFSMountConnectivityException: ErrorSpec
    EFSMountFailureException: ErrorSpec
    EFSMountTimeoutException: ErrorSpec
    ENILimitReachedException: ErrorSpec
    ENINotReadyException: ErrorSpec
    ExpiredTokenException: ErrorSpec
    IncompleteSignature: ErrorSpec
    InternalFailure: ErrorSpec
    InvalidParameterValueException: ErrorSpec
    InvalidRequestContentException: ErrorSpec
    InvalidRuntimeException: ErrorSpec
    InvalidSecurityGroupIDException: ErrorSpec
    InvalidSignatureException: ErrorSpec
    InvalidSubnetIDException: ErrorSpec
    InvalidZipFileException: ErrorSpec
    KMSAccessDeniedException: ErrorSpec
    KMSDisabledException: ErrorSpec
    KMSInvalidStateException: ErrorSpec
    KMSNotFoundException: ErrorSpec
    MalformedHttpRequestException: ErrorSpec
    MissingAuthenticationTokenException: ErrorSpec
    ModeNotSupportedException: ErrorSpec
    NoPublishedVersionException: ErrorSpec
    NotAuthorized: ErrorSpec
    OptInRequired: ErrorSpec
    RecursiveInvocationException: ErrorSpec
    RequestAbortedException: ErrorSpec
    RequestEntityTooLargeException: ErrorSpec
    RequestExpired: ErrorSpec
    RequestTimeoutException: ErrorSpec
    RequestTooLargeException: ErrorSpec
    ResourceConflictException: ErrorSpec
    ResourceNotFoundException: ErrorSpec
    ResourceNotReadyException: ErrorSpec
    RuntimeAliasDeletedException: ErrorSpec
    RuntimeVersionDeletedException: ErrorSpec
    S3FilesMountConnectivityException: ErrorSpec
    S3FilesMountFailureException: ErrorSpec
    S3FilesMountTimeoutException: ErrorSpec
    SerializedRequestEntityTooLargeException: ErrorSpec
    ServiceException: ErrorSpec
    ServiceQuotaExceededException: ErrorSpec
    ServiceUnavailable: ErrorSpec
    SnapStartException: ErrorSpec
    SnapStartNotReadyException: ErrorSpec
    SnapStartRegenerationFailureException: ErrorSpec
    SnapStartTimeoutException: ErrorSpec
    SubnetIPAddressLimitReachedException: ErrorSpec
    ThrottlingException: ErrorSpec
    TooManyRequestsException: ErrorSpec
    UnknownOperationException: ErrorSpec
    UnrecognizedClientException: ErrorSpec
    UnsupportedMediaTypeException: ErrorSpec
    ValidationError: ErrorSpec
    ValidationException: ErrorSpec
else:

    def __getattr__(name: str) -> ErrorSpec:
        if not name[:1].isupper():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            return find(name)
        except ValueError as reason:
            raise AttributeError(str(reason)) from None


def __dir__() -> list[str]:
    # Without those of the installed model: an editor that asks must not import botocore.
    return sorted({*globals(), *get_args(ErrorCode)})
