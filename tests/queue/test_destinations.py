"""What is sent when an event has ended: to destinations, and to dead-letter queues."""

from __future__ import annotations

import json
import re

import pytest
from consumers import BUCKET, BUS, QUEUE, TOPIC, Calls, client, invoke, outcomes

from pytest_invokeasync import DeadLetter, DestinationRecord, FunctionFailed, runs

ORDERS = "arn:aws:lambda:us-east-1:123456789012:function:orders"
AUDIT = "arn:aws:lambda:us-east-1:123456789012:function:audit"


class TestRecords:
    def test_of_a_success(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls({"ok": True}), on_success=TOPIC)
        request_id = invoke(b'{ "id":42 }\n')

        (event,) = invokeasync.run_until_idle()

        (record,) = invokeasync.destination_records
        assert record.body == (
            b'{"version":"1.0","timestamp":"'
            + f"{invokeasync.now:%Y-%m-%dT%H:%M:%S}".encode()
            + f".{invokeasync.now.microsecond // 1000:03}Z".encode()
            + b'","requestContext":{"requestId":"'
            + request_id.encode()
            + b'","functionArn":"'
            + ORDERS.encode()
            + b':$LATEST","condition":"Success","approximateInvokeCount":1},'
            b'"requestPayload":{ "id":42 }\n,"responseContext":{"statusCode":200,'
            b'"executedVersion":"$LATEST"},"responsePayload":{"ok": true}}'
        )
        assert (record.destination, record.event) == (TOPIC, event)
        assert event.destination_records == (record,)
        assert record.payload["requestPayload"] == {"id": 42}

    def test_of_a_function_error(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(*[ValueError("no")] * 3))
        invokeasync.register_function("orders", on_failure=QUEUE, on_success=TOPIC)
        invoke(Qualifier="7")

        invokeasync.run_until_idle()

        (record,) = invokeasync.destination_records
        assert record.destination == QUEUE
        assert record.payload["requestContext"] == {
            "requestId": record.event.request_id,
            "functionArn": f"{ORDERS}:7",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        }
        assert record.payload["responseContext"] == {
            "statusCode": 200,
            "executedVersion": "7",
            "functionError": "Unhandled",
        }
        assert record.payload["responsePayload"] == record.event.runs[-1].payload
        assert record.payload["responsePayload"]["errorType"] == "ValueError"

    def test_of_an_event_that_ended_early(self, invokeasync):
        invokeasync.register_function(
            "orders", handler=Calls(ValueError), on_failure=QUEUE, maximum_event_age=60
        )
        invoke()

        invokeasync.run_until_idle()

        context = invokeasync.destination_records[0].payload["requestContext"]
        assert context["condition"] == "EventAgeExceeded"
        assert context["approximateInvokeCount"] == 1

    def test_of_an_event_that_was_throttled_until_it_was_too_old(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(), on_failure=QUEUE)
        invokeasync.add_run(runs.Throttled, times=None)
        invoke()

        invokeasync.run_until_idle()

        record = invokeasync.destination_records[0].payload
        assert record["responseContext"] == {"statusCode": 429}
        assert "responsePayload" not in record
        assert record["requestContext"]["approximateInvokeCount"] == 0

    def test_of_an_event_that_was_too_old_before_it_was_tried(self, invokeasync):
        invokeasync.register_function(
            "orders", handler=Calls(), on_failure=QUEUE, dead_letter=QUEUE
        )
        invokeasync.add_run(runs.Late(21_600))
        invoke()

        (event,) = invokeasync.run_until_idle()

        (record,) = event.destination_records
        assert record.payload["requestContext"]["condition"] == "EventAgeExceeded"
        assert record.payload.keys().isdisjoint({"responseContext", "responsePayload"})
        assert event.dead_letter.attributes["ErrorCode"] == "429"

    def test_an_empty_event_stands_in_it_as_what_the_function_got(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler, on_success=TOPIC)
        client.invoke(FunctionName="orders", InvocationType="Event")

        invokeasync.run_until_idle()

        assert handler == [{}]
        assert invokeasync.destination_records[0].payload["requestPayload"] == {}

    def test_a_duplicate_has_a_record_of_its_own(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(1, 2), on_success=TOPIC)
        invokeasync.add_run(runs.Duplicated)
        invoke()

        (event,) = invokeasync.run_until_idle()

        payloads = [record.payload for record in event.destination_records]
        assert [one["responsePayload"] for one in payloads] == [1, 2]
        assert [one["requestContext"]["approximateInvokeCount"] for one in payloads] == [1, 1]

    def test_for_eventbridge_and_s3(self, invokeasync):
        invokeasync.register_function(
            "orders", handler=Calls(None, *[ValueError] * 3), on_success=BUS, on_failure=BUCKET
        )
        invoke()
        invoke()
        invokeasync.run_until_idle()

        success, failure = invokeasync.destination_records

        assert success.detail_type == "Lambda Function Invocation Result - Success"
        assert success.resources == (BUS, f"{ORDERS}:$LATEST")
        assert failure.detail_type == "Lambda Function Invocation Result - Failure"
        assert re.fullmatch(
            r"aws/lambda/async/orders/\d{4}/\d\d/\d\d/[\d-]{10}T[\d.]{8}-[0-9a-f-]{36}",
            failure.key,
        )

    def test_a_text_of_bytes_is_a_text_in_it(self, invokeasync):
        invokeasync.register_function(
            "orders", handler=Calls(b"\xff no JSON", b'{"is": "JSON"}'), on_success=TOPIC
        )
        invoke()
        invoke()

        invokeasync.run_until_idle()

        sent = [one.payload["responsePayload"] for one in invokeasync.destination_records]
        assert sent == ["\ufffd no JSON", {"is": "JSON"}]


