"""Many processes at once: every call answered, recorded once, its attempts its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest

pytestmark = pytest.mark.once
# A call in five has to be repeated, as an SDK does.
PLAIN = """\
import http.client, json, os, sys

process, calls = int(sys.argv[1]), int(sys.argv[2])
address = os.environ["AWS_ENDPOINT_URL_LAMBDA"].partition("//")[2]
connection = http.client.HTTPConnection(address, timeout=60)
for number in range(calls):
    status = None
    while status != 202:
        connection.request(
            "POST",
            f"/2014-11-13/functions/f{process}/invoke-async",
            json.dumps([process, number]).encode(),
            {"amz-sdk-invocation-id": f"{process}-{number}"},
        )
        answer = connection.getresponse()
        answer.read()
        assert status is None or answer.status == 202
        status = answer.status
        print(number, status, answer.headers["x-amzn-requestid"])
connection.close()
"""
BOTO3 = """\
import json, os, sys
import boto3

process, calls = int(sys.argv[1]), int(sys.argv[2])
client = boto3.client("lambda", endpoint_url=os.environ["AWS_ENDPOINT_URL_LAMBDA"])
for number in range(calls):
    arguments = json.dumps([process, number])
    answer = client.invoke_async(FunctionName=f"f{process}", InvokeArgs=arguments)
    metadata = answer["ResponseMetadata"]
    print(number, answer["Status"], metadata["HTTPHeaders"]["x-amzn-requestid"])
"""


def run_all(program, environ, processes, calls):
    """What each process has printed: of each answer the number, the status and the request id."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(process), str(calls)],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for process in range(processes)
    ]
    try:
        printed = [process.communicate(timeout=60 + calls) for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0] * processes, printed
    return [[line.split() for line in output.splitlines()] for output, _ in printed]


def test_sixteen_processes_at_once(invokeasync, invokeasync_server):
    check_processes(invokeasync, invokeasync_server, 16, 25)


@pytest.mark.load
@pytest.mark.timeout(600)
def test_16_processes_with_500_calls_each(invokeasync, invokeasync_server):
    check_processes(invokeasync, invokeasync_server, 16, 500)


def check_processes(invokeasync, invokeasync_server, processes, calls):
    """What so many processes are told of so many calls each is what was recorded."""
    invokeasync.add_error(
        "ServiceException", times=None, attempts=1, where=lambda one: one.payload[1] % 5 == 0
    )

    answers = run_all(PLAIN, invokeasync_server.environ, processes, calls)

    recorded = {json.dumps(one.payload): one for one in invokeasync.invocations}
    assert len(recorded) == len(invokeasync.invocations) == processes * calls
    assert len(invokeasync.events) == processes * calls
    for process, lines in enumerate(answers):
        for number in range(calls):
            one = recorded[json.dumps([process, number])]
            seen = [(int(status), id_) for n, status, id_ in lines if int(n) == number]
            assert [(each.status, each.request_id) for each in one.attempts] == seen
            assert [status for status, _ in seen] == ([202] if number % 5 else [500, 202])
            assert one.function == f"f{process}"
    ids = Counter(each.request_id for one in invokeasync.invocations for each in one.attempts)
    assert set(ids.values()) == {1}
    # Each process's own calls are in the order in which it made them.
    order = [one.payload for one in invokeasync.invocations]
    for process in range(processes):
        assert [n for p, n in order if p == process] == list(range(calls))


def test_two_processes_with_boto3(invokeasync, invokeasync_server):
    answers = run_all(BOTO3, invokeasync_server.environ, 2, 10)

    told = sorted(id_ for lines in answers for _, _, id_ in lines)
    assert told == sorted(event.request_id for event in invokeasync.events)
    assert len(invokeasync.invocations) == 20
    assert all(len(one.attempts) == 1 for one in invokeasync.invocations)
