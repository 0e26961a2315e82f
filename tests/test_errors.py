"""An error: what may be in one, and the answer that it becomes."""

from __future__ import annotations

import dataclasses
import json
import re
import string

import pytest
import requests
from botocore.exceptions import ClientError
from calls import make_client

from pytest_invokeasync import ErrorSpec, errors

client = make_client()
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def post(function="orders"):
    """The answer as it is on the wire."""
    url = f"https://lambda.eu-west-1.amazonaws.com/2014-11-13/functions/{function}/invoke-async/"
    return requests.post(url, data=b"{}", timeout=5)


def invoke():
    with pytest.raises(ClientError) as info:
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
    return info.value


ORDERS = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
ON_THE_WIRE = {
    "InvalidRequestContentException": (
        400,
        b'{"Type":"User","message":"Could not parse request body into json: '
        b'Could not parse payload into json"}',
    ),
    "InvalidRuntimeException": (
        502,
        b'{"Message":"The runtime is not supported.","Type":"Service"}',
    ),
    "ResourceConflictException": (
        409,
        b'{"Type":"User","message":"The resource already exists, or another operation is in '
        b'progress."}',
    ),
    "ResourceNotFoundException": (
        404,
        b'{"Message":"Function not found: ' + ORDERS.encode() + b':$LATEST","Type":"User"}',
    ),
    "ServiceException": (
        500,
        b'{"Message":"An error occurred and the request cannot be processed.","Type":"Service"}',
    ),
    "TooManyRequestsException": (
        429,
        b'{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User",'
        b'"message":"Rate Exceeded."}',
    ),
    "ValidationException": (400, b'{"message":"1 validation error detected"}'),
    "AccessDeniedException": (
        403,
        b'{"Message":"User: arn:aws:iam::123456789012:user/test is not authorized to perform: '
        b"lambda:InvokeFunction on resource: " + ORDERS.encode() + b" because no identity-based "
        b'policy allows the lambda:InvokeFunction action"}',
    ),
    "UnrecognizedClientException": (
        403,
        b'{"message":"The security token included in the request is invalid."}',
    ),
    "ExpiredTokenException": (
        403,
        b'{"message":"The security token included in the request is expired"}',
    ),
}


class TestOnTheWire:
    """What AWS sends: compact JSON, its keys sorted."""

    @pytest.mark.parametrize("code", ON_THE_WIRE)
    def test_status_and_body(self, invokeasync, code):
        invokeasync.add_error(code)

        answer = post()

        assert (answer.status_code, answer.content) == ON_THE_WIRE[code]

    def test_headers(self, invokeasync):
        invokeasync.add_error("ServiceException")

        answer = post()

        headers = {name.lower(): value for name, value in answer.headers.items()}
        date, request_id = headers.pop("date"), headers.pop("x-amzn-requestid")
        assert headers == {
            "content-type": "application/json",
            "content-length": "85",
            "connection": "keep-alive",
            "x-amzn-errortype": "ServiceException",
        }
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", date)
        assert UUID.fullmatch(request_id)
        assert request_id == invokeasync.get_invocation().request_id

    @pytest.mark.parametrize(
        ("function", "arn"),
        [
            ("orders", f"{ORDERS}:$LATEST"),
            ("orders:live", f"{ORDERS}:live"),
            ("orders:$LATEST", f"{ORDERS}:$LATEST"),
            ("111122223333:orders", f"{ORDERS}:$LATEST".replace("123456789012", "111122223333")),
        ],
    )
    def test_a_missing_function_is_named_as_it_was_called(self, invokeasync, function, arn):
        invokeasync.add_error("ResourceNotFoundException")

        assert post(function).json()["Message"] == f"Function not found: {arn}"

    def test_a_message_is_written_in_utf_8(self, invokeasync):
        invokeasync.add_error("ServiceException", message="Größe \u20ac \U0001f600")

        answer = post()

        assert "Größe \u20ac \U0001f600".encode() in answer.content
        assert int(answer.headers["content-length"]) == len(answer.content)

    def test_a_lone_surrogate_in_a_message_is_still_json(self, invokeasync):
        invokeasync.add_error("ServiceException", message="\ud800")

        assert post().json()["Message"] == "\ud800"


