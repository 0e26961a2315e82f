"""Every error of the catalogue, met by the real botocore and by requests."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys

import boto3
import botocore.loaders
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_invokeasync import ErrorSpec, InvokeAsyncMock, errors
from pytest_invokeasync.scripting.selection import SETS, select
from pytest_invokeasync.sdk import model as sdk_model
from pytest_invokeasync.sdk import retries as sdk_retries

URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"
EVERY = [pytest.param(spec, id=spec.code) for spec in errors.every()]
MODES = ("legacy", "standard", "adaptive")
CLIENTS = {mode: boto3.client("lambda", config=Config(retries={"mode": mode})) for mode in MODES}

# What AWS's pages and runs of the SDK say (not what the code under test says).
THROTTLED_WITH_400 = {"ThrottlingException"}
TIMED_OUT = {"RequestTimeoutException"}


def attempts_expected(spec: ErrorSpec, mode: str) -> int:
    if mode == "legacy":
        retried = spec.status in (429, 500, 502, 503, 504) or spec.code in THROTTLED_WITH_400
        return 5 if retried else 1
    retried = spec.status in (429, 500, 502, 503, 504)
    return 3 if retried or spec.code in THROTTLED_WITH_400 | TIMED_OUT else 1


def invoke(client):
    with pytest.raises(ClientError) as caught:
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
    return caught.value


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("spec", EVERY)
def test_the_real_botocore_takes_it_for_what_it_is(invokeasync, spec, mode):
    client = CLIENTS[mode]
    invokeasync.add_error(spec, message="Said so.")

    error = invoke(client)

    typed = getattr(client.exceptions, spec.code, ClientError)
    assert type(error) is typed
    assert error.response["Error"]["Code"] == spec.code
    assert error.response["Error"]["Message"] == "Said so."
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == spec.status
    if typed is not ClientError:
        assert error.response.get("Type") == spec.type


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("spec", EVERY)
def test_botocore_tries_as_often_as_it_does_with_the_service(invokeasync, spec, mode):
    invokeasync.add_error(spec)

    invoke(CLIENTS[mode])

    assert len(invokeasync.get_invocation().attempts) == attempts_expected(spec, mode)


@pytest.mark.parametrize("spec", EVERY)
def test_retryable_and_terminal_are_what_botocore_does_by_default(invokeasync, spec):
    client = boto3.client("lambda")
    invokeasync.add_error(spec)

    invoke(client)

    retried = len(invokeasync.get_invocation().attempts) > 1
    assert (spec in select(["retryable"]), spec in select(["terminal"])) == (retried, not retried)


@pytest.mark.parametrize("spec", EVERY)
def test_on_the_wire_it_is_what_aws_sends(invokeasync, spec):
    invokeasync.add_error(spec)

    answer = requests.post(URL, data=b"{}", timeout=5)

    document = answer.json()
    assert answer.status_code == spec.status
    assert answer.headers["x-amzn-errortype"] == spec.code
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.text == json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    members = {spec.message_key, *spec.extra} | ({"Type"} if spec.type else set())
    assert set(document) == members


def test_the_documented_errors_are_those_of_the_api_page():
    assert {(spec.code, spec.status) for spec in errors.documented()} == {
        ("InvalidRequestContentException", 400),
        ("InvalidRuntimeException", 502),
        ("ResourceConflictException", 409),
        ("ResourceNotFoundException", 404),
        ("ServiceException", 500),
    }


def test_the_modeled_errors_are_those_of_the_installed_model():
    operation = boto3.client("lambda").meta.service_model.operation_model("InvokeAsync")

    modeled = {(spec.code, spec.status) for spec in errors.modeled()}

    assert modeled == {
        (shape.name, shape.metadata["error"]["httpStatusCode"]) for shape in operation.error_shapes
    }


@pytest.mark.parametrize("spec", errors.modeled(), ids=str)
def test_a_modeled_error_spells_its_message_as_the_model_does(spec):
    shape = boto3.client("lambda").meta.service_model.shape_for(spec.code)

    assert spec.message_key in shape.members
    assert (spec.type is not None) == ("Type" in shape.members)


def test_the_common_errors_are_those_that_the_service_may_answer_to_any_action():
    assert {(spec.code, spec.status) for spec in errors.common()} == {
        ("AccessDeniedException", 403),
        ("ExpiredTokenException", 403),
        ("IncompleteSignature", 403),
        ("InternalFailure", 500),
        ("InvalidSignatureException", 403),
        ("MalformedHttpRequestException", 400),
        ("MissingAuthenticationTokenException", 403),
        ("NotAuthorized", 401),
        ("OptInRequired", 403),
        ("RequestAbortedException", 400),
        ("RequestEntityTooLargeException", 413),
        ("RequestExpired", 400),
        ("RequestTimeoutException", 408),
        ("ServiceUnavailable", 503),
        ("ThrottlingException", 400),
        ("TooManyRequestsException", 429),
        ("UnknownOperationException", 404),
        ("UnrecognizedClientException", 403),
        ("ValidationError", 400),
        ("ValidationException", 400),
    }


def test_all_is_everything_once():
    codes = [spec.code for spec in SETS["all"]()]

    assert len(codes) == len(set(codes))
    for name in ("documented", "modeled", "common"):
        assert {spec.code for spec in SETS[name]()} <= set(codes)


def test_an_error_is_an_attribute():
    assert errors.ServiceException.code == "ServiceException"
    # One that is known from the installed model alone, of an operation if not of this one.
    assert errors.EFSIOException.status == 410
    assert {spec.code for spec in (*errors.documented(), *errors.common())} <= set(dir(errors))


def test_the_names_of_the_errors_are_there_without_botocore():
    program = (
        "import sys; from pytest_invokeasync import errors; "
        "print('EFSIOException' in dir(errors), 'botocore' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert told.stdout.split() == [b"True", b"False"]


def test_an_attribute_that_does_not_exist_names_the_nearest():
    with pytest.raises(AttributeError, match="did you mean 'ServiceException'"):
        errors.ServiceExeption  # noqa: B018

    with pytest.raises(AttributeError, match="has no attribute 'documentd'"):
        errors.documentd  # noqa: B018


def test_an_error_that_the_service_lists_for_other_operations_can_be_scripted_too(invokeasync):
    invokeasync.add_error("CodeStorageExceededException")

    error = invoke(CLIENTS["standard"])

    assert type(error).__name__ == "CodeStorageExceededException"


def test_an_unknown_code_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="unknown error code 'ServiceExeption'; did you mean"):
        InvokeAsyncMock().add_error("ServiceExeption")


@pytest.mark.parametrize(
    ("which", "codes"),
    [
        (["ServiceException", "documented"], 5),
        ([errors.ServiceException, "ServiceException"], 1),
        (["LostAnswer"], 1),
        ([ErrorSpec("Own", 418)], 1),
    ],
)
def test_a_selection_holds_each_once(which, codes):
    assert len(select(which)) == codes


def test_a_selection_of_what_does_not_exist_names_the_nearest():
    with pytest.raises(ValueError, match="unknown set, error code or fault 'documentd'; did you"):
        select(["documentd"])

    with pytest.raises(TypeError, match="an outcome is a set, a code, an ErrorSpec or a fault"):
        select([42])


@pytest.mark.parametrize(
    "variable", ["AWS_MAX_ATTEMPTS=1", "AWS_RETRY_MODE=legacy", "AWS_PROFILE=nobody"]
)
def test_the_sets_are_those_of_the_sdk_and_not_of_this_machine(monkeypatch, variable):
    as_it_is = select(["retryable"])
    for cached in (sdk_retries.is_retried, sdk_retries._client):
        cached.cache_clear()
    monkeypatch.setenv(*variable.split("="))

    assert select(["retryable"]) == as_it_is
    assert as_it_is != []


def test_an_error_can_be_copied_and_sent_to_other_processes():
    spec = ErrorSpec("Own", 418, extra={"Reason": "tea"}, headers={"Retry-After": "1"})

    assert copy.deepcopy(spec) == pickle.loads(pickle.dumps(spec)) == spec


@pytest.mark.parametrize("header", ["Content-Length", "transfer-encoding", "x-amzn-ErrorType"])
def test_a_header_that_follows_from_the_answer_cannot_be_set(header):
    with pytest.raises(ValueError, match=f"'{header}' cannot be set: its value follows from"):
        ErrorSpec("Own", 418, headers={header: "1"})


@pytest.mark.parametrize("member", ["message", "Message", "Type"])
def test_extra_members_are_further_ones(member):
    with pytest.raises(ValueError, match=f"extra cannot hold '{member}'"):
        ErrorSpec("Own", 418, extra={member: "x"})


def test_a_request_id_may_be_scripted(invokeasync):
    invokeasync.add_error("ServiceException", headers={"X-Amzn-RequestId": "known"})

    assert requests.post(URL, data=b"1", timeout=5).headers["x-amzn-requestid"] == "known"
    assert invokeasync.get_invocation().request_id == "known"


def test_a_fault_given_as_an_error_is_told(invokeasync):
    with pytest.raises(ValueError, match=r"'ReadTimeout' is a fault, not an error: add_fault\("):
        invokeasync.add_error("ReadTimeout")


def test_a_model_of_the_users_own_is_read_as_botocore_reads_it(monkeypatch, tmp_path):
    loader = botocore.loaders.create_loader()
    version = loader.determine_latest_version("lambda", "service-2")
    model = loader.load_service_model("lambda", "service-2", version)
    operations = dict(model["operations"])
    operation = operations["InvokeAsync"]
    operations["InvokeAsync"] = {
        **operation,
        "errors": [{"shape": "ServerSideException"}, {"shape": "CallerSideException"}],
    }
    shapes = {
        **model["shapes"],
        "ServerSideException": {"type": "structure", "members": {}, "exception": True},
        "CallerSideException": {
            "type": "structure",
            "members": {},
            "error": {"senderFault": True},
            "exception": True,
        },
    }
    folder = tmp_path / "lambda" / version
    folder.mkdir(parents=True)
    own = {**model, "operations": operations, "shapes": shapes}
    (folder / "service-2.json").write_text(json.dumps(own))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    cached = (sdk_model._service_model, sdk_model.errors_of)
    for function in cached:
        function.cache_clear()

    modeled = {(spec.code, spec.status) for spec in errors.modeled()}

    for function in cached:
        function.cache_clear()
    assert modeled == {("ServerSideException", 500), ("CallerSideException", 400)}
