"""What a failure says, word for word: for those who never saw the code that says it."""

from __future__ import annotations

import json
import re
import types
from unittest.mock import ANY

import pytest
from calls import make_client

from pytest_invokeasync import faults
from pytest_invokeasync.showing import show

client = make_client()
retrying = make_client(3)


def module_from(source, filename):
    module = types.ModuleType(filename.removesuffix(".py"))
    exec(compile(source, filename, "exec"), module.__dict__)
    return module


# The code under test, in a file of its own: messages name it.
app = module_from(
    """\
def invoke(client, function, body):
    try:
        return client.invoke_async(FunctionName=function, InvokeArgs=body)
    except Exception:
        return None


def get_function(client):
    try:
        return client.get_function(FunctionName="orders")
    except Exception:
        return None
""",
    "app.py",
)


def call(function="orders", payload=None, *, via=client):
    app.invoke(via, function, payload if isinstance(payload, bytes) else json.dumps(payload))


def message(failing, /, *args, **kwargs):
    with pytest.raises(AssertionError) as info:
        failing(*args, **kwargs)
    return str(info.value)


ORDER = {
    "id": 42,
    "customer": {
        "name": "Ann",
        "addresses": [
            {"street": "1 Long Road", "city": "Springfield", "zip": "01101"},
            {"street": "2 Short Lane", "city": "Shelbyville", "zip": "01102"},
        ],
    },
    "lines": [{"sku": f"article-{number}", "quantity": number} for number in range(10)],
}


def order(**changes):
    changed = json.loads(json.dumps(ORDER))
    for path, value in changes.items():
        *way, last = (int(step) if step.isdigit() else step for step in path.split("__"))
        part = changed
        for step in way:
            part = part[step]
        part[last] = value
    return changed


