"""One set of keywords says which invocations are meant: to script, to query and to assert."""

from __future__ import annotations

import contextlib
import json
from collections import OrderedDict
from types import MappingProxyType
from unittest.mock import ANY

import pytest
import requests
from botocore.exceptions import BotoCoreError
from calls import make_client, outcome_of

from pytest_invokeasync import ErrorSpec, InvokeAsyncMock, errors, faults

client = make_client()
frankfurt = make_client(region_name="eu-central-1")
beijing = make_client(region_name="cn-north-1")

ARN = "arn:aws:lambda:us-east-1:111122223333:function:orders:live"
PAYLOAD = {"id": 42, "lines": [{"sku": "tea", "price": 0.1 + 0.2}]}


WHOLE = {
    "id": 42,
    "customer": {"name": "Ann", "city": "Springfield"},
    "lines": [{"sku": "tea", "count": 1}, {"sku": "milk", "count": 2}],
    "tags": [1, [True]],
}
TEAPOT = ErrorSpec("TeapotException", 418)


class Partial:
    """A matcher like dirty-equals' IsPartialDict."""

    __hash__ = None

    def __init__(self, **items):
        self.items = items

    def __eq__(self, other):
        return isinstance(other, dict) and self.items.items() <= other.items()

    def __repr__(self):
        return f"Partial({self.items})"


class Broken:
    """A matcher with a bug."""

    __hash__ = None

    def __eq__(self, other):
        raise ZeroDivisionError("a bug in the matcher")

    def __repr__(self):
        return "Broken()"


def call(function="orders", payload=None, *, via=client):
    return outcome_of(via, function, payload)


def call_raw(body):
    client.invoke_async(FunctionName="orders", InvokeArgs=body)


def nested(depth, value):
    for _ in range(depth):
        value = [value]
    return value


def call_raises():
    with pytest.raises(Exception) as info:  # noqa: PT011 - the caller says which
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
    return info.type


# What fits a call of ARN with PAYLOAD, and what does not though it is near.
MATCHING = [
    {},
    {"function": None},
    {"function": "orders"},
    {"function": "orders:live"},
    {"function": "function:orders"},
    {"function": "111122223333:function:orders"},
    {"function": "111122223333:orders:live"},
    {"function": "us-east-1:111122223333:function:orders"},
    {"function": "arn:aws:lambda:us-east-1:111122223333:function:orders"},
    {"function": ARN},
    {"qualifier": "live"},
    {"region": "us-east-1"},
    {"account": "111122223333"},
    {"function": "orders", "qualifier": "live", "region": "us-east-1", "account": "111122223333"},
    {"payload": PAYLOAD},
    {"payload": ANY},
    {"payload": {"id": ANY, "lines": [ANY]}},
    {"payload": {"id": 42, "lines": [{"sku": "tea", "price": pytest.approx(0.3)}]}},
    {"payload": {"id": 42.0, "lines": PAYLOAD["lines"]}},
    {"payload": Partial(id=42)},
    {"payload_includes": {"id": 42}},
    {"payload_includes": {"lines": [{"sku": "tea"}]}},
    {"payload_includes": {}},
    {"payload_includes": ANY},
    {"payload": PAYLOAD, "payload_includes": {"id": ANY}},
    {"where": lambda item: item.payload["id"] == 42},
    {"where": lambda item: "any object is true or false"},
]
OTHERS = [
    {"function": "order"},
    {"function": "ORDERS"},
    {"function": "orders:test"},
    {"function": "orders:$LATEST"},
    {"function": "444455556666:function:orders"},
    {"function": "arn:aws:lambda:us-east-1:123456789012:function:orders"},
    {"function": "arn:aws:lambda:eu-central-1:111122223333:function:orders"},
    {"function": "arn:aws-cn:lambda:us-east-1:111122223333:function:orders"},
    {"qualifier": "LIVE"},
    {"qualifier": None},
    {"region": "us-east-2"},
    {"account": "123456789012"},
    {"function": "orders", "qualifier": "live", "region": "us-east-1", "account": "123456789012"},
    {"payload": {"id": 42}},
    {"payload": {**PAYLOAD, "note": None}},
    {"payload": {"id": "42", "lines": PAYLOAD["lines"]}},
    {"payload": {"id": 42, "lines": [{"sku": "tea", "price": 0.3}]}},
    {"payload": None},
    {"payload": Partial(id=43)},
    {"payload_includes": {"id": 43}},
    {"payload_includes": {"note": ANY}},
    {"payload_includes": {"lines": []}},
    {"payload_includes": {"lines": [{"sku": "tea"}, ANY]}},
    {"payload_includes": {"lines": [{"sku": "milk"}]}},
    {"payload_includes": {"lines": {}}},
    {"payload_includes": None},
    {"payload": PAYLOAD, "payload_includes": {"id": 43}},
    {"payload": PAYLOAD, "qualifier": None},
    {"where": lambda item: item.payload["id"] == 43},
    {"where": lambda item: None},
]


