"""``register_function``: functions that exist, and the JSON Schema that a payload must satisfy."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import jsonschema
import pytest
import requests
from calls import make_client, outcome_of

from pytest_invokeasync import Function, InvokeAsyncMock

client = make_client()
retrying = make_client(3)
ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    },
    "required": ["id"],
    "$defs": {"line": {"type": "object", "properties": {"sku": {"type": "string"}}}},
}
REFUSED = "InvalidRequestContentException"


def call(function="orders", payload=None, *, via=client):
    return outcome_of(via, function, payload)


class TestRegistration:
    """What may be registered, and what comes of it."""

    def test_it_tells_what_was_registered(self, invokeasync):
        function = invokeasync.register_function("orders", schema=ORDER)

        assert isinstance(function, Function)
        assert (function.name, function.schema) == ("orders", ORDER)
        assert invokeasync.register_function("mail").schema is None

    @pytest.mark.parametrize("kind", [str, Path], ids=["str", "Path"])
    def test_a_schema_may_be_read_from_a_file(self, invokeasync, tmp_path, kind):
        file = tmp_path / "orders.JSON"
        file.write_text(json.dumps(ORDER))

        function = invokeasync.register_function("orders", schema=kind(file))
        file.unlink()

        assert function.schema == ORDER
        assert call(payload={"id": 42}) == 202

    def test_a_path_may_have_any_ending(self, invokeasync, tmp_path):
        tmp_path.joinpath("schema").write_text("\ufefffalse", "utf-8")

        function = invokeasync.register_function("orders", schema=tmp_path / "schema")

        assert function.schema is False

    @pytest.mark.parametrize(
        ("schema", "told"),
        [
            (
                "missing.json",
                "the schema 'missing.json' cannot be read: FileNotFoundError: [Errno 2] No such "
                "file or directory: 'missing.json'",
            ),
            (
                Path("broken.json"),
                "the schema 'broken.json' cannot be read: JSONDecodeError: Expecting property name "
                "enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            (
                "orders.yaml",
                "the schema is no valid JSON Schema at $: 'orders.yaml' is a str, and not the path "
                "of a .json file; json.loads() decodes JSON text",
            ),
            (
                '{"type": "object"}',
                'the schema is no valid JSON Schema at $: \'{"type": "object"}\' is a str, and not '
                "the path of a .json file; json.loads() decodes JSON text",
            ),
            (
                "number.json",
                "the schema is no valid JSON Schema at $: 3 is not of type 'object', 'boolean'",
            ),
        ],
        ids=str,
    )
    def test_what_holds_no_schema_is_refused_at_once(
        self, invokeasync, tmp_path, monkeypatch, schema, told
    ):
        monkeypatch.chdir(tmp_path)
        tmp_path.joinpath("broken.json").write_text("{")
        tmp_path.joinpath("number.json").write_text("3")

        with pytest.raises(ValueError, match=r"^register_function") as info:
            invokeasync.register_function("orders", schema=schema)

        assert str(info.value) == f"register_function('orders'): {told}"

    def test_without_a_schema_any_payload_will_do(self, invokeasync):
        invokeasync.register_function("orders")

        assert [call(payload=each) for each in (None, 1, "a", [], {"id": "x"})] == [202] * 5

    def test_need_not_be_called(self, mock):
        mock.register_function("orders", schema=ORDER)

        mock.verify()

    def test_other_functions_exist_as_well(self, invokeasync):
        invokeasync.register_function("orders", schema=ORDER)

        assert call("mail", "anything") == 202

    def test_a_later_one_overrides_an_earlier_one(self, mock):
        mock.register_function("orders", schema={"type": "string"})
        mock.register_function("orders", schema={"type": "object"})

        assert [call(payload={}), call(payload="text")] == [202, REFUSED]

    def test_a_later_one_inherits_what_it_does_not_state(self, mock):
        mock.register_function("orders", schema=False)
        mock.register_function("orders", timeout=10)

        assert call() == REFUSED

    def test_a_later_one_may_take_the_schema_away(self, invokeasync):
        invokeasync.register_function("orders", schema=False)
        function = invokeasync.register_function("orders", schema=None)

        assert call(payload="anything") == 202
        assert function.schema is None

    def test_a_qualifier_may_have_a_schema_of_its_own(self, mock):
        mock.register_function("orders", schema={"type": "object"})
        mock.register_function("orders:v2", schema={"type": "array"})

        assert [call("orders:v2", []), call("orders:v1", {}), call("orders", {})] == [202] * 3
        assert [call("orders:v2", {}), call("orders", [])] == [REFUSED] * 2

    @pytest.mark.parametrize(
        "name",
        [
            "orders",
            "function:orders",
            "123456789012:orders",
            "arn:aws:lambda:us-east-1:123456789012:function:orders",
        ],
    )
    def test_a_name_matches_as_everywhere(self, mock, name):
        mock.register_function(name, schema=False)

        assert call("orders") == REFUSED
        of_any_account = name in ("orders", "function:orders")
        assert call("111122223333:orders") == (REFUSED if of_any_account else 202)

    @pytest.mark.parametrize(
        ("name", "exception", "told"),
        [
            (None, TypeError, "register_function(): a function is named by a str, not None"),
            (42, TypeError, "register_function(): a function is named by a str, not 42"),
            ("or ders", ValueError, "register_function(): no function can be named 'or ders': "),
            ("", ValueError, "register_function(): no function can be named '': "),
        ],
    )
    def test_what_no_function_can_be_named_is_refused(self, invokeasync, name, exception, told):
        with pytest.raises(exception) as info:
            invokeasync.register_function(name)

        assert str(info.value).startswith(told)


class TestUnknownFunctions:
    """With ``unknown_functions="reject"`` a function that was not registered does not exist."""

    @pytest.fixture
    def invokeasync(self):
        with InvokeAsyncMock(unknown_functions="reject") as active:
            yield active

    def message(self, function):
        with pytest.raises(client.exceptions.ResourceNotFoundException) as info:
            client.invoke_async(FunctionName=function, InvokeArgs=b"{}")
        assert info.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
        assert info.value.response["Type"] == "User"
        return info.value.response["Error"]["Message"]

    @pytest.mark.parametrize(
        ("function", "arn"),
        [
            ("mail", "arn:aws:lambda:us-east-1:123456789012:function:mail:$LATEST"),
            ("mail:$LATEST", "arn:aws:lambda:us-east-1:123456789012:function:mail:$LATEST"),
            ("mail:live", "arn:aws:lambda:us-east-1:123456789012:function:mail:live"),
            (
                "111122223333:function:mail",
                "arn:aws:lambda:us-east-1:111122223333:function:mail:$LATEST",
            ),
            (
                "arn:aws:lambda:us-east-1:111122223333:function:mail:7",
                "arn:aws:lambda:us-east-1:111122223333:function:mail:7",
            ),
        ],
    )
    def test_the_answer_names_it_as_it_was_called(self, invokeasync, function, arn):
        invokeasync.register_function("orders")

        assert self.message(function) == f"Function not found: {arn}"
        assert call("orders") == 202
        invokeasync.assert_not_queued("mail")
        invokeasync.assert_invoked_once("mail", error="ResourceNotFoundException")

    def test_none_exists_while_none_is_registered(self, invokeasync):
        assert self.message("orders").startswith("Function not found: ")

    def test_one_of_another_account_region_or_qualifier_is_unknown_too(self, invokeasync):
        invokeasync.register_function("arn:aws:lambda:us-east-1:123456789012:function:orders:live")

        assert call("orders:live") == 202
        for other in ("orders", "orders:test", "111122223333:orders:live"):
            self.message(other)

    def test_a_body_that_is_no_json_is_told_first(self, invokeasync):
        assert call("mail", b'{"id":') == REFUSED

    def test_it_is_no_problem_of_the_test(self, invokeasync):
        self.message("orders")

        invokeasync.verify()


class TestViolations:
    """What breaks the schema is refused, and the test fails."""

    @pytest.mark.parametrize(
        "payload", [{"id": 42}, {"id": 42, "lines": []}, {"id": 1, "lines": [{"sku": "tea"}]}]
    )
    def test_what_satisfies_it_is_accepted(self, invokeasync, payload):
        invokeasync.register_function("orders", schema=ORDER)

        assert call(payload=payload) == 202

    @pytest.mark.parametrize(
        ("payload", "told"),
        [
            ([], "at $: [] is not of type 'object'"),
            ({}, "at $: 'id' is a required property"),
            ({"id": "42"}, "at $.id: '42' is not of type 'integer'"),
            (
                {"id": 42, "lines": [{"sku": "tea"}, {"sku": 7}]},
                "at $.lines[1].sku: 7 is not of type 'string'",
            ),
        ],
    )
    def test_the_answer_and_the_end_of_the_test_name_the_path(self, mock, payload, told):
        mock.register_function("orders", schema=ORDER)

        with pytest.raises(client.exceptions.InvalidRequestContentException) as info:
            client.invoke_async(FunctionName="orders", InvokeArgs=json.dumps(payload))

        assert info.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert info.value.response["Error"]["Message"] == (
            "Could not parse request body into json: the payload breaks the schema of 'orders' "
            + told
        )
        assert mock.find_problems()[0] == (
            f"schema violated: invocation 1 of 'orders' broke its schema {told}"
        )
        with pytest.raises(AssertionError, match="schema violated"):
            mock.verify()

    def test_by_requests_as_well(self, mock):
        mock.register_function("orders", schema=ORDER)
        url = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async"

        answer = requests.post(url, json={"id": "42"}, timeout=5)

        assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (400, REFUSED)
        assert answer.json()["message"].endswith("at $.id: '42' is not of type 'integer'")
        assert mock.find_problems()

    def test_what_was_refused_is_recorded_and_not_queued(self, mock):
        mock.register_function("orders", schema=ORDER)

        call(payload={"id": "42"}, via=retrying)

        invocation = mock.get_invocation(error=REFUSED)
        assert invocation.payload == {"id": "42"}
        assert (len(invocation.attempts), mock.events) == (1, [])

    def test_each_is_told(self, mock):
        mock.register_function("orders", schema=ORDER)
        call(payload={"id": 1})
        call(payload={"id": "2"})
        call(payload={"id": "3"})

        assert [line for line in mock.find_problems() if line.startswith("schema")] == [
            "schema violated: invocation 2 of 'orders' broke its schema at $.id: '2' is not of "
            "type 'integer'",
            "schema violated: invocation 3 of 'orders' broke its schema at $.id: '3' is not of "
            "type 'integer'",
        ]

    def test_it_is_told_even_where_the_code_under_test_swallows_the_answer(self):
        mock = InvokeAsyncMock()
        mock.register_function("orders", schema=ORDER)

        with pytest.raises(AssertionError, match="schema violated"), mock:
            call(payload={})

    def test_with_respond_the_caller_alone_is_told(self):
        with InvokeAsyncMock(schema_violations="respond") as mock:
            mock.register_function("orders", schema=ORDER)

            assert call(payload={}) == REFUSED
            assert mock.find_problems() == []

    @pytest.mark.parametrize("body", [b"", b'{"id":', b"NaN", b'"\xff"'])
    def test_what_is_no_json_is_no_violation(self, mock, body):
        mock.register_function("orders", schema=False)

        assert call(payload=body) == REFUSED
        assert mock.find_problems() == []

    def test_of_a_long_payload_the_message_shows_both_ends(self, mock):
        mock.register_function("orders", schema={"anyOf": [{"type": "array"}, {"type": "null"}]})

        call(payload={"note": "x" * 10_000})

        (problem, _hint) = mock.find_problems()
        assert len(problem) < 500
        assert "at $: {'note': 'xxx" in problem
        assert problem.endswith("xxx'} is not valid under any of the given schemas")

    def test_to_reset_does_not_hide_it(self, mock):
        mock.register_function("orders", schema=ORDER)
        call(payload={})

        mock.reset()

        assert mock.find_problems()


class TestSchemas:
    """JSON Schema, as ``jsonschema`` understands it."""

    @pytest.mark.parametrize(
        ("schema", "good", "bad"),
        [
            (True, [None, 1, {}], []),
            ({}, [None, 1, {}], []),
            (False, [], [None, 1, {}]),
            ({"const": None}, [None], [0, False, ""]),
            ({"enum": ["a", 1]}, ["a", 1, 1.0], ["b", 2, True]),
            ({"type": "integer"}, [1, 1.0, 10**500], [1.5, True, "1"]),
            ({"prefixItems": [{"type": "string"}]}, [["a", 1], []], [[1]]),
            ({"$defs": {"id": {"type": "string"}}, "$ref": "#/$defs/id"}, ["a"], [1]),
            (
                {"properties": {"next": {"$ref": "#"}}, "type": "object"},
                [{"next": {}}],
                [{"next": 1}],
            ),
            (
                {
                    "$id": "https://schemas.example.com/order",
                    "$defs": {"id": {"$id": "id", "type": "string"}},
                    "properties": {"id": {"$ref": "id"}},
                },
                [{"id": "a"}],
                [{"id": 1}],
            ),
            (
                {"$ref": "https://json-schema.org/draft/2020-12/schema"},
                [{"type": "string"}],
                [{"type": 1}],
            ),
        ],
        ids=lambda value: str(value)[:40] if isinstance(value, (bool, dict)) else "",
    )
    def test_without_dollar_schema_it_is_2020_12(self, mock, schema, good, bad):
        mock.register_function("orders", schema=schema)

        assert [call(payload=each) for each in good] == [202] * len(good)
        assert [call(payload=each) for each in bad] == [REFUSED] * len(bad)
        assert bool(mock.find_problems()) == bool(bad)

    @pytest.mark.parametrize(
        ("draft", "schema", "good", "bad"),
        [
            ("http://json-schema.org/draft-03/schema#", {"divisibleBy": 3}, 6, 7),
            (
                "http://json-schema.org/draft-04/schema#",
                {"minimum": 3, "exclusiveMinimum": True},
                4,
                3,
            ),
            ("http://json-schema.org/draft-06/schema#", {"exclusiveMinimum": 3}, 4, 3),
            (
                "http://json-schema.org/draft-07/schema#",
                {"items": [{"type": "string"}]},
                ["a"],
                [1],
            ),
            ("http://json-schema.org/draft-07/schema", {"items": [{"type": "string"}]}, ["a"], [1]),
            (
                "https://json-schema.org/draft/2019-09/schema",
                {"dependentRequired": {"a": ["b"]}},
                {"a": 1, "b": 2},
                {"a": 1},
            ),
            (
                "https://json-schema.org/draft/2020-12/schema",
                {"prefixItems": [{"type": "string"}]},
                ["a"],
                [1],
            ),
        ],
    )
    def test_dollar_schema_names_the_draft(self, mock, draft, schema, good, bad):
        mock.register_function("orders", schema={"$schema": draft, **schema})

        assert [call(payload=good), call(payload=bad)] == [202, REFUSED]

    @pytest.mark.parametrize("draft", ["https://example.com/my-draft", "", 7, ["draft-07"]])
    def test_an_unknown_draft_is_refused(self, invokeasync, draft):
        with pytest.raises(ValueError, match="knows no draft") as info:
            invokeasync.register_function("orders", schema={"$schema": draft})

        assert str(info.value) == (
            f"register_function('orders'): jsonschema knows no draft {draft!r}; leave $schema out "
            "for 2020-12"
        )

    @pytest.mark.parametrize(
        ("schema", "path"),
        [
            ({"type": "objekt"}, "$.type"),
            ({"properties": {"id": {"type": ["string", 3]}}}, "$.properties.id.type"),
            ({"required": "id"}, "$.required"),
            ({"properties": {"sku": {"minLength": -1}}}, "$.properties.sku.minLength"),
            ({"pattern": 3}, "$.pattern"),
            ({"pattern": "(order"}, "$.pattern"),
            ([{"type": "string"}], "$"),
            ("object", "$"),
        ],
    )
    def test_what_is_no_schema_is_refused_at_once_with_the_path(self, mock, schema, path):
        with pytest.raises(ValueError, match="is no valid JSON Schema") as info:
            mock.register_function("orders", schema=schema)

        assert str(info.value).startswith(
            f"register_function('orders'): the schema is no valid JSON Schema at {path}: "
        )
        assert not isinstance(info.value, jsonschema.SchemaError)
        assert call(payload="anything") == 202

    @pytest.mark.parametrize(
        ("schema", "ref"),
        [
            ({"$ref": "https://example.com/order.json"}, "https://example.com/order.json"),
            ({"$ref": "http://127.0.0.1:9/order.json"}, "http://127.0.0.1:9/order.json"),
            ({"$ref": "file:///etc/hostname"}, "file:///etc/hostname"),
            ({"$ref": "order.json"}, "order.json"),
            ({"properties": {"id": {"$ref": "#/$defs/id"}}}, "/$defs/id"),
        ],
    )
    def test_a_reference_to_elsewhere_is_not_fetched(self, mock, monkeypatch, schema, ref):
        def urlopen(*args, **kwargs):
            raise SystemExit("it was fetched")

        monkeypatch.setattr(urllib.request, "urlopen", urlopen)
        mock.register_function("orders", schema=schema)

        with pytest.raises(ValueError, match="cannot be resolved") as info:
            client.invoke_async(FunctionName="orders", InvokeArgs=b'{"id": 42}')

        told = (
            f"$ref {ref!r} cannot be resolved: it is looked up in the schema itself, and nothing "
            "is fetched"
        )
        assert str(info.value) == told
        assert mock.find_problems() == [
            f"mistake in the test's own code: the schema of 'orders' raised ValueError: {told}"
        ]

    @pytest.mark.parametrize(
        "schema", [{"type": "object"}, {"items": {"$ref": "#"}, "type": "array"}]
    )
    @pytest.mark.parametrize("depth", [100, 999])
    def test_a_payload_nested_deep_gets_an_answer(self, mock, schema, depth):
        mock.register_function("orders", schema=schema)

        assert call(payload=b"[" * depth + b"1" + b"]" * depth) == REFUSED
        (problem, _hint) = mock.find_problems()
        assert problem.startswith("schema violated: invocation 1 of 'orders' broke its schema at $")
        assert len(problem) < 800

    def test_a_number_too_long_for_a_float_gets_an_answer(self, mock):
        mock.register_function("orders", schema={"multipleOf": 0.5})

        assert call(payload=1.5) == 202
        assert call(payload=b"1" + b"0" * 5000) == REFUSED
        assert "broke its schema at $: it cannot be checked: int" in mock.find_problems()[0]

    def test_a_panic_below_jsonschema_gets_an_answer_too(self, mock, monkeypatch):
        class PanicException(BaseException):
            """What Rust's bindings raise."""

        def panic(errors):
            raise PanicException("assertion failed")

        mock.register_function("orders", schema=ORDER)
        monkeypatch.setattr("jsonschema.exceptions.best_match", panic)

        assert call(payload={"id": 42}) == REFUSED
        assert "broke its schema at $: it is nested too deeply" in mock.find_problems()[0]

    @pytest.mark.parametrize(("length", "whole"), [(300, True), (301, False)])
    def test_a_message_of_more_than_300_characters_is_shortened(self, mock, length, whole):
        told = " is not of type 'integer'"
        value = "x" * (length - len(repr("")) - len(told))
        mock.register_function("orders", schema={"type": "integer"})

        assert call(payload=value) == REFUSED
        assert (f"at $: '{value}'{told}" in mock.find_problems()[0]) == whole

    def test_an_interrupt_while_it_checks_goes_through(self, mock, monkeypatch):
        def interrupt(errors):
            raise KeyboardInterrupt

        mock.register_function("orders", schema=ORDER)
        monkeypatch.setattr("jsonschema.exceptions.best_match", interrupt)

        with pytest.raises(KeyboardInterrupt):
            call()

        assert mock.get_invocation().attempts[0].fault == "KeyboardInterrupt"

    def test_a_flat_schema_takes_a_payload_however_deep(self, invokeasync):
        invokeasync.register_function("orders", schema={"type": ["array", "object"]})

        assert call(payload=b"[" * 999 + b"]" * 999) == 202


