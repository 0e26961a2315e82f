"""Reads botocore's data: Lambda's model and AWS's partitions. No other module does.

botocore is imported inside the functions, so that a run without a mock does not pay for it.
"""

from __future__ import annotations

import functools
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SERVICE = "lambda/2015-03-31/service-2"


@dataclass(frozen=True, slots=True)
class ModeledError:
    """One error shape of the installed model."""

    code: str
    status: int
    sender_fault: bool
    message_key: str | None
    """``Message`` or ``message``, as the shape spells it."""
    has_type: bool


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of AWS with regions and domains of its own."""

    name: str
    region_pattern: re.Pattern[str]
    dns_suffixes: tuple[str, ...]


def _data(name: str) -> Any:
    """A file of botocore's data, or of the user's own."""
    import botocore.loaders

    # The variable with which the user can add models to a session.
    loader = botocore.loaders.create_loader(os.environ.get("AWS_DATA_PATH"))
    try:
        if name == _SERVICE:
            return loader.load_service_model("lambda", "service-2")
        return loader.load_data(name)
    except Exception:  # The test fakes files.
        return _data_of_package(name)


def _data_of_package(name: str) -> Any:
    import gzip

    import botocore

    # By the way of imports, which nobody fakes.
    read: Any = botocore.__loader__
    path = Path(botocore.__file__).parent / "data" / name
    try:
        text = gzip.decompress(read.get_data(f"{path}.json.gz"))
    except OSError:
        text = read.get_data(f"{path}.json")
    return json.loads(text)


def configured_region() -> str | None:
    """The region that a client made now would have; ``None`` if none is configured."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        region: str | None = botocore.session.Session().get_config_variable("region")
    except BotoCoreError:  # such as a profile that does not exist
        return None
    return region or None


@functools.cache
def _service_model() -> Any:
    import botocore.model

    return botocore.model.ServiceModel(_data(_SERVICE), "lambda")


@functools.cache
def errors_of(operation: str) -> tuple[ModeledError, ...]:
    """The errors that the installed model lists for an operation, by name."""
    shapes = _service_model().operation_model(operation).error_shapes
    return tuple(sorted((_error_of(shape) for shape in shapes), key=lambda error: error.code))


@functools.cache
def service_errors() -> dict[str, ModeledError]:
    """Every error shape of the service: botocore has an exception class for each."""
    return {shape.name: _error_of(shape) for shape in _service_model().error_shapes}


def _error_of(shape: Any) -> ModeledError:
    error = shape.metadata.get("error", {})
    sender_fault = bool(error.get("senderFault"))
    return ModeledError(
        code=shape.error_code,
        status=error.get("httpStatusCode", 400 if sender_fault else 500),
        sender_fault=sender_fault,
        message_key=next((name for name in shape.members if name.lower() == "message"), None),
        has_type="Type" in shape.members,
    )


@functools.cache
def function_name_rule(operation: str) -> tuple[str, int]:
    """The pattern and maximum length of a FunctionName in the installed model."""
    shape = _service_model().operation_model(operation).input_shape.members["FunctionName"]
    return shape.metadata["pattern"], shape.metadata["max"]


@functools.cache
def qualifier_pattern(operation: str) -> str:
    """The pattern of a Qualifier in the installed model."""
    shape = _service_model().operation_model(operation).input_shape.members["Qualifier"]
    pattern: str = shape.metadata["pattern"]
    return pattern


@functools.cache
def partitions() -> tuple[Partition, ...]:
    """The partitions that the installed botocore knows."""
    data = _data("partitions")
    return tuple(
        Partition(
            name=partition["id"],
            region_pattern=re.compile(partition["regionRegex"]),
            dns_suffixes=tuple(
                sorted(
                    {partition["outputs"]["dnsSuffix"], partition["outputs"]["dualStackDnsSuffix"]}
                )
            ),
        )
        for partition in data["partitions"]
    )


@functools.cache
def partition_of(region: str) -> str:
    """The partition of a region; ``aws`` for one that botocore does not know."""
    for partition in partitions():
        if partition.region_pattern.match(region):
            return partition.name
    return "aws"


@functools.cache
def _lambda_host() -> re.Pattern[str]:
    suffixes = {suffix for partition in partitions() for suffix in partition.dns_suffixes}
    domain = "|".join(re.escape(suffix) for suffix in sorted(suffixes))
    # A region as AWS names them, future ones too: not s3, since a bucket may be called lambda. The
    # service's oldest name has no region.
    return re.compile(
        r"(?:.+\.)?lambda(?:-fips)?\."
        rf"(?:(?P<region>[a-z]+(?:-[a-z]+)+-[0-9]+)\.(?:vpce\.)?)?(?:{domain})",
        re.IGNORECASE | re.ASCII,
    )


@functools.lru_cache(maxsize=1024)
def _lambda_match(host: str) -> re.Match[str] | None:
    # Most hosts have nothing to do with Lambda, and no data files are read for them.
    if "lambda" not in host.lower():
        return None
    return _lambda_host().fullmatch(host.rstrip("."))


def is_lambda_endpoint(host: str) -> bool:
    """Whether a host is a Lambda endpoint of AWS.

    That is, a regional, FIPS, dualstack or VPC endpoint, in a partition that botocore knows. A
    function URL, ``*.lambda-url.*.on.aws``, is not: it is the function's own.
    """
    return _lambda_match(host) is not None


def lambda_region(host: str) -> str | None:
    """The region that a Lambda endpoint's host names; ``None`` for any other host."""
    match = _lambda_match(host)
    region = match["region"] if match else None
    return region.lower() if region else None


def prepare_hosts() -> None:
    """Reads what ``is_lambda_endpoint`` needs before the code under test, which may fake files."""
    _lambda_host()


def prepare() -> None:
    """Reads all that a mock may need."""
    prepare_hosts()
    _service_model()