class TestWrongPayload:
    def test_one_value(self, mock):
        call("orders", {"id": 42})

        assert message(mock.assert_queued_once, "orders", payload={"id": 43}) == (
            "assert_queued_once('orders', payload={'id': 43}): found 1 event of 'orders', which "
            "does not match\n"
            "expected: exactly 1 event of 'orders', and it matches payload={'id': 43}\n"
            "nearest: invocation 1, whose payload differs\n"
            "  $.id: expected 43, sent 42\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders {'id': 42} -> 202 accepted (app.py:3)"
        )

    def test_one_value_of_any_event(self, mock):
        call("orders", {"id": 42})

        assert message(mock.assert_queued, "orders", payload={"id": 43}) == (
            "assert_queued('orders', payload={'id': 43}): found no event of 'orders' with "
            "payload={'id': 43}\n"
            "expected: at least 1 event of 'orders' with payload={'id': 43}\n"
            "nearest: invocation 1, whose payload differs\n"
            "  $.id: expected 43, sent 42\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders {'id': 42} -> 202 accepted (app.py:3)"
        )

    def test_deep_in_a_document_it_names_the_path_and_both_values(self, mock):
        call("orders", ORDER)
        expected = order(customer__addresses__1__zip="01103", lines__7__quantity=8)

        assert message(mock.assert_queued_once, "orders", payload=expected) == (
            "assert_queued_once('orders', payload={'id': 42, 'customer':…(524 characters left "
            "out)…e-9', 'quantity': 9}]}): found 1 event of 'orders', which does not match\n"
            "expected: exactly 1 event of 'orders', and it matches this payload\n"
            "nearest: invocation 1, whose payload differs\n"
            "  $.customer.addresses[1].zip: expected '01103', sent '01102'\n"
            "  $.lines[7].quantity: expected 8, sent 7\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders {'id': 42, 'customer': {'name': 'Ann', 'addresses': [{'street'…(444 "
            "characters left out)…icle-8', 'quantity': 8}, {'sku': 'article-9', 'quantity': 9}]} "
            "-> 202 accepted (app.py:3)"
        )

    @pytest.mark.parametrize(
        "fail",
        [
            lambda mock, payload: mock.assert_queued("orders", payload=payload),
            lambda mock, payload: mock.assert_queued_once("orders", payload=payload),
            lambda mock, payload: mock.assert_invoked_once("orders", payload=payload),
            lambda mock, payload: mock.get_invocation(payload=payload),
            lambda mock, payload: mock.assert_sequence([("orders", payload)]),
            lambda mock, payload: mock.assert_sequence([("orders", payload)], any_order=True),
            lambda mock, payload: mock.wait_until_queued(payload=payload, timeout=0),
        ],
    )
    @pytest.mark.parametrize("padding", [1, 300])
    def test_no_document_is_printed_twice(self, mock, fail, padding):
        document = {"a": {"b": ["c" * 30, {"d": 1}]}, "padding": "x" * padding}
        expected = json.loads(json.dumps(document))
        expected["a"]["b"][1]["d"] = 2
        call("orders", document)

        text = message(fail, mock, expected)

        assert "\n  $.a.b[1].d: expected 2, sent 1\n" in text
        assert text.count(str(document)) <= 1
        assert text.count(str(expected)) <= 1
        assert len(text) < 1_000

    def test_a_key_too_many_and_one_that_is_missing(self, mock):
        call("orders", {"id": 42, "note": None})

        assert "\n".join(
            [
                "nearest: invocation 1, whose payload differs",
                "  $.total: expected 9.5, missing",
                "  $.note: not expected, sent None",
                "recorded: 1 invocation, 1 event",
            ]
        ) in message(mock.assert_queued_once, payload={"id": 42, "total": 9.5})

    def test_a_part_of_one(self, mock):
        call("orders", ORDER)

        part = {"id": 42, "customer": {"addresses": [{"zip": "01101"}, {"zip": "01103"}]}}
        text = message(mock.assert_queued_once, "orders", payload_includes=part)
        assert text.splitlines()[:4] == [
            f"assert_queued_once('orders', payload_includes={show(part, 80)}): found 1 event of "
            "'orders', which does not match",
            "expected: exactly 1 event of 'orders', and it matches this payload_includes",
            "nearest: invocation 1, whose payload differs",
            "  $.customer.addresses[1].zip: expected '01103', sent '01102'",
        ]

    def test_matchers_that_agree_are_no_difference(self, mock):
        call("orders", {"id": 42, "at": 1767225600.1, "note": "x"})
        expected = {"id": ANY, "at": pytest.approx(1767225600), "note": "y"}

        text = message(mock.assert_queued_once, "orders", payload=expected)

        assert text.splitlines()[2:4] == [
            "nearest: invocation 1, whose payload differs",
            "  $.note: expected 'y', sent 'x'",
        ]

    def test_of_several_the_nearest_is_told(self, mock):
        call("orders", {"id": 1, "a": 1, "b": 1})
        call("orders", {"id": 42, "a": 1, "b": 2})
        call("orders", None)
        call("mail", {"id": 42, "a": 1, "b": 1})

        text = message(mock.assert_queued, "orders", payload={"id": 42, "a": 1, "b": 3})

        assert text.splitlines()[2:4] == [
            "nearest: invocation 2, whose payload differs",
            "  $.b: expected 3, sent 2",
        ]

    def test_a_keyword_that_differs_is_nearer_than_a_payload(self, mock):
        call("orders:live", {"id": 41})
        call("orders:test", {"id": 42})

        text = message(mock.assert_queued, "orders", qualifier="live", payload={"id": 42})

        assert "nearest: invocation 2, whose qualifier differs\n" in text

    def test_what_is_no_json_is_further_than_any_payload(self, mock):
        call("orders", b"{")
        call("orders", {"a": 1, "b": 2, "c": 3, "d": 4})

        text = message(mock.assert_invoked, "orders", payload={"a": 3})

        assert "nearest: invocation 2, whose payload differs\n" in text

    def test_a_matcher_that_chokes_on_the_payload_of_another_function_does_no_harm(self, mock):
        class HasId:
            __hash__ = None

            def __eq__(self, other):
                return other["id"] == 42

            def __repr__(self):
                return "HasId()"

        call("mail", None)

        assert message(mock.assert_queued, "orders", payload=HasId()) == (
            "assert_queued('orders', payload=HasId()): found no event of 'orders' with "
            "payload=HasId()\n"
            "expected: at least 1 event of 'orders' with payload=HasId()\n"
            "nearest: invocation 1, whose function and payload differ\n"
            "  expected function 'orders', was 'mail'\n"
            "  $:\n"
            "    expected HasId()\n"
            "    sent None\n"
            "    comparing them raised TypeError(\"'NoneType' object is not subscriptable\")\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. mail None -> 202 accepted (app.py:3)"
        )

    def test_many_differences_are_cut(self, mock):
        call("orders", list(range(500)))

        lines = message(mock.assert_queued, payload=[-1] * 500).splitlines()

        assert len(lines) == 25
        assert lines[-4:-2] == [
            "  $[18]: expected -1, sent 18",
            "  … and 481 more differences",
        ]

    def test_a_body_that_is_no_json(self, mock):
        call("orders", b'{"id": 42,}')

        (line,) = re.findall(r"^  1\..*", mock.describe(), re.M)
        assert line == (
            "  1. orders body b'{\"id\": 42,}', not JSON -> 400 InvalidRequestContentException "
            "(app.py:3)"
        )
        assert message(mock.assert_invoked_once, "orders", payload={"id": 42}) == (
            "assert_invoked_once('orders', payload={'id': 42}): found 1 invocation of 'orders', "
            "which does not match\n"
            "expected: exactly 1 invocation of 'orders', and it matches payload={'id': 42}\n"
            "nearest: invocation 1, whose payload differs\n"
            "  expected payload {'id': 42}, sent b'{\"id\": 42,}', which is no JSON\n"
            f"recorded: 1 invocation, no event\n{line}"
        )