NUMBERS = {"additionalProperties": {"items": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a b", "$['a b'][0]"),
        ("it's", '$["it\'s"][0]'),
        ("\ud800", r"$['\ud800'][0]"),
        ("a\n\x1b[31mred", r"$['a\n\x1b[31mred'][0]"),
        ("caf\xe9", "$.caf\xe9[0]"),
    ],
    ids=ascii,
)
def test_whatever_the_keys_the_path_is_printable(mock, key, path):
    mock.register_function("orders", schema=NUMBERS)

    call(payload={key: ["x"]})

    [told, _] = mock.find_problems()
    assert told == (
        f"schema violated: invocation 1 of 'orders' broke its schema at {path}: 'x' is not of type "
        "'integer'"
    )
    assert told.isprintable()


@pytest.mark.once
def test_whatever_the_payload_no_worker_of_xdist_dies_of_it(run_pytest_with):
    result = run_pytest_with(
        "xdist",
        """
@pytest.mark.parametrize("key", [r"\\ud800", r"\\u001b[31m", r"\\n"])
def test_it(invokeasync, key):
    invokeasync.register_function("orders", schema={"additionalProperties": {"type": "integer"}})
    invokeasync.add_callback(fails)
    for name in ("orders", "mail"):
        with contextlib.suppress(requests.RequestException, AssertionError):
            requests.post(URL.format(name), data=('{"' + key + '": "' + key + '"}').encode())

def fails(invocation):
    raise AssertionError(*invocation.payload)
""",
        "-n1",
    )

    result.assert_outcomes(passed=3, errors=3)
    assert "\x1b[31m" not in result.stdout.str()


PREAMBLE = """
import contextlib
import pytest
import requests
URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/{}/invoke-async/"
"""