def words(match):
    if not isinstance(match, dict):
        return ""
    told = (f"{k}={v if isinstance(v, str) else '…'}" for k, v in match.items())
    return ", ".join(told) or "none"


matching = pytest.mark.parametrize("match", MATCHING, ids=words)
others = pytest.mark.parametrize("match", OTHERS, ids=words)


class TestTheSameKeywords:
    """They mean the same in every call."""

    @matching
    def test_choose_what_a_rule_answers(self, invokeasync, match):
        invokeasync.add_error("ServiceException", **match)

        assert call(ARN, PAYLOAD) == "ServiceException"

    @others
    def test_choose_what_a_rule_leaves_alone(self, invokeasync, match):
        rule = invokeasync.add_error("ServiceException", optional=True, **match)

        assert call(ARN, PAYLOAD) == 202
        assert rule.used == 0

    @matching
    def test_choose_what_a_query_finds(self, invokeasync, match):
        call(ARN, PAYLOAD)

        assert invokeasync.get_invocation(**match).payload == PAYLOAD
        assert [one.payload for one in invokeasync.get_invocations(**match)] == [PAYLOAD]
        assert [event.payload for event in invokeasync.get_events(**match)] == [PAYLOAD]

    @others
    def test_choose_what_a_query_leaves_out(self, invokeasync, match):
        call(ARN, PAYLOAD)

        assert invokeasync.get_invocations(**match) == []
        assert invokeasync.get_events(**match) == []
        with pytest.raises(AssertionError, match=r"^get_invocation\("):
            invokeasync.get_invocation(**match)

    @matching
    def test_choose_what_an_assertion_accepts(self, invokeasync, match):
        call(ARN, PAYLOAD)

        invokeasync.assert_queued(**match)
        invokeasync.assert_queued_once(**match)
        invokeasync.assert_invoked(**match)
        invokeasync.assert_invoked_once(**match)
        invokeasync.wait_until_queued(**match)

    @others
    def test_choose_what_an_assertion_refuses(self, invokeasync, match):
        call(ARN, PAYLOAD)

        invokeasync.assert_not_queued(**match)
        invokeasync.assert_not_invoked(**match)
        for assertion in (
            invokeasync.assert_queued,
            invokeasync.assert_queued_once,
            invokeasync.assert_invoked,
            invokeasync.assert_invoked_once,
        ):
            with pytest.raises(AssertionError, match=f"^{assertion.__name__}"):
                assertion(**match)