class TestWrongFunction:
    def test_a_similar_name_that_was_called_is_named(self, mock):
        call("orders", {"id": 42})

        assert message(mock.assert_queued_once, "oders") == (
            "assert_queued_once('oders'): found no event of 'oders' ('orders' was called)\n"
            "expected: exactly 1 event of 'oders'\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders {'id': 42} -> 202 accepted (app.py:3)"
        )

    def test_any_other_is_seen_in_the_list(self, mock):
        call("mail", {"id": 42})

        assert message(mock.assert_queued, "orders") == (
            "assert_queued('orders'): found no event of 'orders'\n"
            "expected: at least 1 event of 'orders'\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. mail {'id': 42} -> 202 accepted (app.py:3)"
        )

    def test_name_and_payload_may_both_differ(self, mock):
        call("orders", {"id": 42})

        assert message(mock.assert_queued_once, "oders", payload={"id": 43}) == (
            "assert_queued_once('oders', payload={'id': 43}): found no event of 'oders' ('orders' "
            "was called)\n"
            "expected: exactly 1 event of 'oders', and it matches payload={'id': 43}\n"
            "nearest: invocation 1, whose function and payload differ\n"
            "  expected function 'oders', was 'orders'\n"
            "  $.id: expected 43, sent 42\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders {'id': 42} -> 202 accepted (app.py:3)"
        )

    def test_a_wrong_qualifier(self, mock):
        call("orders:test")

        assert message(mock.assert_queued_once, "orders", qualifier="live") == (
            "assert_queued_once('orders', qualifier='live'): found 1 event of 'orders', which does "
            "not match\n"
            "expected: exactly 1 event of 'orders', and it matches qualifier='live'\n"
            "nearest: invocation 1, whose qualifier differs\n"
            "  expected qualifier 'live', was 'test'\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders:test None -> 202 accepted (app.py:3)"
        )

    def test_a_wrong_qualifier_in_the_name(self, mock):
        call("orders")

        assert message(mock.assert_queued, "orders:live") == (
            "assert_queued('orders:live'): found no event of 'orders:live'\n"
            "expected: at least 1 event of 'orders:live'\n"
            "nearest: invocation 1, whose qualifier differs\n"
            "  expected qualifier 'live', was None\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders None -> 202 accepted (app.py:3)"
        )

    def test_a_wrong_region(self, mock):
        call("orders", via=make_client(region_name="eu-central-1"))

        assert message(mock.assert_queued, "orders", region="eu-west-1") == (
            "assert_queued('orders', region='eu-west-1'): found no event of 'orders' with "
            "region='eu-west-1'\n"
            "expected: at least 1 event of 'orders' with region='eu-west-1'\n"
            "nearest: invocation 1, whose region differs\n"
            "  expected region 'eu-west-1', was 'eu-central-1'\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders None -> 202 accepted (app.py:3)"
        )

    def test_a_wrong_arn(self, mock):
        call("orders")
        arn = "arn:aws-cn:lambda:eu-west-1:111122223333:function:orders"

        assert message(mock.assert_queued, arn) == (
            f"assert_queued('{arn}'): found no event of '{arn}'\n"
            f"expected: at least 1 event of '{arn}'\n"
            "nearest: invocation 1, whose region, account and partition differ\n"
            "  expected region 'eu-west-1', was 'us-east-1'\n"
            "  expected account '111122223333', was '123456789012'\n"
            "  expected partition 'aws-cn', was 'aws'\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders None -> 202 accepted (app.py:3)"
        )