class TestOwnErrors:
    """``ErrorSpec``: for what the catalogue does not hold."""

    def test_all_its_parts_are_sent(self, invokeasync):
        spec = ErrorSpec(
            code="TeapotException",
            status=418,
            type="User",
            message="I'm a teapot",
            message_key="Message",
            extra={"Reason": "ShortAndStout"},
            headers={"Retry-After": "3"},
        )
        invokeasync.add_error(spec)

        answer = post()

        assert answer.status_code == 418
        assert answer.headers["x-amzn-errortype"] == "TeapotException"
        assert answer.headers["Retry-After"] == "3"
        assert answer.content == (
            b'{"Message":"I\'m a teapot","Reason":"ShortAndStout","Type":"User"}'
        )

    def test_code_and_status_are_enough(self, invokeasync):
        invokeasync.add_error(ErrorSpec("TeapotException", 418))

        assert post().content == b'{"message":"TeapotException"}'

    @pytest.mark.parametrize("code", ["A", "Z", "a", "z", "Zz.Aa_Zz-0189"])
    def test_a_code_is_a_name(self, invokeasync, code):
        invokeasync.add_error(ErrorSpec(code, 418))

        assert post().headers["x-amzn-errortype"] == code

    @pytest.mark.parametrize("code", [".a", "_a", "-a", "0a", "a/b", "a:b", "a b", "é", "aé"])
    def test_what_is_no_name_is_no_code(self, code):
        with pytest.raises(ValueError, match=r"^an error code is a name such as"):
            ErrorSpec(code, 418)

    def test_botocore_raises_it_as_client_error(self, invokeasync):
        invokeasync.add_error(ErrorSpec("TeapotException", 418, message="short and stout"))

        error = invoke()

        assert type(error) is ClientError
        assert error.response["Error"] == {"Code": "TeapotException", "Message": "short and stout"}
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 418

    def test_one_of_the_catalogue_can_be_changed(self, invokeasync):
        invokeasync.add_error(dataclasses.replace(errors.ServiceException, status=503))

        error = invoke()

        assert type(error) is client.exceptions.ServiceException
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503

    def test_its_text_is_the_code(self):
        assert str(ErrorSpec("TeapotException", 418)) == "TeapotException"

    def test_it_cannot_be_changed(self):
        given = {"Reason": "ShortAndStout"}
        spec = ErrorSpec("TeapotException", 418, extra=given, headers=given)
        given["Reason"] = "Tall"

        assert spec.extra == spec.headers == {"Reason": "ShortAndStout"}
        with pytest.raises(TypeError):
            spec.extra["Reason"] = "Tall"
        with pytest.raises(TypeError):
            spec.headers["Reason"] = "Tall"
        with pytest.raises(dataclasses.FrozenInstanceError):
            spec.status = 500

    def test_equal_ones_are_one(self):
        one, other = (
            ErrorSpec("TeapotException", 418, headers={"Retry-After": "3"}) for _ in range(2)
        )

        assert len({one, other}) == 1
        assert one != ErrorSpec("TeapotException", 418)

    @pytest.mark.parametrize("status", [400, 499, 500, 599])
    def test_a_status_from_400_to_599_is_an_error(self, status):
        assert ErrorSpec("TeapotException", status).status == status

    @pytest.mark.parametrize(
        ("wrong", "exception", "told"),
        [
            ({"status": 399}, ValueError, "the HTTP status of an error is 400 to 599, not 399"),
            ({"status": 600}, ValueError, "the HTTP status of an error is 400 to 599, not 600"),
            ({"status": 200}, ValueError, "the HTTP status of an error is 400 to 599, not 200"),
            ({"status": -500}, ValueError, "the HTTP status of an error is 400 to 599, not -500"),
            ({"status": "500"}, TypeError, "the HTTP status of X is an int, not '500'"),
            ({"status": 500.0}, TypeError, "the HTTP status of X is an int, not 500.0"),
            ({"status": True}, TypeError, "the HTTP status of X is an int, not True"),
            ({"status": None}, TypeError, "the HTTP status of X is an int, not None"),
            (
                {"code": "Teapot Exception"},
                ValueError,
                "an error code is a name such as 'ServiceException', not 'Teapot Exception'",
            ),
            (
                {"code": "X\r\nSet-Cookie: a=b"},
                ValueError,
                "an error code is a name such as 'ServiceException', not 'X\\r\\nSet-Cookie: a=b'",
            ),
            (
                {"code": ""},
                ValueError,
                "an error code is a name such as 'ServiceException', not ''",
            ),
            (
                {"code": 500},
                ValueError,
                "an error code is a name such as 'ServiceException', not 500",
            ),
            (
                {"message_key": "msg"},
                ValueError,
                "message_key is 'message' or 'Message', as AWS spells it, not 'msg'",
            ),
            ({"message": 42}, TypeError, "the message of X is a str or None, not 42"),
            ({"type": True}, TypeError, "the type of X is a str or None, not True"),
            ({"extra": ["Reason"]}, TypeError, "extra is a mapping of str to str, not ['Reason']"),
            (
                {"extra": {"Reason": None}},
                TypeError,
                "extra is a mapping of str to str, not 'Reason' to None",
            ),
        ],
    )
    def test_one_that_makes_no_sense_is_refused_at_once(self, wrong, exception, told):
        with pytest.raises(exception) as info:
            ErrorSpec(**{"code": "X", "status": 500, **wrong})

        assert type(info.value) is exception
        assert str(info.value) == told


