"""Destination records and dead letters, byte for byte as they were recorded of AWS."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from pytest_invokeasync.queue import destinations

MOMENT = datetime(2026, 9, 1, 12, 30, 45, 67_000, tzinfo=timezone.utc)
QUEUE = "arn:aws:sqs:us-east-1:123456789012:failures"
TOPIC = "arn:aws:sns:us-east-1:123456789012:failures"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST"


def record(**changed):
    return destinations.record(
        **{
            "moment": MOMENT,
            "request_id": "5e1f",
            "arn": FUNCTION,
            "condition": "RetriesExhausted",
            "runs": 3,
            "body": b'{"id": 42}',
            "context": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "response": b'{"errorMessage": "no"}',
            "destination": QUEUE,
            **changed,
        }
    )


def test_a_record_of_a_function_error():
    assert record() == (
        b'{"version":"1.0","timestamp":"2026-09-01T12:30:45.067Z","requestContext":'
        b'{"requestId":"5e1f","functionArn":"' + FUNCTION.encode() + b'",'
        b'"condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":{"id": 42},'
        b'"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":'
        b'"Unhandled"},"responsePayload":{"errorMessage": "no"}}'
    )


def test_what_the_caller_sent_stands_in_it_byte_for_byte():
    sent = b'{ "id" :\t42 }\n'

    assert b'"requestPayload":' + sent + b',"responseContext"' in record(body=sent)


def test_a_throttled_event_has_no_response_payload():
    payload = json.loads(record(context={"statusCode": 429}, response=None, runs=0))

    assert payload["responseContext"] == {"statusCode": 429}
    assert "responsePayload" not in payload


def test_an_event_that_was_never_answered_has_no_response_at_all():
    assert "responseContext" not in json.loads(record(context=None, response=None))


def test_sns_drops_the_payloads_of_what_is_too_long_for_it():
    long = json.dumps("x" * 262_144).encode()

    assert {"requestPayload", "responsePayload"}.isdisjoint(
        json.loads(record(body=long, destination=TOPIC))
    )
    assert json.loads(record(body=long))["requestPayload"] == "x" * 262_144
    assert json.loads(record(destination=TOPIC))["requestPayload"] == {"id": 42}


def test_an_error_message_of_a_dead_letter_is_cut_at_a_kilobyte_between_characters():
    message = "x" + "é" * 1_000

    attributes = destinations.attributes(request_id="5e1f", code=200, message=message)

    assert attributes == {
        "RequestID": "5e1f",
        "ErrorCode": "200",
        "ErrorMessage": "x" + "é" * 511,
    }


def test_the_key_in_s3():
    key = destinations.object_key("orders", MOMENT, "5e1f")

    assert key.startswith("aws/lambda/async/orders/2026/09/01/2026-09-01T12.30.45-")
    assert key == destinations.object_key("orders", MOMENT, "5e1f")
    assert key != destinations.object_key("orders", MOMENT, "6e1f")


@pytest.mark.parametrize(
    ("arn", "service"),
    [
        (QUEUE, "sqs"),
        ("arn:aws-cn:events:cn-north-1:123456789012:event-bus/default", "events"),
        ("arn:aws:s3:::bucket", "s3"),
        (FUNCTION, "lambda"),
    ],
)
def test_the_service_of_an_arn(arn, service):
    assert destinations.service_of(arn) == service