class TestHowOften:
    def test_never_called(self, mock):
        assert message(mock.assert_queued_once, "orders", payload={"id": 42}) == (
            "assert_queued_once('orders', payload={'id': 42}): found no event of 'orders'\n"
            "expected: exactly 1 event of 'orders', and it matches payload={'id': 42}\n"
            "recorded: no invocation at all"
        )

    @pytest.mark.parametrize(
        ("second", "found"),
        [
            pytest.param(42, "found 2 events of 'orders'", id="alike"),
            pytest.param(
                43, "found 2 events of 'orders', 1 of which matches", id="another payload"
            ),
        ],
    )
    def test_called_twice(self, mock, second, found):
        call("orders", {"id": 42})
        call("orders", {"id": second})

        assert message(mock.assert_queued_once, "orders", payload={"id": 42}) == (
            f"assert_queued_once('orders', payload={{'id': 42}}): {found}\n"
            "expected: exactly 1 event of 'orders', and it matches payload={'id': 42}\n"
            "recorded: 2 invocations, 2 events\n"
            "  1. orders {'id': 42} -> 202 accepted (app.py:3)\n"
            f"  2. orders {{'id': {second}}} -> 202 accepted (app.py:3)"
        )

    def test_another_number_of_times(self, mock):
        call("orders", {"id": 42})
        call("orders", {"id": 43})

        assert message(mock.assert_queued, "orders", times=2, payload={"id": 42}) == (
            "assert_queued('orders', times=2, payload={'id': 42}): found 1 event of 'orders' with "
            "payload={'id': 42}\n"
            "expected: exactly 2 events of 'orders' with payload={'id': 42}\n"
            "nearest: invocation 2, whose payload differs\n"
            "  $.id: expected 42, sent 43\n"
            "recorded: 2 invocations, 2 events\n"
            "  1. orders {'id': 42} -> 202 accepted (app.py:3)\n"
            "  2. orders {'id': 43} -> 202 accepted (app.py:3)"
        )

    @pytest.mark.parametrize(
        ("words", "fail"),
        [
            ("assert_not_queued('orders')", lambda mock: mock.assert_not_queued("orders")),
            (
                "assert_queued('orders', times=0)",
                lambda mock: mock.assert_queued("orders", times=0),
            ),
        ],
    )
    def test_called_where_it_must_not_be(self, mock, words, fail):
        call("orders", {"id": 42})

        assert message(fail, mock) == (
            f"{words}: found 1 event of 'orders'\n"
            "expected: no event of 'orders'\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders {'id': 42} -> 202 accepted (app.py:3)"
        )

    def test_of_any_function(self, mock):
        assert message(mock.assert_queued) == (
            "assert_queued(): found no event\n"
            "expected: at least 1 event\n"
            "recorded: no invocation at all"
        )

    def test_get_invocation_with_several(self, mock):
        mock.add_error("ResourceNotFoundException", at=2)
        call("orders", {"id": 42})
        call("orders", {"id": 43})
        call("mail")

        assert message(mock.get_invocation, function="orders") == (
            "get_invocation(function='orders'): found 2 invocations of 'orders'\n"
            "expected: exactly 1 invocation of 'orders'\n"
            "recorded: 3 invocations, 2 events\n"
            "  1. orders {'id': 42} -> 202 accepted (app.py:3)\n"
            "  2. orders {'id': 43} -> 404 ResourceNotFoundException (app.py:3)\n"
            "  3. mail None -> 202 accepted (app.py:3)"
        )

    def test_get_invocation_with_none(self, mock):
        call("orders")

        assert message(mock.get_invocation, error="ServiceException") == (
            "get_invocation(error='ServiceException'): found no invocation with "
            "error='ServiceException'\n"
            "expected: exactly 1 invocation with error='ServiceException'\n"
            "nearest: invocation 1, whose error differs\n"
            "  expected error 'ServiceException', was None\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders None -> 202 accepted (app.py:3)"
        )

    def test_too_many_have_no_nearest(self, mock):
        for number in (42, 42, 43):
            call("orders", number)

        for failing, how in (
            (mock.get_invocation, {}),
            (mock.assert_queued, {"times": 1}),
            (mock.assert_queued, {"times": 0}),
        ):
            assert "nearest" not in message(failing, payload=42, **how)
        assert "nearest" not in message(mock.assert_queued, payload=43, times=0)

    @pytest.mark.parametrize(
        ("payload", "told"),
        [
            ("x" * 38, f"payload='{'x' * 38}'"),
            ("x" * 39, "this payload"),
        ],
    )
    def test_a_short_value_is_told_again(self, mock, payload, told):
        text = message(mock.assert_queued, payload=payload, region="eu-west-1")

        assert f": found no event with {told}, region='eu-west-1'\n" in text

    def test_a_long_value_is_shortened_in_the_call(self, mock):
        text = message(mock.assert_queued, payload="x" * 98)

        some = "x" * 21
        assert text.startswith(
            f"assert_queued(payload='{some}…(56 characters left out)…{some}'): found no event "
        )

    def test_an_error_that_is_the_expected_one_is_no_difference(self, mock):
        mock.add_error("ResourceNotFoundException")
        call("orders", {"id": 42})

        told = message(
            mock.assert_invoked_once,
            "orders",
            payload={"id": 43},
            error="ResourceNotFoundException",
        )

        assert (
            "nearest: invocation 1, whose payload differs\n"
            "  $.id: expected 43, sent 42\n"
            "recorded: 1 invocation, no event\n"
        ) in told

    def test_a_wait_in_vain(self, mock):
        call("orders")

        assert message(mock.wait_until_queued, "orders", count=2, timeout=0.01) == (
            "wait_until_queued('orders', count=2, timeout=0.01): found 1 event of 'orders'\n"
            "expected: at least 2 events of 'orders'\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders None -> 202 accepted (app.py:3)"
        )

    def test_a_condition_that_does_not_hold(self, mock):
        def is_urgent(event):
            return event.payload["urgent"]

        call("orders", {"urgent": False})
        request_id = mock.events[0].request_id

        assert message(mock.assert_queued, "orders", where=is_urgent) == (
            "assert_queued('orders', where=is_urgent): found no event of 'orders' with "
            "where=is_urgent\n"
            "expected: at least 1 event of 'orders' with where=is_urgent\n"
            "nearest: invocation 1, whose where differs\n"
            "  where= did not return true for <Event orders {'urgent': False} "
            f"request_id={request_id}>\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. orders {'urgent': False} -> 202 accepted (app.py:3)"
        )

    def test_a_condition_is_not_asked_about_another_function(self, mock):
        call("mail", None)

        text = message(mock.assert_queued, "orders", where=lambda event: event.payload["urgent"])

        assert text == (
            "assert_queued('orders', where=<lambda>): found no event of 'orders' with "
            "where=<lambda>\n"
            "expected: at least 1 event of 'orders' with where=<lambda>\n"
            "recorded: 1 invocation, 1 event\n"
            "  1. mail None -> 202 accepted (app.py:3)"
        )