BAD_HEADERS = [
    (
        {"Retry-After": "1\r\nSet-Cookie: a=b"},
        ValueError,
        "'1\\r\\nSet-Cookie: a=b' cannot be the value of the HTTP header 'Retry-After': it is "
        "printable ASCII on one line",
    ),
    (
        {"Retry-After": "1\n"},
        ValueError,
        "'1\\n' cannot be the value of the HTTP header 'Retry-After': it is printable ASCII on one "
        "line",
    ),
    (
        {"Retry-After": "\x00"},
        ValueError,
        "'\\x00' cannot be the value of the HTTP header 'Retry-After': it is printable ASCII on "
        "one line",
    ),
    (
        {"Retry-After": "später"},
        ValueError,
        "'später' cannot be the value of the HTTP header 'Retry-After': it is printable ASCII on "
        "one line",
    ),
    (
        {"Retry-After: 1\r\nX": "1"},
        ValueError,
        "'Retry-After: 1\\r\\nX' cannot be the name of an HTTP header",
    ),
    ({"Retry After": "1"}, ValueError, "'Retry After' cannot be the name of an HTTP header"),
    ({"": "1"}, ValueError, "'' cannot be the name of an HTTP header"),
    (
        {"Retry-After": 1},
        TypeError,
        "headers is a mapping of str to str, not 'Retry-After' to 1",
    ),
    (
        {"Retry-After": b"1"},
        TypeError,
        "headers is a mapping of str to str, not 'Retry-After' to b'1'",
    ),
    ({1: "1"}, TypeError, "headers is a mapping of str to str, not 1 to '1'"),
    (
        [("Retry-After", "1")],
        TypeError,
        "headers is a mapping of str to str, not [('Retry-After', '1')]",
    ),
    ("Retry-After: 1", TypeError, "headers is a mapping of str to str, not 'Retry-After: 1'"),
]