class TestFunction:
    """What a name leaves out, and what a call left out."""

    @pytest.mark.parametrize(
        "called",
        [
            "orders",
            "orders:live",
            "function:orders",
            "111122223333:function:orders",
            "arn:aws:lambda:us-east-1:111122223333:function:orders:$LATEST",
        ],
    )
    def test_a_bare_name_matches_it_in_any_account_and_qualifier(self, invokeasync, called):
        call(called)

        invokeasync.assert_queued_once("orders")

    def test_a_bare_name_matches_it_in_any_region(self, invokeasync):
        call("orders")
        call("orders", via=frankfurt)

        events = invokeasync.assert_queued("orders", times=2)
        assert [event.region for event in events] == ["us-east-1", "eu-central-1"]

    def test_an_arn_matches_a_call_that_left_out_all_but_the_name(self, invokeasync):
        call("orders")

        invokeasync.assert_queued_once("arn:aws:lambda:us-east-1:123456789012:function:orders")
        invokeasync.assert_not_queued("arn:aws:lambda:us-east-1:123456789012:function:orders:live")

    def test_an_arn_is_of_the_region_that_it_states_whatever_the_clients(self, invokeasync):
        arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
        call(arn)  # The Lambda of us-east-1 knows no such function.

        invokeasync.assert_invoked_once(arn)
        invokeasync.assert_invoked_once(region="us-east-1")
        invokeasync.assert_not_invoked(arn.replace("eu-west-1", "us-east-1"))

    @pytest.mark.invokeasync(account="999988887777")
    def test_the_option_account_fills_what_a_call_left_out(self, invokeasync):
        call("orders")

        invokeasync.assert_queued_once("999988887777:function:orders")
        invokeasync.assert_not_queued("123456789012:function:orders")

    def test_the_partition_of_a_call_that_states_none_is_that_of_its_region(self, invokeasync):
        call("orders", via=beijing)

        invokeasync.assert_queued_once("arn:aws-cn:lambda:cn-north-1:123456789012:function:orders")
        invokeasync.assert_not_queued("arn:aws:lambda:cn-north-1:123456789012:function:orders")

    def test_no_qualifier_and_latest_differ_since_the_call_did(self, invokeasync):
        call("orders")
        call("orders:$LATEST")

        invokeasync.assert_queued(qualifier=None, times=1)
        invokeasync.assert_queued(qualifier="$LATEST", times=1)
        invokeasync.assert_queued("orders:$LATEST", times=1)

    def test_the_qualifier_may_be_stated_in_both_places(self, invokeasync):
        call("orders:live")

        invokeasync.assert_queued_once("orders:live", qualifier="live")

    def test_the_function_may_be_named_by_keyword_too(self, invokeasync):
        call("orders")

        invokeasync.assert_queued_once(function="orders")
        invokeasync.assert_not_queued(function="mail")