class TestSequence:
    @pytest.fixture(autouse=True)
    def three_invocations(self, mock):
        call("orders", {"id": 42})
        call("stock")
        call("mail:live", {"to": "Ann"})

    LOG = (
        "recorded: 3 invocations, 3 events\n"
        "  1. orders {'id': 42} -> 202 accepted (app.py:3)\n"
        "  2. stock None -> 202 accepted (app.py:3)\n"
        "  3. mail:live {'to': 'Ann'} -> 202 accepted (app.py:3)"
    )

    def test_another_order(self, mock):
        expected = ["orders", ("mail", {"to": "Ann"}), "stock"]

        assert message(mock.assert_sequence, expected) == (
            "assert_sequence(['orders', ('mail', {'to': 'Ann'}), 'stock']): found 3 invocations\n"
            "expected: 3 invocations in this order\n"
            "number 2: expected 'mail' with payload={'to': 'Ann'}, was 'stock'\n"
            "number 3: expected 'stock', was 'mail'\n"
            "all of them were made, but in another order; any_order=True allows that\n" + self.LOG
        )

    def test_another_payload(self, mock):
        expected = ["orders", "stock", ("mail", {"to": "Bob"})]

        assert message(mock.assert_sequence, expected) == (
            "assert_sequence(['orders', 'stock', ('mail', {'to': 'Bob'})]): found 3 invocations\n"
            "expected: 3 invocations in this order\n"
            "number 3: expected 'mail' with payload={'to': 'Bob'}\n"
            "  $.to: expected 'Bob', sent 'Ann'\n" + self.LOG
        )

    def test_another_qualifier(self, mock):
        assert message(mock.assert_sequence, ["orders", "stock", "mail:test"]) == (
            "assert_sequence(['orders', 'stock', 'mail:test']): found 3 invocations\n"
            "expected: 3 invocations in this order\n"
            "number 3: expected 'mail:test'\n"
            "  expected qualifier 'test', was 'live'\n" + self.LOG
        )

    def test_one_too_many(self, mock):
        assert message(mock.assert_sequence, ["orders", "stock"]) == (
            "assert_sequence(['orders', 'stock']): found 3 invocations\n"
            "expected: 2 invocations in this order\n"
            "number 3: 'mail' was not expected\n" + self.LOG
        )

    def test_one_too_few(self, mock):
        assert message(mock.assert_sequence, ["orders", "stock", "mail", "audit"]) == (
            "assert_sequence(['orders', 'stock', 'mail', 'audit']): found 3 invocations\n"
            "expected: 4 invocations in this order\n"
            "number 4: expected 'audit', but there is none\n" + self.LOG
        )

    def test_none_at_all(self, mock):
        assert message(mock.assert_sequence, []) == (
            "assert_sequence([]): found 3 invocations\n"
            "expected: no invocation in this order\n"
            "number 1: 'orders' was not expected\n"
            "number 2: 'stock' was not expected\n"
            "number 3: 'mail' was not expected\n" + self.LOG
        )

    def test_many_at_other_places(self, mock):
        text = message(mock.assert_sequence, ["a", "b", "c", "d", "e", "f", "g", "h"])

        assert text.splitlines()[1:8] == [
            "expected: 8 invocations in this order",
            "number 1: expected 'a', was 'orders'",
            "number 2: expected 'b', was 'stock'",
            "number 3: expected 'c', was 'mail'",
            "number 4: expected 'd', but there is none",
            "number 5: expected 'e', but there is none",
            "… and 3 more",
        ]

    def test_in_any_order_one_that_is_missing_and_one_too_many(self, mock):
        expected = [("mail", {"to": "Bob"}), "stock", "orders"]

        assert message(mock.assert_sequence, expected, any_order=True) == (
            "assert_sequence([('mail', {'to': 'Bob'}), 'stock', 'orders'], any_order=True): found "
            "3 invocations\n"
            "expected: 3 invocations in any order\n"
            "missing: 'mail' with payload={'to': 'Bob'}\n"
            "nearest: invocation 3, whose payload differs\n"
            "  $.to: expected 'Bob', sent 'Ann'\n"
            "not expected: invocation 3\n" + self.LOG
        )

    def test_five_at_other_places_are_all_told(self, mock):
        text = message(mock.assert_sequence, ["a", "b", "c", "d", "e"])

        assert text.splitlines()[6:8] == [
            "number 5: expected 'e', but there is none",
            "recorded: 3 invocations, 3 events",
        ]

    def test_five_that_are_missing_are_all_told(self, mock):
        expected = ["a", "b", "c", "d", "e", "orders", "stock", "mail"]

        text = message(mock.assert_sequence, expected, any_order=True)

        assert text.splitlines()[6:8] == ["missing: 'e'", "recorded: 3 invocations, 3 events"]

    @pytest.mark.parametrize(("count", "more"), [(10, ""), (11, ", …")])
    def test_no_more_than_ten_that_were_not_expected_are_told(self, mock, count, more):
        for _ in range(count - 3):
            call("audit")

        text = message(mock.assert_sequence, [], any_order=True)

        assert text.splitlines()[2] == (
            f"not expected: invocations 1, 2, 3, 4, 5, 6, 7, 8, 9, 10{more}"
        )

    def test_a_long_payload_that_was_expected_is_told(self, mock):
        expected = ["orders", "stock", "mail", ("audit", {"note": "x" * 60})]

        assert message(mock.assert_sequence, expected).splitlines()[2] == (
            f"number 4: expected 'audit' with payload={{'note': '{'x' * 60}'}}, but there is none"
        )

    def test_in_any_order_several(self, mock):
        expected = ["a", "b", "c", "d", "e", "f", "stock"]

        text = message(mock.assert_sequence, expected, any_order=True)

        assert text.splitlines()[2:9] == [
            "missing: 'a'",
            "missing: 'b'",
            "missing: 'c'",
            "missing: 'd'",
            "missing: 'e'",
            "… and 1 more",
            "not expected: invocations 1, 3",
        ]


