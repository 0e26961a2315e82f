"""The names that an editor completes. Any other ``str`` is allowed too, and looked up when a test
runs, since the installed botocore may know more codes.
"""

from __future__ import annotations

from typing import Literal

ErrorCode = Literal[
    "AccessDeniedException",
    "CodeArtifactUserDeletedException",
    "CodeArtifactUserFailedException",
    "CodeArtifactUserPendingException",
    "DurableExecutionAlreadyStartedException",
    "EC2AccessDeniedException",
    "EC2ThrottledException",
    "EC2UnexpectedException",
    "EFSIOException",
    "EFSMountConnectivityException",
    "EFSMountFailureException",
    "EFSMountTimeoutException",
    "ENILimitReachedException",
    "ENINotReadyException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InternalFailure",
    "InvalidParameterValueException",
    "InvalidRequestContentException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSignatureException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "MalformedHttpRequestException",
    "MissingAuthenticationTokenException",
    "ModeNotSupportedException",
    "NoPublishedVersionException",
    "NotAuthorized",
    "OptInRequired",
    "RecursiveInvocationException",
    "RequestAbortedException",
    "RequestEntityTooLargeException",
    "RequestExpired",
    "RequestTimeoutException",
    "RequestTooLargeException",
    "ResourceConflictException",
    "ResourceNotFoundException",
    "ResourceNotReadyException",
    "RuntimeAliasDeletedException",
    "RuntimeVersionDeletedException",
    "S3FilesMountConnectivityException",
    "S3FilesMountFailureException",
    "S3FilesMountTimeoutException",
    "SerializedRequestEntityTooLargeException",
    "ServiceException",
    "ServiceQuotaExceededException",
    "ServiceUnavailable",
    "SnapStartException",
    "SnapStartNotReadyException",
    "SnapStartRegenerationFailureException",
    "SnapStartTimeoutException",
    "SubnetIPAddressLimitReachedException",
    "ThrottlingException",
    "TooManyRequestsException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "UnsupportedMediaTypeException",
    "ValidationError",
    "ValidationException",
]
"""The codes of the catalogue."""
FaultName = Literal[
    "ConnectTimeout",
    "ReadTimeout",
    "ConnectionClosed",
    "ConnectionRefused",
    "NameResolution",
    "TLSFailure",
    "TruncatedAnswer",
    "BadGatewayPage",
    "ServiceUnavailablePage",
    "GatewayTimeoutPage",
    "LostAnswer",
]
"""The names of ``faults``."""
ErrorSet = Literal[
    "documented",
    "modeled",
    "invoke",
    "common",
    "retryable",
    "terminal",
    "all",
]
"""The sets of errors."""
RunName = Literal[
    "TimedOut",
    "Killed",
    "Throttled",
    "Duplicated",
    "Lost",
]
"""The names of ``runs``: of those that take no argument, or need none."""
RunSet = Literal["runs"]
"""The set of ``runs``, for ``sweep``."""