class TestPayload:
    """Plain equality, the expected one on the left."""

    @pytest.mark.parametrize(
        "payload",
        [None, False, 0, "", [], {}, "text", [1, [2]], {"a": {"b": None}}, "\u20ac\ud83d"],
    )
    def test_any_json_value_equals_itself(self, invokeasync, payload):
        call(payload=payload)

        assert invokeasync.assert_queued_once(payload=payload).payload == payload

    def test_none_is_json_null_and_leaving_it_out_is_anything(self, invokeasync):
        call(payload=None)
        call(payload=0)

        invokeasync.assert_queued(payload=None, times=1)
        invokeasync.assert_queued(times=2)

    def test_none_is_json_null_in_a_rule_too(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None, payload=None)

        assert [call(payload=0), call(payload=None)] == [202, "ServiceException"]

    def test_a_sequence_tells_a_name_alone_from_null(self, invokeasync):
        call("orders", {"id": 42})
        call("mail", None)

        invokeasync.assert_sequence(["orders", ("mail", None)])
        with pytest.raises(AssertionError):
            invokeasync.assert_sequence([("orders", None), "mail"])

    @pytest.mark.parametrize("payload", [ANY, None, "", b'{"id":', '{"id":'])
    @pytest.mark.parametrize("body", [b'{"id":', b"", b"NaN", b'"\xff"'])
    def test_a_body_that_is_no_json_equals_nothing(self, invokeasync, body, payload):
        with pytest.raises(client.exceptions.InvalidRequestContentException):
            client.invoke_async(FunctionName="orders", InvokeArgs=body)

        invokeasync.assert_not_invoked("orders", payload=payload)
        invokeasync.assert_invoked_once("orders")
        with pytest.raises(AssertionError, match="which is no JSON"):
            invokeasync.assert_invoked_once("orders", payload=payload)

    def test_a_matcher_inside_is_asked_about_its_own_part(self, invokeasync):
        asked = []

        class Matcher:
            __hash__ = None

            def __eq__(self, other):
                asked.append(other)
                return True

        call(payload=[1, {"a": 2}])

        invokeasync.assert_queued(payload=[1, {"a": Matcher()}])
        assert asked == [2]

    @pytest.mark.parametrize("text", ['{"id": 42}', b'{"id": 42}', ' [1, {"id":42}] '])
    def test_json_text_in_place_of_what_it_stands_for_does_not_pass_in_silence(
        self, invokeasync, text
    ):
        call(payload=json.loads(text))

        for wrong in (
            lambda: invokeasync.assert_not_queued("orders", payload=text),
            lambda: invokeasync.assert_queued(payload=text, times=0),
            lambda: invokeasync.assert_queued(payload=text),
            lambda: invokeasync.assert_invoked_once("orders", payload=text),
            lambda: invokeasync.assert_sequence([("orders", text)]),
        ):
            with pytest.raises(AssertionError, match="payload= is JSON text, and payloads are dec"):
                wrong()

    def test_json_text_that_was_sent_as_a_string_is_a_string(self, invokeasync):
        call(payload='{"id": 42}')

        invokeasync.assert_queued_once(payload='{"id": 42}')
        invokeasync.assert_not_queued(payload='{"id": 43}')
        invokeasync.assert_not_queued(payload={"id": 42})

    def test_a_where_of_none_is_none(self, invokeasync):
        call()

        assert len(invokeasync.get_events(where=None)) == 1

    def test_a_where_that_raises_while_a_failure_is_told_is_told_itself(self, invokeasync):
        call()
        answers = iter([False])

        with pytest.raises(StopIteration):
            invokeasync.assert_queued(where=lambda _: next(answers))

    def test_one_nested_as_deeply_as_json_may_be_is_compared(self, invokeasync):
        call_raw("[" * 1000 + "1" + "]" * 1000)

        invokeasync.assert_queued_once(payload=nested(1000, 1))
        invokeasync.assert_queued_once(payload_includes=nested(1000, 1))
        invokeasync.assert_not_queued(payload=nested(1000, 2))
        invokeasync.assert_not_queued(payload=nested(999, 1))
        invokeasync.assert_sequence([("orders", nested(1000, ANY))], any_order=True)
        with pytest.raises(AssertionError, match="nearest: invocation 1, whose payload differs"):
            invokeasync.assert_queued(payload=nested(1000, 2))

    def test_one_too_deep_for_a_matcher_is_told_as_such(self, invokeasync):
        class Nested:
            """As a matcher may be written: it calls itself for what it holds."""

            __hash__ = None

            def __eq__(self, other):
                return not other or self == other[0]

            def __repr__(self):
                return "Nested()"

        call_raw("[" * 1000 + "]" * 1000)

        for ask in (invokeasync.assert_queued, invokeasync.assert_not_queued):
            with pytest.raises(AssertionError) as info:
                ask(payload=Nested())
            assert str(info.value) == (
                "a payload cannot be compared with Nested(): it is nested too deeply for a "
                "matcher in it"
            )

    def test_a_mistake_in_a_matcher_is_not_swallowed_by_an_assertion(self, invokeasync):
        call(payload=1)

        with pytest.raises(ZeroDivisionError, match="a bug in the matcher"):
            invokeasync.assert_queued(payload=Broken())