class TestTheLog:
    """A line for each recorded invocation."""

    @pytest.mark.parametrize(("length", "whole"), [(256, True), (257, False)])
    def test_a_name_that_is_none_is_shortened_when_it_is_long(self, mock, length, whole):
        call("x" * length)

        assert (f"  1. {'x' * length} None -> 400 " in message(mock.assert_queued)) == whole

    @pytest.mark.parametrize(("size", "told"), [(0, "'xxx"), (1, "(a body of 1,048,577 bytes)")])
    def test_of_a_body_of_more_than_a_mebibyte_the_size_is_told(self, mock, size, told):
        call("orders", b'"%b"' % (b"x" * (2**20 - 2 + size)))

        assert f"  1. orders {told}" in message(mock.assert_queued)

    def test_a_retried_call_is_one_line(self, mock):
        mock.add_error("ServiceException", function="given-up")
        mock.add_error("ServiceException", attempts=2, function="recovered")
        mock.add_fault(faults.ReadTimeout, attempts=1, function="mixed")
        mock.add_error("TooManyRequestsException", attempts=1, function="mixed")
        mock.add_fault(faults.LostAnswer, function="lost")
        for function in ("given-up", "recovered", "mixed", "lost"):
            call(function, via=retrying)

        assert mock.describe() == (
            "recorded: 4 invocations, 4 events\n"
            "  1. given-up None -> 500 ServiceException (3 attempts) (app.py:3)\n"
            "  2. recovered None -> 500 ServiceException (2 attempts), then 202 accepted "
            "(app.py:3)\n"
            "  3. mixed None -> ReadTimeout, then 429 TooManyRequestsException, then 202 accepted "
            "(app.py:3)\n"
            "  4. lost None -> LostAnswer, event queued, then 202 accepted (app.py:3)"
        )

    def test_a_call_that_was_refused_shows_why_nothing_was_queued(self, mock):
        mock.add_error("ServiceException")
        call("orders", {"id": 42})

        assert message(mock.assert_queued, "orders") == (
            "assert_queued('orders'): found no event of 'orders'\n"
            "expected: at least 1 event of 'orders'\n"
            "recorded: 1 invocation, no event\n"
            "  1. orders {'id': 42} -> 500 ServiceException (app.py:3)"
        )

    def test_one_in_flight(self, mock):
        seen = []
        mock.add_callback(lambda invocation: seen.append(mock.describe()))

        call("orders", {"id": 42})

        assert seen == [
            "recorded: 1 invocation, no event\n  1. orders {'id': 42} -> still in flight (app.py:3)"
        ]

    def test_an_exception_of_a_callback(self, mock):
        def jam(invocation):
            raise OSError("out of paper")

        mock.add_callback(jam)

        call("orders")

        assert mock.describe() == (
            "recorded: 1 invocation, no event\n  1. orders None -> OSError (app.py:3)"
        )

    def test_of_a_long_one_the_end_is_shown(self, mock):
        for number in range(30):
            call("orders", number)

        text = message(mock.assert_not_queued, "orders")

        assert text.splitlines() == [
            "assert_not_queued('orders'): found 30 events of 'orders'",
            "expected: no event of 'orders'",
            "recorded: 30 invocations, 30 events",
            "  … 10 earlier invocations",
            *(
                f"  {number + 1}. orders {number} -> 202 accepted (app.py:3)"
                for number in range(10, 30)
            ),
        ]

    @pytest.mark.parametrize(
        ("function", "payload", "shown"),
        [
            ("orders", "line\nbreak \x1b[31m", "orders 'line\\nbreak \\x1b[31m'"),
            ("orders", "\u202eevil \ud800", "orders '\\u202eevil \\ud800'"),
            ("or\nders", None, "'or\\nders' None"),
            ("orders", "x" * 500, f"orders '{'x' * 61}…(378 characters left out)…{'x' * 61}'"),
            # Python does not write it in base ten.
            ("orders", b"1" + b"0" * 5000, "orders "),
        ],
        ids=["control", "direction", "name", "long", "number"],
    )
    def test_whatever_was_sent_is_one_printable_line(self, mock, function, payload, shown):
        call(function, payload)

        line = mock.describe().split("\n")[1]

        assert line.isprintable()
        assert len(line) < 300
        assert line.startswith(f"  1. {shown}")


def refused(mock):
    app.get_function(client)


def violated(mock):
    if not mock.invocations:
        mock.register_function("orders", schema=False)
    call("orders", "x" * 1_000)


def trouble(mock):
    def fails(invocation):
        raise AssertionError("x" * 10_000 + "\n\x1b[31m")

    if not mock.invocations:
        mock.add_callback(fails)
    call()


