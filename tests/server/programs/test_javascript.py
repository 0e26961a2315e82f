"""The AWS SDKs for JavaScript, v3 and v2, as real Node programs against the real endpoint."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_invokeasync import error_params, faults

HERE = Path(__file__).parent / "javascript"
PAYLOAD = {"id": 42, "note": "Grüße"}

# Only where there is no Node: with it, whatever is wrong with the packages is an error.
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js")


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """The directory of the programs, with what package-lock.json names beside them."""
    directory = tmp_path_factory.mktemp("javascript") / "programs"
    shutil.copytree(HERE, directory)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=directory,
        check=True,
        timeout=280,
    )
    yield directory
    # 130 MB that pytest would keep for three runs.
    shutil.rmtree(directory)


@pytest.fixture
def invoke(programs, invokeasync_server):
    """Runs a program that invokes functions; returns what became of each."""

    def invoke(program, *names, payload=PAYLOAD, how=""):
        sent = "" if payload is None else json.dumps(payload)
        run = subprocess.run(
            ["node", program, ",".join(names), sent, how],
            cwd=programs,
            env=invokeasync_server.environ,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return [json.loads(line) for line in run.stdout.splitlines()]

    return invoke


both = pytest.mark.parametrize("program", ["v3.mjs", "v2.cjs"])


def test_the_lock_file_names_no_registry():
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))

    assert lock["packages"]["node_modules/@aws-sdk/client-lambda"]["integrity"]
    assert "://" not in "".join(p.get("resolved", "") for p in lock["packages"].values())


@both
def test_a_call_is_recorded(invoke, invokeasync, program):
    (outcome,) = invoke(program, "orders")

    assert outcome["Status"] == 202
    event = invokeasync.assert_queued_once("orders", payload=PAYLOAD, region="us-east-1")
    assert event.invocation.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=")
    assert event.invocation.caller is None


@both
def test_names_of_every_form_arrive(invoke, invokeasync, program):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:orders"
    outcomes = invoke(program, "orders:live", arn, f"{arn}:$LATEST", "or ders/é~")

    assert [outcome.get("Status") for outcome in outcomes] == [202, 202, 202, None]
    assert outcomes[3]["name"] == "ValidationException"
    assert [i.qualifier for i in invokeasync.invocations] == ["live", None, "$LATEST", None]
    assert invokeasync.invocations[3].function == "or ders/é~"


@both
@pytest.mark.parametrize("error", error_params("documented"))
def test_an_error_is_that_error(invoke, invokeasync, program, error):
    invokeasync.add_error(error, times=None, message="no")

    (outcome,) = invoke(program, "orders")

    assert (outcome["name"], outcome["message"], outcome["status"]) == (
        error.code,
        "no",
        error.status,
    )
    attempts = [
        attempt for invocation in invokeasync.invocations for attempt in invocation.attempts
    ]
    assert {a.error for a in attempts} == {error.code}
    assert len(attempts) == (1 if error.status < 500 else {"v3.mjs": 3, "v2.cjs": 4}[program])


def test_attempts_of_v3_are_merged_into_one_invocation(invoke, invokeasync):
    invokeasync.add_error("ServiceException", attempts=2)

    (outcome,) = invoke("v3.mjs", "orders")

    assert outcome == {"Status": 202, "attempts": 3}
    assert [a.status for a in invokeasync.get_invocation().attempts] == [500, 500, 202]


def test_attempts_of_v2_have_no_common_id(invoke, invokeasync):
    invokeasync.add_error("ServiceException", times=2)

    (outcome,) = invoke("v2.cjs", "orders")

    assert outcome == {"Status": 202}
    assert [i.status for i in invokeasync.invocations] == [500, 500, 202]


@both
@pytest.mark.parametrize(
    "fault", [faults.ConnectionClosed, faults.ConnectionRefused, faults.BadGatewayPage], ids=str
)
def test_a_fault_is_retried(invoke, invokeasync, program, fault):
    invokeasync.add_fault(fault, attempts=1)

    (outcome,) = invoke(program, "orders")

    assert outcome["Status"] == 202
    first = invokeasync.invocations[0].attempts[0]
    assert first.fault == fault.name
    invokeasync.assert_queued_once("orders")


@pytest.mark.parametrize(
    ("program", "said"), [("v3.mjs", "ECONNREFUSED"), ("v2.cjs", "UnknownEndpoint")]
)
def test_nobody_listens(invoke, invokeasync, invokeasync_server, program, said):
    with invokeasync_server.refuse_connections():
        (outcome,) = invoke(program, "orders")

    assert said in json.dumps(outcome)
    assert invokeasync.invocations == []


# Invoke.


@both
@pytest.mark.parametrize("payload", [PAYLOAD, None], ids=["payload", "none"])
def test_an_event_by_invoke_is_recorded(invoke, invokeasync, program, payload):
    (outcome,) = invoke(program, "orders", payload=payload, how="Event")

    assert outcome == {"Status": 202, "Payload": ""}
    invokeasync.assert_queued_once("orders", payload=payload or {}, api="Invoke")


@both
def test_a_dry_run_by_invoke_queues_nothing(invoke, invokeasync, program):
    (outcome,) = invoke(program, "orders", how="DryRun")

    assert outcome == {"Status": 204, "Payload": ""}
    invokeasync.assert_invoked_once("orders", invocation_type="DryRun")
    invokeasync.assert_not_queued()


@both
def test_an_error_of_invoke_is_that_error(invoke, invokeasync, program):
    invokeasync.add_error("InvalidParameterValueException", message="no")

    (outcome,) = invoke(program, "orders", how="Event")

    assert (outcome["name"], outcome["status"]) == ("InvalidParameterValueException", 400)


@both
def test_another_invocation_type_is_refused(invoke, invokeasync, program):
    (outcome,) = invoke(program, "orders", how="RequestResponse")

    assert (outcome["name"], outcome["status"]) == ("UnknownOperationException", 404)
    assert len(invokeasync.unmocked_calls) == 1
    invokeasync.unmocked_calls.clear()