class TestHeaders:
    """``headers=`` of an error: sent besides its own."""

    def test_names_and_values_are_of_what_http_allows(self):
        """https://www.rfc-editor.org/rfc/rfc9110#section-5, but of values ASCII alone."""

        def taken(headers):
            try:
                ErrorSpec("TeapotException", 418, headers=headers)
            except ValueError:
                return False
            return True

        every = [chr(code) for code in range(0x180)]

        in_names = {char for char in every if taken({char: "1"})}
        assert in_names == {*"!#$%&'*+-.^_`|~", *string.digits, *string.ascii_letters}
        assert {char for char in every if taken({"Retry-After": char})} == {
            "\t",
            *map(chr, range(0x20, 0x7F)),
        }

    @pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
    def test_they_arrive_whatever_the_case(self, invokeasync, name):
        invokeasync.add_error("ServiceException", times=2, headers={name: "3"})

        assert post().headers["Retry-After"] == "3"
        assert invoke().response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "3"

    @pytest.mark.parametrize("name", ["x-amzn-requestid", "X-Amzn-RequestId"])
    def test_they_may_replace_one_of_the_answers_own(self, invokeasync, name):
        invokeasync.add_error("ServiceException", times=2, headers={name: "mine"})

        assert post().headers["x-amzn-requestid"] == "mine"
        assert invoke().response["ResponseMetadata"]["RequestId"] == "mine"

    @pytest.mark.parametrize("name", ["content-type", "Content-Type"])
    def test_so_does_a_content_type(self, invokeasync, name):
        invokeasync.add_error("ServiceException", headers={name: "text/plain"})

        assert post().headers["content-type"] == "text/plain"

    def test_those_of_the_call_win_over_those_of_the_error(self, invokeasync):
        spec = ErrorSpec("TeapotException", 418, headers={"Retry-After": "3", "Vary": "a"})
        invokeasync.add_error(spec, headers={"retry-after": "5"})

        headers = post().headers

        assert (headers["Retry-After"], headers["Vary"]) == ("5", "a")

    @pytest.mark.parametrize("value", ["", "a b", "\t", "~", 'W/"a,b;c"', "x" * 10_000])
    def test_any_printable_ascii_is_a_value(self, invokeasync, value):
        invokeasync.add_error("ServiceException", headers={"X-Note": value})

        assert post().headers["X-Note"] == value

    @pytest.mark.parametrize(("headers", "exception", "told"), BAD_HEADERS)
    def test_what_http_cannot_carry_is_refused_at_once(self, headers, exception, told):
        with pytest.raises(exception) as info:
            ErrorSpec("TeapotException", 418, headers=headers)

        assert type(info.value) is exception
        assert str(info.value) == told

    @pytest.mark.parametrize(("headers", "exception", "told"), BAD_HEADERS)
    def test_and_so_it_is_by_add_error(self, invokeasync, headers, exception, told):
        with pytest.raises(exception) as info:
            invokeasync.add_error("ServiceException", headers=headers)

        assert type(info.value) is exception
        assert str(info.value) == told

    def test_no_headers_are_none(self, invokeasync):
        invokeasync.add_error("ServiceException", headers={})

        assert post().status_code == 500


class TestFind:
    """An error by its code."""

    def test_the_catalogue_holds_it(self):
        assert errors.find("ServiceException") is errors.ServiceException

    @pytest.mark.parametrize(
        ("code", "nearest"),
        [
            ("ServiceExeption", "did you mean 'ServiceException'"),
            ("serviceexception", "did you mean 'ServiceException'"),
            ("TooManyRequests", "did you mean 'TooManyRequestsException'"),
            ("ThrottledException", "'ThrottlingException'"),
            ("ResourceNotFound", "did you mean 'ResourceNotFoundException'"),
        ],
    )
    def test_an_unknown_code_names_the_nearest(self, code, nearest):
        with pytest.raises(ValueError, match=f"^unknown error code '{code}'") as info:
            errors.find(code)

        assert nearest.strip("'") in str(info.value).partition(" All: ")[0]

    @pytest.mark.parametrize("code", ["", "x", "42", "ServiceException ", "Ünbekannt", "a\nb"])
    def test_any_text_is_refused_in_one_line_that_tells_where_all_are(self, code):
        with pytest.raises(ValueError, match=r"^unknown error code ") as info:
            errors.find(code)

        text = str(info.value)
        assert text.startswith(f"unknown error code {code!r}")
        assert text.endswith(
            ". All: errors.every(). For one of your own, give an ErrorSpec(code=..., status=...)."
        )
        assert "\n" not in text

    def test_the_five_nearest_are_listed_once_and_where_all_are(self):
        with pytest.raises(ValueError, match="unknown error code") as info:
            errors.find("ServiceExeption")

        # Which they are, but the first, depends on the installed botocore.
        told = re.fullmatch(
            r"unknown error code 'ServiceExeption'; did you mean 'ServiceException'\? The nearest: "
            r"(.*)\. All: errors\.every\(\)\. For one of your own, give an "
            r"ErrorSpec\(code=\.\.\., status=\.\.\.\)\.",
            str(info.value),
        )
        assert told is not None
        codes = told[1].split(", ")
        assert codes[0] == "ServiceException"
        assert len(set(codes)) == len(codes) == 5
        assert {spec.code for spec in errors.every()}.issuperset(codes)

    def test_every_code_can_be_scripted_by_name(self, invokeasync):
        for spec in errors.every():
            invokeasync.add_error(spec.code, times=None, function=spec.code)

        for spec in errors.every():
            answer = post(spec.code)

            assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (
                spec.status,
                spec.code,
            )
            assert json.loads(answer.content)[spec.message_key]