class TestTheEndOfATest:
    """What ``verify()`` says, and so the fixture's teardown."""

    # The test, in a file of its own.
    script = module_from(
        """\
def add(mock):
    mock.add_error("ServiceException", function="orders", times=2)


def add_at(mock):
    mock.add_error("ServiceException", function="orders", at=(2, 5))


def add_standing(mock):
    mock.add_fault("ReadTimeout", times=None)
""",
        "test_app.py",
    )

    HINT = (
        "  (if that is intended: optional=True for an error or a fault, or "
        "InvokeAsyncMock(assert_all_used=False))\n"
    )

    def test_an_unanswered_rule(self, mock):
        self.script.add(mock)
        call("orders", {"id": 42})
        call("mail")

        assert message(mock.verify) == (
            "unanswered rule: add_error('ServiceException', times=2, function='orders') "
            "(test_app.py:2) was to answer 2 invocations, and answered 1\n"
            + self.HINT
            + "recorded: 2 invocations, 1 event\n"
            "  1. orders {'id': 42} -> 500 ServiceException (app.py:3)\n"
            "  2. mail None -> 202 accepted (app.py:3)"
        )

    def test_a_position_that_was_never_reached(self, mock):
        self.script.add_at(mock)
        call("orders")
        call("orders")

        assert message(mock.verify) == (
            "unanswered rule: add_error('ServiceException', at=(2, 5), function='orders') "
            "(test_app.py:6) was to answer invocations 2 and 5; 2 invocations matched, so position "
            "5 was never reached\n" + self.HINT + "recorded: 2 invocations, 1 event\n"
            "  1. orders None -> 202 accepted (app.py:3)\n"
            "  2. orders None -> 500 ServiceException (app.py:3)"
        )

    def test_a_standing_rule_that_nothing_met(self, mock):
        self.script.add_standing(mock)

        assert message(mock.verify) == (
            "unanswered rule: add_fault('ReadTimeout', times=None) (test_app.py:10) was to answer "
            "at least 1 invocation, and answered none\n"
            + self.HINT
            + "recorded: no invocation at all"
        )

    def test_a_schema_that_was_violated(self, mock):
        mock.register_function("orders", schema={"properties": {"id": {"type": "integer"}}})
        call("orders", {"id": "42"})

        assert message(mock.verify) == (
            "schema violated: invocation 1 of 'orders' broke its schema at $.id: '42' is not of "
            "type 'integer'\n"
            "  (if that is intended: "
            'InvokeAsyncMock(schema_violations="respond"))\n'
            "recorded: 1 invocation, no event\n"
            "  1. orders {'id': '42'} -> 400 InvalidRequestContentException (app.py:3)"
        )

    def test_an_unmocked_call_whose_exception_was_swallowed(self, mock):
        app.get_function(client)

        assert message(mock.verify) == (
            "unmocked call to AWS Lambda: GET "
            "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/orders, called from "
            "app.py:10\n"
            "  (refused with UnmockedLambdaCall, over HTTP with 404. Answer it with a mock of "
            "its own; or let such calls pass: "
            'InvokeAsyncMock(other_lambda_calls="pass"); or, if the '
            "test expects the refusal, unmocked_calls.clear())\n"
            "recorded: no invocation at all"
        )

    def test_a_mistake_in_a_callback_whose_exception_was_swallowed(self, mock):
        def oops(invocation):
            return 500

        mock.add_callback(oops)
        call("orders")

        first, *_ = message(mock.verify).splitlines()
        assert re.sub(r" \(\S*test_messages\.py:\d+\)", "", first) == (
            "mistake in the test's own code: the callback of add_callback(oops) raised TypeError: "
            "a callback returns None for 202, an error (a code or an ErrorSpec) or a fault, not 500"
        )

    def test_everything_at_once_is_one_message(self, mock):
        self.script.add(mock)
        mock.register_function("mail", schema=False)
        app.get_function(client)
        call("mail", {})

        lines = message(mock.verify).splitlines()

        assert [line.partition(":")[0] for line in lines if line[0] != " "] == [
            "unanswered rule",
            "schema violated",
            "unmocked call to AWS Lambda",
            "recorded",
        ]

    @pytest.mark.parametrize(
        ("wrong", "kind"),
        [
            (lambda mock: mock.add_error("ServiceException"), "unanswered rule: "),
            (refused, "unmocked call to AWS Lambda: "),
            (violated, "schema violated: "),
            (trouble, "mistake in the test's own code: "),
            (lambda mock: mock.sweep(), "sweep(): "),
        ],
        ids=["rules", "calls", "schemas", "callbacks", "sweeps"],
    )
    @pytest.mark.parametrize("count", [20, 21])
    def test_of_many_the_first_twenty_are_told(self, mock, wrong, kind, count):
        for _ in range(count):
            wrong(mock)

        # A callback that raises leaves an unanswered rule of its own behind.
        lines = [line for line in mock.find_problems() if line.startswith((kind, "  … and "))]
        told = [line for line in lines if line.startswith(kind)]
        assert len(told) == 20
        assert lines[20:] == (["  … and 1 more of these"] if count > 20 else [])

    def test_of_a_thousand_too(self, mock):
        for _ in range(1_050):
            mock.add_error("ServiceException")

        assert "  … and 1,030 more of these" in mock.find_problems()

    def test_nothing_is_wrong(self, mock):
        call("orders")

        mock.verify()

        assert mock.find_problems() == []