class TestDeadLetters:
    def test_of_a_function_error(self, invokeasync):
        invokeasync.register_function(
            "orders", handler=Calls(*[ValueError("no")] * 3), dead_letter=QUEUE
        )
        request_id = invoke(b'{ "id":42 }')

        (event,) = invokeasync.run_until_idle()

        (letter,) = invokeasync.dead_letters
        assert (letter.queue, letter.body, letter.payload) == (QUEUE, b'{ "id":42 }', {"id": 42})
        assert letter.attributes == {
            "RequestID": request_id,
            "ErrorCode": "200",
            "ErrorMessage": "no",
        }
        assert event.dead_letter is letter
        assert letter.event == event
        assert invokeasync.assert_dead_lettered("orders", times=1) == [event]

    def test_of_one_that_was_too_old(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(), dead_letter=QUEUE)
        invokeasync.add_run(runs.Throttled, times=None)
        invoke()

        invokeasync.run_until_idle()

        attributes = invokeasync.dead_letters[0].attributes
        assert (attributes["ErrorCode"], attributes["ErrorMessage"]) == ("429", "Rate Exceeded.")

    def test_a_destination_is_told_too(self, invokeasync):
        invokeasync.register_function(
            "orders", handler=Calls(*[ValueError] * 3), dead_letter=QUEUE, on_failure=TOPIC
        )
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert event.dead_letter is not None
        assert len(event.destination_records) == 1

    def test_a_success_is_none(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(), dead_letter=QUEUE)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert event.dead_letter is None
        assert invokeasync.dead_letters == invokeasync.destination_records == []


class TestHandedOn:
    def test_as_it_is_sent(self, invokeasync):
        sent = []
        invokeasync.register_function(
            "orders", handler=Calls(None, *[ValueError] * 3), on_success=TOPIC, dead_letter=QUEUE
        )
        invokeasync.add_destination(TOPIC, sent.append)
        invokeasync.add_destination(QUEUE, sent.append)
        invoke(1)
        invoke(2)

        invokeasync.run_until_idle()

        assert [type(one) for one in sent] == [DestinationRecord, DeadLetter]
        assert sent == [*invokeasync.destination_records, *invokeasync.dead_letters]
        assert "orders" in repr(sent[0])
        assert QUEUE in repr(sent[1])

    def test_what_a_callback_raises_leaves_the_drain(self, mock):
        mock.register_function("orders", handler=Calls(), on_success=TOPIC)
        mock.add_destination(TOPIC, lambda record: 1 / 0)
        invoke()

        with pytest.raises(ZeroDivisionError):
            mock.run_until_idle()

        assert mock.events[0].outcome == "Success"
        assert len(mock.destination_records) == 1

    @pytest.mark.parametrize(
        ("arn", "callback", "error", "words"),
        [
            ("dead", print, ValueError, "arn= is an ARN, not 'dead'"),
            (None, print, TypeError, "arn= is an ARN, not None"),
            ("arn:aws:kinesis:us-east-1:123456789012:x", print, ValueError, "'kinesis'"),
            (QUEUE, None, TypeError, "add_destination() takes a callable"),
        ],
    )
    def test_a_wrong_value_is_told_at_once(self, invokeasync, arn, callback, error, words):
        with pytest.raises(error) as raised:
            invokeasync.add_destination(arn, callback)

        assert words in str(raised.value)