class TestPayloadIncludes:
    """Part of a payload: mappings by the keys given, at every depth; lists element by element."""

    @pytest.mark.parametrize(
        "part",
        [
            {"customer": {"name": "Ann"}},
            MappingProxyType({"customer": MappingProxyType({"name": "Ann"})}),
            OrderedDict(id=42),
            {"lines": [{"sku": "tea"}, {"sku": "milk"}]},
            {"lines": [{}, ANY]},
            {"tags": [1.0, [True]]},
            {"customer": Partial(name="Ann")},
            Partial(id=42),
        ],
        ids=str,
    )
    def test_what_is_there(self, invokeasync, part):
        call(payload=WHOLE)

        invokeasync.assert_queued_once(payload_includes=part)

    @pytest.mark.parametrize(
        "part",
        [
            {"customer": {"name": "Bob"}},
            {"customer": {"name": "Ann", "street": ANY}},
            {"customer": "Ann"},
            {"lines": [{"sku": "milk"}, {"sku": "tea"}]},
            {"lines": [{"sku": "tea"}]},
            {"lines": [{}, {}, {}]},
            {"lines": ({"sku": "tea"}, {"sku": "milk"})},
            [WHOLE],
            {"tags": [1, [[]]]},
            Partial(id=43),
        ],
        ids=str,
    )
    def test_what_is_not_there(self, invokeasync, part):
        call(payload=WHOLE)

        invokeasync.assert_not_queued(payload_includes=part)

    def test_a_body_that_is_no_json_includes_nothing(self, invokeasync):
        with pytest.raises(client.exceptions.InvalidRequestContentException):
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{")

        invokeasync.assert_not_invoked(payload_includes=ANY)


async def asks_a_coroutine(one):
    return False


CALLS = {
    "add_error": lambda mock, **match: mock.add_error("ServiceException", **match),
    "add_fault": lambda mock, **match: mock.add_fault("ReadTimeout", **match),
    "add_accepted": lambda mock, **match: mock.add_accepted(**match),
    "add_callback": lambda mock, **match: mock.add_callback(print, **match),
    "get_invocations": lambda mock, **match: mock.get_invocations(**match),
    "get_invocation": lambda mock, **match: mock.get_invocation(**match),
    "get_events": lambda mock, **match: mock.get_events(**match),
    "wait_until_queued": lambda mock, **match: mock.wait_until_queued(**match),
    "assert_queued": lambda mock, **match: mock.assert_queued(**match),
    "assert_queued_once": lambda mock, **match: mock.assert_queued_once(**match),
    "assert_not_queued": lambda mock, **match: mock.assert_not_queued(**match),
    "assert_invoked": lambda mock, **match: mock.assert_invoked(**match),
    "assert_invoked_once": lambda mock, **match: mock.assert_invoked_once(**match),
    "assert_not_invoked": lambda mock, **match: mock.assert_not_invoked(**match),
}
every_call = pytest.mark.parametrize("name", CALLS)


def message_of(exception, refused, /, *args, **kwargs):
    with pytest.raises(exception) as info:
        refused(*args, **kwargs)
    assert type(info.value) is exception
    return str(info.value)


def invoke(function, invocation_type, payload=b"{}"):
    client.invoke(FunctionName=function, InvocationType=invocation_type, Payload=payload)


class TestApiAndType:
    """By which API an invocation came, and whether it invoked anything."""

    @pytest.fixture
    def three(self, invokeasync):
        call("by-the-old")
        invoke("by-the-new", "Event")
        invoke("asked-only", "DryRun")
        return invokeasync

    @pytest.mark.parametrize(
        ("match", "functions"),
        [
            ({}, ["by-the-old", "by-the-new"]),
            ({"api": "InvokeAsync"}, ["by-the-old"]),
            ({"api": "Invoke"}, ["by-the-new"]),
            ({"invocation_type": "Event"}, ["by-the-old", "by-the-new"]),
            ({"invocation_type": "DryRun"}, ["asked-only"]),
            ({"invocation_type": "DryRun", "api": "InvokeAsync"}, []),
        ],
        ids=words,
    )
    def test_which_are_meant(self, three, match, functions):
        assert [one.function for one in three.get_invocations(**match)] == functions
        if functions:
            three.assert_invoked(times=len(functions), **match)
        else:
            three.assert_not_invoked(**match)

    def test_a_dry_run_is_none_of_a_sequence(self, three):
        three.assert_sequence(["by-the-old", "by-the-new"])
        three.assert_sequence(["by-the-new", "by-the-old"], any_order=True)
        with pytest.raises(AssertionError, match="found 2 invocations\nexpected: 3"):
            three.assert_sequence(["by-the-old", "by-the-new", "asked-only"])

    def test_a_rule_is_about_dry_runs_where_it_names_them(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None)
        invokeasync.add_error("TooManyRequestsException", times=None, invocation_type="DryRun")

        with pytest.raises(client.exceptions.ServiceException):
            invoke("orders", "Event")
        with pytest.raises(client.exceptions.TooManyRequestsException):
            invoke("orders", "DryRun")

    @pytest.mark.invokeasync(unknown_functions="reject")
    def test_a_function_is_registered_for_dry_runs_too(self, invokeasync):
        invokeasync.register_function("orders")

        invoke("orders", "DryRun")

    @every_call
    def test_no_other_api_is_known(self, invokeasync, name):
        message = message_of(ValueError, CALLS[name], invokeasync, api="invoke")

        assert message == (
            f"{name}(): unknown value of api=: 'invoke'; did you mean 'Invoke' or 'InvokeAsync'? "
            "Allowed: InvokeAsync, Invoke."
        )

    def test_an_event_is_no_dry_run(self, invokeasync):
        with pytest.raises(TypeError, match="unknown keyword 'invocation_type'"):
            invokeasync.assert_queued(invocation_type="DryRun")


class TestError:
    """The outcome of the last attempt: a code, an error, a fault or none."""

    @pytest.fixture
    def three(self, invokeasync):
        invokeasync.add_error(TEAPOT)
        invokeasync.add_fault("ConnectTimeout")
        invokeasync.add_accepted()
        for name in ("of-ours", "unreachable", "accepted"):
            with contextlib.suppress(BotoCoreError):
                call(name)
        return invokeasync

    @pytest.mark.parametrize(
        ("error", "functions"),
        [
            ("TeapotException", ["of-ours"]),
            (TEAPOT, ["of-ours"]),
            (faults.ConnectTimeout, ["unreachable"]),
            ("ConnectTimeout", ["unreachable"]),
            (None, ["unreachable", "accepted"]),
            ("ServiceException", []),
            (errors.ServiceException, []),
            (faults.ReadTimeout, []),
            (ErrorSpec("KettleException", 418), []),
        ],
        ids=str,
    )
    def test_what_each_finds(self, three, error, functions):
        assert [one.function for one in three.get_invocations(error=error)] == functions

    def test_a_code_that_a_callback_chose_is_one(self, invokeasync):
        invokeasync.add_callback(lambda one: TEAPOT)
        call()

        invokeasync.assert_invoked_once(error="TeapotException")

    def test_a_code_that_a_reset_has_forgotten_is_one(self, three):
        three.reset()

        three.assert_not_invoked(error="TeapotException")

    def test_one_that_no_error_has_names_the_nearest(self, invokeasync):
        message = message_of(ValueError, invokeasync.assert_not_invoked, error="ServiceExeption")

        assert message.startswith(
            "assert_not_invoked(): unknown error code 'ServiceExeption'; did you mean "
            "'ServiceException'"
        )

    @pytest.mark.parametrize("error", [500, b"ServiceException", ["ServiceException"], Exception])
    def test_what_is_none_is_refused(self, invokeasync, error):
        message = message_of(TypeError, invokeasync.assert_not_invoked, error=error)

        assert message == (
            f"assert_not_invoked(): error= is a code, an ErrorSpec, a fault or None, not {error!r}"
        )

    def test_an_error_is_told_by_its_code_and_a_fault_by_its_name(self, invokeasync):
        for error in (errors.ServiceException, faults.ReadTimeout):
            with pytest.raises(AssertionError) as info:
                invokeasync.assert_invoked(error=error)
            assert (
                f"assert_invoked(error={error}): found no invocation with error={error}\n"
                in str(info.value)
            )

    def test_a_fault_that_was_not_it_is_told_beside_what_was(self, three):
        with pytest.raises(AssertionError) as info:
            three.assert_invoked("of-ours", error=faults.ReadTimeout)

        assert "  expected error 'ReadTimeout', was 'TeapotException'\n" in str(info.value)


class TestWhere:
    """Any condition, as a callable."""

    def test_it_is_given_the_invocation_or_the_event_that_is_asked_about(self, invokeasync):
        given = []
        call()

        invokeasync.assert_invoked(where=lambda item: given.append(item) or True)
        invokeasync.assert_queued(where=lambda item: given.append(item) or True)

        assert given == [invokeasync.get_invocation(), invokeasync.events[0]]

    def test_a_rules_is_given_the_invocation_before_it_is_answered(self, invokeasync):
        given = []
        invokeasync.add_error("ServiceException", where=lambda one: given.append(one) or True)

        call(payload={"id": 42})

        (invocation,) = given
        assert (invocation.function, invocation.payload) == ("orders", {"id": 42})
        assert (invocation.status, invocation.error, invocation.accepted) == (None, None, False)

    def test_it_may_look_at_headers(self, invokeasync):
        url = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async"
        requests.post(url, data="{}", headers={"X-Amzn-Trace-Id": "Root=1"}, timeout=5)
        requests.post(url, data="{}", timeout=5)

        invokeasync.assert_invoked(where=lambda one: one.trace_id == "Root=1", times=1)

    def test_it_is_asked_last_and_of_what_matches_the_rest_alone(self, invokeasync):
        asked = []
        invokeasync.add_error(
            "ServiceException",
            function="orders",
            payload={"id": 42},
            where=lambda one: asked.append(one.payload) or True,
        )

        call("mail", {"id": 42})
        call("orders", {"id": 43})
        call("orders", {"id": 42})

        assert asked == [{"id": 42}]

    def test_it_may_ask_the_mock_itself(self, invokeasync):
        invokeasync.add_error(
            "ServiceException", where=lambda one: len(invokeasync.get_invocations()) == 2
        )

        assert [call(), call(), call()] == [202, "ServiceException", 202]


class TestMistakesInARule:
    """The code under test may swallow what a matcher raises: it is told at the end as well."""

    @pytest.mark.parametrize(
        ("match", "told"),
        [
            (
                {"payload": Broken()},
                "a rule's payload= or where= raised ZeroDivisionError: a bug in the matcher",
            ),
            (
                {"where": lambda one: one.payload["nope"]},
                "a rule's payload= or where= raised KeyError: 'nope'",
            ),
        ],
    )
    def test_they_reach_the_caller_and_the_end_of_the_test(self, match, told):
        mock = InvokeAsyncMock(assert_all_used=False)
        mock.add_error("ServiceException", **match)

        with pytest.raises(AssertionError, match="mistake in the test's own code"), mock:
            assert call_raises() in (ZeroDivisionError, KeyError)

        assert mock.find_problems() == [f"mistake in the test's own code: {told}"]
        assert mock.get_invocation().attempts[0].fault in ("ZeroDivisionError", "KeyError")
        mock.assert_not_queued()


class TestWrongKeywords:
    """Each is refused at once, whether or not anything was recorded."""

    @every_call
    def test_one_that_does_not_exist_names_the_nearest(self, invokeasync, name):
        message = message_of(TypeError, CALLS[name], invokeasync, paylod={"id": 42})

        assert message.startswith(
            f"{name}(): unknown keyword 'paylod'; did you mean 'payload'? Allowed: function, "
        )

    def test_the_keywords_of_the_call_itself_are_among_the_nearest(self, invokeasync):
        message = message_of(TypeError, invokeasync.add_error, "ServiceException", time=2)

        assert message == (
            "add_error(): unknown keyword 'time'; did you mean 'times'? Allowed: function, "
            "qualifier, region, account, api, invocation_type, payload, payload_includes, where, "
            "times, attempts, at, optional, message, headers."
        )

    @pytest.mark.parametrize(
        "name", ["assert_queued", "assert_queued_once", "get_events", "wait_until_queued"]
    )
    def test_an_event_has_no_error(self, invokeasync, name):
        message = message_of(TypeError, CALLS[name], invokeasync, error="ServiceException")

        assert message.startswith(f"{name}(): unknown keyword 'error'. Allowed: ")

    @every_call
    def test_a_name_that_no_function_can_have(self, invokeasync, name):
        message = message_of(ValueError, CALLS[name], invokeasync, function="or ders")

        assert message == (
            f"{name}(): no function can be named 'or ders': 1 validation error detected: Value "
            "'or ders' at 'functionName' failed to satisfy constraint: Member must satisfy regular "
            r"expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?"
            r"((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
            r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?. Names that "
            'newer regions need are allowed with the option contract="botocore".'
        )

    def test_a_hint_tells_what_has_an_error(self, invokeasync):
        message = message_of(TypeError, CALLS["get_events"], invokeasync, error="ServiceException")

        assert message.endswith(". Only invocations have an error, events have none.")

    def test_a_name_in_a_sequence_that_no_function_can_have(self, invokeasync):
        message = message_of(ValueError, invokeasync.assert_sequence, ["orders", "or ders"])

        assert message.startswith("assert_sequence(): no function can be named 'or ders': ")

    @every_call
    @pytest.mark.parametrize(
        ("match", "told"),
        [
            ({"function": 42}, "function= is a name, a partial ARN or an ARN, not 42"),
            (
                {"function": b"orders"},
                "function= is a name, a partial ARN or an ARN, not b'orders'",
            ),
            ({"qualifier": 1}, "qualifier= is a str, not 1"),
            ({"region": None}, "region= is a str, not None"),
            (
                {"where": asks_a_coroutine},
                "where= cannot be an async function: the coroutine that asks_a_coroutine() "
                "returns is always true",
            ),
            ({"account": 123456789012}, "account= is a str, not 123456789012"),
            (
                {"where": True},
                "where= is a callable that takes the Invocation or Event and says whether it "
                "matches, not True",
            ),
        ],
        ids=words,
    )
    def test_a_value_of_a_wrong_type(self, invokeasync, name, match, told):
        message = message_of(TypeError, CALLS[name], invokeasync, **match)

        assert message == f"{name}(): {told}"

    @every_call
    @pytest.mark.parametrize(
        ("match", "told"),
        [
            (
                {"function": "orders:live", "qualifier": "test"},
                "function='orders:live' and qualifier='test' contradict each other",
            ),
            (
                {"function": ARN, "qualifier": None},
                f"function='{ARN}' and qualifier=None contradict each other",
            ),
            (
                {"account": "123456789012", "function": "111122223333:function:orders"},
                "function='111122223333:function:orders' and account='123456789012' contradict "
                "each other",
            ),
            ({"account": "12345"}, "account= is 12 digits, not '12345'"),
        ],
        ids=words,
    )
    def test_what_nothing_can_ever_match(self, invokeasync, name, match, told):
        message = message_of(ValueError, CALLS[name], invokeasync, **match)

        assert message == f"{name}(): {told}"

    def test_a_refused_call_leaves_no_rule_behind(self, invokeasync):
        for match in ({"paylod": 1}, {"region": 1}, {"function": "or ders"}):
            with pytest.raises((TypeError, ValueError)):
                invokeasync.add_error("ServiceException", times=None, **match)

        assert call() == 202