STATEMENTS = [
    ("invokeasync.assert_queued('orders')", "AssertionError"),
    ("invokeasync.assert_queued_once('orders', payload={'id': 42})", "AssertionError"),
    ("call(); invokeasync.assert_not_queued('mail')", "AssertionError"),
    ("invokeasync.assert_invoked('orders', times=3)", "AssertionError"),
    ("invokeasync.assert_invoked_once('orders')", "AssertionError"),
    ("call(); invokeasync.assert_not_invoked()", "AssertionError"),
    ("invokeasync.assert_sequence(['orders'])", "AssertionError"),
    ("invokeasync.assert_sequence(['orders'], any_order=True)", "AssertionError"),
    ("invokeasync.get_invocation(function='orders')", "AssertionError"),
    ("invokeasync.wait_until_queued('orders', timeout=0)", "AssertionError"),
    ("invokeasync.add_error('ServiceException'); invokeasync.verify()", "AssertionError"),
    ("invokeasync.assert_queued(paylod=1)", "TypeError"),
    ("invokeasync.get_invocations(paylod=1)", "TypeError"),
    ("invokeasync.get_events(function=1)", "TypeError"),
    ("invokeasync.assert_queued(times=-1)", "ValueError"),
    ("invokeasync.assert_queued('or ders')", "ValueError"),
    ("invokeasync.assert_sequence('orders')", "TypeError"),
    ("invokeasync.assert_sequence([1])", "TypeError"),
    ("invokeasync.wait_until_queued(count=0)", "ValueError"),
    ("invokeasync.add_error('ServiceException', time=2)", "TypeError"),
    ("invokeasync.add_error('ServiceException', times=0)", "ValueError"),
    ("invokeasync.add_error('ServiceException', at=0)", "ValueError"),
    ("invokeasync.add_error('ServiceException', attempts='1')", "TypeError"),
    ("invokeasync.add_error('ServiceException', headers={'a': 'b\\n'})", "ValueError"),
    ("invokeasync.add_error('ServiceException', message=1)", "TypeError"),
    ("invokeasync.add_error('ServiceExeption')", "ValueError"),
    ("invokeasync.add_error(500)", "TypeError"),
    ("invokeasync.add_fault('ReadTimeOut')", "ValueError"),
    ("invokeasync.add_fault(None)", "TypeError"),
    ("invokeasync.add_accepted(request_id='a\\nb')", "ValueError"),
    ("invokeasync.add_callback('orders')", "TypeError"),
    ("invokeasync.register_function('or ders')", "ValueError"),
    ("invokeasync.register_function('orders', schema={'type': 'objekt'})", "ValueError"),
    ("invokeasync.register_function('orders', schema={'$schema': 'x'})", "ValueError"),
    ("invokeasync.sweep('ServiceExeption')", "ValueError"),
    ("list(invokeasync.sweep())", "AssertionError"),
    ("ErrorSpec('X', 200)", "ValueError"),
    ("ErrorSpec('X', 500, headers={'a b': 'c'})", "ValueError"),
    ("errors.find('ServiceExeption')", "ValueError"),
    ("errors.ServiceExeption", "AttributeError"),
    ("InvokeAsyncMock(acount='1')", "TypeError"),
    ("InvokeAsyncMock(account='1')", "ValueError"),
    ("invokeasync.start()", "RuntimeError"),
]


def test_after_a_name_that_was_refused_the_option_contract_is_named(mock):
    call("orders")
    assert "the option contract" not in mock.describe()

    call("or ders")

    assert mock.describe().splitlines()[-1] == (
        "  (the option contract says what a FunctionName is checked by: the API page, "
        'or with "botocore" the installed SDK, which knows newer regions)'
    )


class TestTracebacks:
    """The error is told at the test's own line, and no line of the plugin is shown."""

    def test_they_end_in_the_line_of_the_test(self, pytester):
        tests = "".join(
            f"def test_{number}(invokeasync):\n    {statement}\n\n\n"
            for number, (statement, _) in enumerate(STATEMENTS)
        )
        pytester.makepyfile(
            test_them=f"""\
import boto3
from pytest_invokeasync import ErrorSpec, InvokeAsyncMock, errors

client = boto3.client("lambda")


def call():
    client.invoke_async(FunctionName="mail", InvokeArgs=b"1")


{tests}"""
        )

        reports = pytester.inline_run().getreports("pytest_runtest_logreport")

        told = {}
        for report in reports:
            if report.when == "call":
                number = int(report.head_line.rpartition("_")[2])
                entries = report.longrepr.reprtraceback.reprentries
                (line,) = (
                    line for entry in entries for line in entry.lines if line.startswith(">")
                )
                exception = report.longrepr.reprcrash.message.partition(":")[0]
                told[number] = (line.removeprefix(">").strip(), exception)
        assert [told[number] for number in range(len(STATEMENTS))] == STATEMENTS

    def test_of_a_call_that_fails_only_what_is_not_ours_is_shown(self, pytester):
        pytester.makepyfile(
            test_them="""\
import boto3
import pytest
from calls import make_client
import requests
import responses

URL = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions"
send = requests.adapters.HTTPAdapter.send


def test_with_boto3(invokeasync):
    boto3.client("lambda").list_functions()


def test_with_requests(invokeasync):
    requests.get(URL)


def test_beside_a_mock_that_lets_it_out(invokeasync):
    with responses.RequestsMock() as mock:
        mock.add_passthru("https://")
        requests.get(URL)


def test_with_a_fault_in_boto3(invokeasync):
    invokeasync.add_fault("ReadTimeout")
    boto3.client("lambda").invoke_async(FunctionName="orders", InvokeArgs=b"1")


def test_with_a_fault_in_requests(invokeasync):
    invokeasync.add_fault("ReadTimeout")
    requests.post("https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/a/invoke-async", "1")


def test_with_a_send_of_somebody_elses(monkeypatch):
    from pytest_invokeasync import InvokeAsyncMock

    def traced(*args, **kwargs):
        return send(*args, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", traced)
    with InvokeAsyncMock():
        requests.get(URL)
"""
        )

        reports = pytester.inline_run().getreports("pytest_runtest_logreport")

        failed = [report for report in reports if report.when == "call"]
        assert len(failed) == 6
        for report in failed:
            told = report.longrepr.reprcrash.message
            assert re.match(r".*(UnmockedLambdaCall: GET|ReadTimeout.*https://lambda)", told)
            entries = report.longrepr.reprtraceback.reprentries
            shown = [entry.reprfileloc.path for entry in entries]
            assert [path for path in shown if "pytest_invokeasync" in path] == []
