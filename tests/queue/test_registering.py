"""``register_function``: a function's configuration, what is refused, what is inherited."""

from __future__ import annotations

import boto3
import pytest
from consumers import BUCKET, BUS, QUEUE, TOPIC, Calls, client, invoke

DEFAULTS = {
    "schema": None,
    "handler": None,
    "maximum_retry_attempts": 2,
    "maximum_event_age": 21_600,
    "timeout": 3,
    "memory_size": 128,
    "on_success": None,
    "on_failure": None,
    "dead_letter": None,
}


def told(function):
    return {name: getattr(function, name) for name in DEFAULTS}


def test_the_defaults_are_those_of_lambda(invokeasync):
    assert told(invokeasync.register_function("orders")) == DEFAULTS


def test_it_tells_what_was_stated(invokeasync):
    handler = Calls()
    stated = {
        "schema": {"type": "object"},
        "handler": handler,
        "maximum_retry_attempts": 0,
        "maximum_event_age": 60,
        "timeout": 900,
        "memory_size": 10_240,
        "on_success": BUS,
        "on_failure": BUCKET,
        "dead_letter": TOPIC,
    }

    assert told(invokeasync.register_function("orders", **stated)) == stated


class TestInheriting:
    def test_a_later_registration_overrides_what_it_states(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler, timeout=10)

        function = invokeasync.register_function("orders", timeout=3, dead_letter=QUEUE)

        assert told(function) == {
            **DEFAULTS,
            "handler": handler,
            "timeout": 3,
            "dead_letter": QUEUE,
        }

    def test_a_qualifier_inherits_of_its_function(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler)
        invokeasync.register_function("mail", handler=Calls(), timeout=9)

        function = invokeasync.register_function("orders:live", timeout=10)

        assert (function.handler, function.timeout) == (handler, 10)
        assert invokeasync.register_function("orders").timeout == 3

    def test_an_event_gets_all_that_was_registered_of_its_function(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders:live", handler=handler)
        invokeasync.register_function("orders", timeout=10)
        invoke(Qualifier="live")
        invoke()

        invokeasync.run_until_idle()

        assert len(handler) == 1
        assert 9_000 < handler.contexts[0].get_remaining_time_in_millis() <= 10_000

    @pytest.mark.invokeasync(schema_violations="respond")
    def test_one_that_was_called_before_is_found(self, invokeasync):
        invokeasync.register_function("invoices", handler=Calls())
        invoke()
        handler = Calls()
        invokeasync.register_function("orders", handler=handler, schema={"type": "object"})

        invokeasync.run_until_idle()
        with pytest.raises(client.exceptions.InvalidRequestContentException):
            invoke()

        assert handler == [None]
        invokeasync.assert_succeeded_once("orders")

    def test_one_of_another_region_is_another_one(self, invokeasync):
        arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
        invokeasync.register_function(arn, handler=Calls())
        for region in ("us-east-1", "eu-west-1"):
            boto3.client("lambda", region).invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        ended = invokeasync.run_until_idle()

        assert [event.region for event in ended] == ["eu-west-1"]


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (
            {"maximum_retry_attempts": 3},
            ValueError,
            "maximum_retry_attempts= is a whole number from 0 to 2, not 3",
        ),
        (
            {"maximum_event_age": 59},
            ValueError,
            "maximum_event_age= is a whole number from 60 to 21,600 seconds, not 59",
        ),
        (
            {"maximum_event_age": 21_601},
            ValueError,
            "maximum_event_age= is a whole number from 60 to 21,600 seconds, not 21601",
        ),
        ({"timeout": 0}, ValueError, "timeout= is a whole number from 1 to 900 seconds, not 0"),
        ({"timeout": 1.5}, TypeError, "timeout= is a whole number from 1 to 900 seconds, not 1.5"),
        (
            {"timeout": True},
            TypeError,
            "timeout= is a whole number from 1 to 900 seconds, not True",
        ),
        (
            {"memory_size": 127},
            ValueError,
            "memory_size= is a whole number from 128 to 10,240 MB, not 127",
        ),
        (
            {"handler": 42},
            TypeError,
            "handler= is a callable that takes (event, context), or its name as Lambda takes it, "
            "not 42",
        ),
        (
            {"handler": "handler"},
            ValueError,
            "handler= is named as \"package.module.function\", not 'handler'",
        ),
        (
            {"on_success": BUCKET},
            ValueError,
            f"on_success= is an ARN of SQS, SNS, EventBridge or Lambda, not '{BUCKET}'",
        ),
        (
            {"on_failure": 42},
            TypeError,
            "on_failure= is an ARN of SQS, SNS, EventBridge, S3 or Lambda, not 42",
        ),
        ({"on_failure": "dead"}, ValueError, "on_failure= is an ARN, not 'dead'"),
        (
            {"on_failure": "arn:aws:sqs:::dead"},
            ValueError,
            "on_failure= is an ARN, not 'arn:aws:sqs:::dead'",
        ),
        (
            {"on_success": "arn:aws:lambda:us-east-1:123456789012:orders"},
            ValueError,
            "on_success= is the ARN of a function, not "
            "'arn:aws:lambda:us-east-1:123456789012:orders'",
        ),
        (
            {"dead_letter": BUS},
            ValueError,
            f"dead_letter= is an ARN of SQS or SNS, not '{BUS}'",
        ),
        (
            {"dead_letter": f"{QUEUE}.fifo"},
            ValueError,
            f"dead_letter= is a standard queue or topic, not FIFO: '{QUEUE}.fifo'",
        ),
    ],
)
def test_a_value_that_aws_does_not_allow_is_refused(invokeasync, value, error, words):
    with pytest.raises(error) as raised:
        invokeasync.register_function("orders", **value)

    assert str(raised.value) == f"register_function('orders'): {words}"
    assert invokeasync.register_function("orders", timeout=3).handler is None


@pytest.mark.parametrize("name", ["handler", "on_success", "on_failure", "dead_letter", "schema"])
def test_none_takes_away_what_an_earlier_one_stated(invokeasync, name):
    invokeasync.register_function(
        "orders",
        handler=Calls(),
        on_success=TOPIC,
        on_failure=TOPIC,
        dead_letter=QUEUE,
        schema={"type": "object"},
    )

    assert getattr(invokeasync.register_function("orders", **{name: None}), name) is None


def test_what_is_inherited_says_so_in_the_signature(invokeasync):
    from inspect import signature

    parameters = signature(invokeasync.register_function).parameters

    assert repr(parameters["timeout"].default) == "<inherited>"