class TestLambda:
    def test_a_function_gets_the_record_as_an_event(self, invokeasync):
        audit = Calls()
        invokeasync.register_function("orders", handler=Calls("done"), on_success=AUDIT)
        invokeasync.register_function("audit", handler=audit)
        invoke({"id": 42})

        ended = invokeasync.run_until_idle()

        (record,) = invokeasync.destination_records
        assert audit == [record.payload]
        event = ended[1]
        assert event.invocation is None
        assert event.origin is record
        assert (event.function, event.api, event.region) == ("audit", "Invoke", "us-east-1")
        assert event.request_id != record.event.request_id
        assert event.payload == record.payload
        assert invokeasync.events == ended
        assert invokeasync.assert_queued_once("audit") == event

    def test_a_qualifier_stands_in_the_arn(self, invokeasync):
        audit = Calls()
        invokeasync.register_function("orders", handler=Calls(), on_success=f"{AUDIT}:live")
        invokeasync.register_function("audit", handler=audit)
        invoke()

        invokeasync.run_until_idle()

        assert audit.contexts[0].invoked_function_arn == f"{AUDIT}:live"

    def test_its_own_retries(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(), on_success=AUDIT)
        invokeasync.register_function("audit", handler=Calls(ValueError))
        invoke()

        ended = invokeasync.run_until_idle()

        assert [outcomes(event) for event in ended] == [["succeeded"], ["failed", "succeeded"]]

    def test_description_and_messages_show_it(self, mock):
        mock.register_function("orders", handler=Calls(), on_success=AUDIT)
        mock.register_function("audit", handler=Calls(*[ValueError("no")] * 3))
        invoke()
        with pytest.raises(FunctionFailed) as raised:
            mock.run_until_idle()

        *_, from_destination, life = mock.describe().splitlines()

        assert from_destination.startswith("  audit {'version': '1.0', ")
        assert from_destination.endswith(" (from the destination of orders)")
        assert life == "     +0 s failed, +60 s failed, +180 s failed: RetriesExhausted"
        assert "(from the destination of orders): RetriesExhausted" in str(raised.value)
        with pytest.raises(AssertionError, match="nearest: an event from a destination, whose"):
            mock.assert_queued("audit", payload={})

    def test_a_circle_of_destinations_is_stopped(self, mock):
        handler = Calls()
        mock.register_function("orders", handler=handler, on_success=ORDERS)
        invoke()

        with pytest.raises(FunctionFailed, match="RecursiveInvocation"):
            mock.run_until_idle()

        assert len(handler) == 16

    def test_rules_may_be_about_its_events(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(), on_success=AUDIT)
        invokeasync.register_function("audit", handler=Calls())
        rule = invokeasync.add_run(runs.TimedOut, function="audit")
        invoke()

        ended = invokeasync.run_until_idle()

        assert outcomes(ended[1]) == ["timed out", "succeeded"]
        assert (rule.used, rule.invocations) == (1, [])


def test_records_may_be_read_as_json_again_and_again(invokeasync):
    invokeasync.register_function("orders", handler=Calls({"n": [1]}), on_success=TOPIC)
    invoke({"id": 42})
    invokeasync.run_until_idle()
    record = invokeasync.destination_records[0]

    record.payload["requestPayload"]["id"] = "spoiled"

    assert record.payload == json.loads(record.body)
