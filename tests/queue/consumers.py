"""Functions and calls that the tests of the queue share."""

from __future__ import annotations

import json

import boto3

client = boto3.client("lambda")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead"
TOPIC = "arn:aws:sns:us-east-1:123456789012:done"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"
BUCKET = "arn:aws:s3:::failures"


def invoke(payload=None, function="orders", **more):
    """Queues an event by Invoke; gives its request id."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload)
    answer = client.invoke(FunctionName=function, InvocationType="Event", Payload=body, **more)
    return answer["ResponseMetadata"]["RequestId"]


class Calls(list):
    """A handler that remembers its events, and does what it is told."""

    def __init__(self, *does):
        super().__init__()
        self.contexts = []
        self._does = list(does)

    def __call__(self, event, context):
        self.append(event)
        self.contexts.append(context)
        done = self._does.pop(0) if self._does else None
        if isinstance(done, BaseException) or (
            isinstance(done, type) and issubclass(done, BaseException)
        ):
            raise done
        return done(event, context) if callable(done) else done


def outcomes(event):
    return [run.outcome for run in event.runs]


def seconds(mock, event):
    """When each run was, in seconds since virtual time began."""
    start = event.runs[0].at
    return [(run.at - start).total_seconds() for run in event.runs]
