"""A wrong signature: the mistake that was made is named, and nothing secret is shown."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
from urllib.parse import quote, quote_plus, unquote

import pytest

from pytest_invokeasync.api.signature import Key, SentRequest, verify
from pytest_invokeasync.api.signature_diagnosis import diagnose

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "IQoJb3JpZ2luX2VjEJr//=="
HOST = "lambda.eu-west-1.amazonaws.com"
PATH = "/2014-11-13/functions/foo%3A1/invoke-async/"
RIGHT_PATH = "/2014-11-13/functions/foo%253A1/invoke-async/"
TIME = "20150830T123600Z"
NOW = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.timezone.utc).timestamp()
EMPTY = hashlib.sha256(b"").hexdigest()


def sign(key, *parts):
    for part in parts:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def signed_by_hand(
    *,
    path=PATH,
    signed_path=RIGHT_PATH,
    query="",
    signed_query=None,
    host=HOST,
    signed_host=None,
    headers=(),
    unsigned=(),
    signed_headers=None,
    signed_names=None,
    claimed_names=None,
    gap="\n",
    method="POST",
    body=b"{}",
    payload_hash=None,
    scope=("20150830", "eu-west-1", "lambda", "aws4_request"),
    signed_scope=None,
    key_scope=None,
    time=None,
    secret=SECRET,
    start=None,
    change=lambda signature: signature,
):
    """A signer that is right, but for what it is told to do otherwise."""
    sent = [("host", host), ("x-amz-date", TIME), *headers]
    values = {name.lower(): value for name, value in sent}
    values["host"] = signed_host if signed_host is not None else host
    values.update(signed_headers or {})
    claimed = claimed_names or sorted(values)
    names = signed_names or claimed
    lines = "".join(f"{name}:{values[name.lower()]}\n" for name in names)
    digest = payload_hash if payload_hash is not None else hashlib.sha256(body).hexdigest()
    wanted = signed_query if signed_query is not None else query
    canonical = f"{method}\n{signed_path}\n{wanted}\n{lines}{gap}{';'.join(names)}\n{digest}"
    signed = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            time or TIME,
            "/".join(signed_scope or scope),
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = sign((start or f"AWS4{secret}").encode(), *(key_scope or signed_scope or scope))
    signature = change(sign(key, signed).hex())
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{'/'.join(scope)}, "
        f"SignedHeaders={';'.join(claimed)}, Signature={signature}"
    )
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    return SentRequest("POST", url, [*sent, *unsigned, ("Authorization", authorization)], body)


def diagnosis(sent, token=None, others=()):
    refusal = verify(sent, {KEY_ID: Key(SECRET, token), **dict(others)}, NOW)
    assert refusal is not None
    assert refusal.mismatch is not None, refusal
    return diagnose(refusal.mismatch)


def test_the_signer_here_is_right():
    assert verify(signed_by_hand(), {KEY_ID: Key(SECRET)}, NOW) is None


def test_the_mistake_is_named_and_both_canonical_requests_are_shown():
    assert diagnosis(signed_by_hand(signed_path=PATH)) == [
        "the path was signed as it was sent, percent-encoded once: "
        "the path that was sent has to be percent-encoded once more",
        "the canonical request differs first in line 2:",
        "  signed:   /2014-11-13/functions/foo%3A1/invoke-async/",
        "  expected: /2014-11-13/functions/foo%253A1/invoke-async/",
        "the canonical request that was signed:",
        "  POST",
        "  /2014-11-13/functions/foo%3A1/invoke-async/",
        "",
        "  host:lambda.eu-west-1.amazonaws.com",
        "  x-amz-date:20150830T123600Z",
        "",
        "  host;x-amz-date",
        "  44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "the canonical request of the service:",
        "  POST",
        "  /2014-11-13/functions/foo%253A1/invoke-async/",
        "",
        "  host:lambda.eu-west-1.amazonaws.com",
        "  x-amz-date:20150830T123600Z",
        "",
        "  host;x-amz-date",
        "  44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    ]


RAW = "/2014-11-13/functions/foo:1/invoke-async/"
QUERY = "b=x%20y&a=%3A"
JSON = b'{"b": 1, "a": "\\u00e9"}'
BODY_HASH = hashlib.sha256(b"{}").hexdigest()
SCOPE = ("20150830", "eu-west-1", "lambda", "aws4_request")


def in_base64(signature):
    return base64.b64encode(bytes.fromhex(signature)).decode()


def hash_of(body):
    return hashlib.sha256(body).hexdigest()


def in_scope(place, value):
    return (*SCOPE[:place], value, *SCOPE[place + 1 :])


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        # The path.
        ({"signed_path": unquote(PATH)}, "the path was signed without any percent-encoding"),
        ({"path": RAW, "signed_path": RAW}, "the path was signed as it was sent"),
        ({"path": RAW, "signed_path": RIGHT_PATH}, "percent-encoded twice, but sent with less"),
        ({"signed_path": RIGHT_PATH.replace("253A", "253a")}, "digits, and sent with capitals"),
        ({"signed_path": quote(RIGHT_PATH, safe="/")}, "percent-encoded three times"),
        ({"path": f"//lam{PATH}", "signed_path": f"//lam{RIGHT_PATH}"}, "or empty segments"),
        ({"path": f"/a/..{RAW}", "signed_path": f"/a/..{RAW}"}, "its dot segments too"),
        ({"path": RAW, "signed_path": RAW.replace(":", "%3a")}, "with small hexadecimal digits"),
        ({"signed_path": RIGHT_PATH[:-1]}, "slash at the end of the path"),
        ({"path": PATH[:-1]}, "slash at the end of the path"),
        ({"signed_path": "/"}, "the path was left out"),
        ({"path": f"/lam{PATH}"}, "without what stands before the API's own"),
        # The query.
        ({"query": QUERY}, "the query was signed in the order in which it was sent"),
        ({"query": "b=x+y&a=:"}, "the query was signed as it was sent"),
        ({"query": "b=x+y&a=:", "signed_query": "a=:&b=x+y"}, "the query was sorted, but signed"),
        ({"query": QUERY, "signed_query": "a=%253A&b=x%2520y"}, "was percent-encoded twice"),
        ({"query": QUERY, "signed_query": "a=:&b=x y"}, "signed without percent-encoding"),
        ({"query": QUERY, "signed_query": f"a=%3A&b={quote_plus('x y')}"}, "were signed as +"),
        ({"query": QUERY, "signed_query": "a=%3a&b=x%20y"}, "query was signed with small"),
        ({"query": "b=&a=", "signed_query": "a&b"}, "without a value were signed without ="),
        ({"query": "a-b=1&a=1", "signed_query": "a-b=1&a=1"}, "signed in the order in which"),
        ({"query": "a=1&a-b=1", "signed_query": "a-b=1&a=1"}, "were sorted together with ="),
        ({"query": "a=1&a-b=+", "signed_query": "a=1&a-b=%2B"}, "a + of the query was signed as"),
        ({"query": QUERY, "signed_query": ""}, "the query was left out"),
        ({"query": QUERY, "signed_query": "b=x%20y"}, "parameter 'a' was added"),
        # The host.
        ({"host": "h:4566", "signed_host": "h"}, "the host was signed without its port, as 'h'"),
        ({"signed_host": f"{HOST}:443"}, "with the port of its scheme"),
        ({"host": "h:4566", "signed_host": HOST}, "the host was signed as AWS's own"),
        ({"signed_host": ""}, "the host was signed as none"),
        # The body.
        ({"payload_hash": EMPTY}, "the body was changed after signing: an empty one was signed"),
        ({"payload_hash": "UNSIGNED-PAYLOAD"}, "UNSIGNED-PAYLOAD was signed, without a header"),
        ({"payload_hash": ""}, "the body's hash was left out"),
        ({"payload_hash": BODY_HASH.upper()}, "the body's hash was signed in capitals"),
        ({"payload_hash": hash_of(b"{}\n")}, "with a line end at its end"),
        ({"body": b" {}", "payload_hash": BODY_HASH}, "without the white space around it"),
        ({"body": JSON, "payload_hash": hash_of(b'{"b":1,"a":"\\u00e9"}')}, "as the same JSON"),
        ({"body": JSON, "payload_hash": hash_of('{"a": "é", "b": 1}'.encode())}, "the same JSON"),
        (
            {
                "body": JSON,
                "payload_hash": hash_of(json.dumps(json.loads(JSON), indent=2).encode()),
            },
            "as the same JSON",
        ),
        (
            {"headers": [("x-amz-content-sha256", "0" * 64)], "payload_hash": "0" * 64},
            "the body was changed after signing: x-amz-content-sha256 is the hash of another",
        ),
        (
            {
                "headers": [("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")],
                "payload_hash": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            },
            "x-amz-content-sha256 is 'STREAMING-UNSIGNED-PAYLOAD-TRAILER': it has to be the body's",
        ),
        # Headers.
        (
            {"headers": [("X-Mine", "a  b")], "signed_headers": {"x-mine": "a  b"}},
            "the white space in the header 'x-mine' was signed as it is",
        ),
        (
            {"headers": [("X-Mine", " a  b")], "signed_headers": {"x-mine": "a  b"}},
            "the white space in the header 'x-mine' was signed as it is",
        ),
        (
            {"headers": [("X-Mine", "A")], "signed_headers": {"x-mine": "a"}},
            "the header 'x-mine' was changed after signing: it was signed in small",
        ),
        (
            {"headers": [("X-Mine", "A")], "signed_headers": {"x-mine": ""}},
            "the header 'x-mine' was changed after signing: it was signed empty",
        ),
        (
            {
                "headers": [("X-Mine", "A")],
                "signed_names": ["host", "x-amz-date"],
                "claimed_names": ["host", "x-amz-date", "x-mine"],
            },
            "the header 'x-mine' is in SignedHeaders, and was not signed",
        ),
        (
            {
                "headers": [("X-Mine", "A")],
                "unsigned": [("X-Mine", "B")],
                "signed_headers": {"x-mine": "A, B"},
            },
            "the header 'x-mine' was sent 2 times",
        ),
        (
            {"headers": [("X-Mine", "A")], "unsigned": [("X-Mine", "B")]},
            "the header 'x-mine' was sent 2 times",
        ),
        (
            {
                "headers": [("Content-Type", "application/json; charset=UTF-8")],
                "signed_headers": {"content-type": "application/json"},
            },
            "the header 'content-type' was changed after signing: signed as 'application/json'",
        ),
        (
            {"headers": [("Content-Length", "3")], "signed_headers": {"content-length": "2"}},
            "the header 'content-length' was changed after signing: signed as 2",
        ),
        # The form.
        ({"method": "GET"}, "the method was signed as GET, but 'POST' was sent"),
        ({"gap": ""}, "the empty line after the headers of the canonical request is missing"),
        ({"claimed_names": ["x-amz-date", "host"]}, "the signed headers are not sorted"),
        ({"claimed_names": ["Host", "X-Amz-Date"]}, "the signed headers are not sorted, or not in"),
        ({"secret": f"{SECRET}\n"}, "the secret access key has white space at an end"),
        ({"change": str.upper}, "the signature is right, but in capitals"),
        ({"change": in_base64}, "the signature is right, but in Base64"),
        ({"start": SECRET}, "derived without AWS4 before the secret access key"),
        (
            {"headers": [("Content-Length", "2")], "signed_headers": {"content-length": "0"}},
            "the header 'content-length' was changed after signing: signed as 0",
        ),
        # Time and scope.
        ({"time": "20150830T123559Z"}, "the time in the string to sign is 20150830T123559Z"),
        (
            {"key_scope": in_scope(0, "20150829")},
            "the signing key was derived for the date '20150829', but Credential says '20150830'",
        ),
        (
            {"signed_scope": in_scope(1, "us-east-1")},
            "it was signed for the region 'us-east-1', but Credential says 'eu-west-1'",
        ),
        (
            {"signed_scope": in_scope(2, "execute-api"), "key_scope": SCOPE},
            "the string to sign was written for the service 'execute-api'",
        ),
        (
            {
                "path": PATH.replace("foo", "arn%3Aaws%3Alambda%3Amars-1%3A1"),
                "signed_path": RIGHT_PATH.replace("foo", "arn%253Aaws%253Alambda%253Amars-1%253A1"),
                "signed_scope": in_scope(1, "mars-1"),
            },
            "it was signed for the region 'mars-1'",
        ),
        (
            {"key_scope": ("20150830", "lambda", "eu-west-1", "aws4_request")},
            "the signing key was derived from date, service and",
        ),
    ],
)
def test_each_usual_mistake_is_named(mistake, told):
    assert told in diagnosis(signed_by_hand(**mistake))[0]


def test_two_mistakes_at_once_are_both_named():
    sent = signed_by_hand(host="h:4566", signed_host="h", signed_path=unquote(PATH))
    first, second, *_ = diagnosis(sent)

    assert "the path was signed without any percent-encoding" in first
    assert "the host was signed without its port" in second


def test_where_the_canonical_requests_agree_the_strings_to_sign_are_compared():
    lines = diagnosis(signed_by_hand(time="20150830T123559Z"))

    assert lines[1:4] == [
        "the string to sign differs first in line 2:",
        "  signed:   20150830T123559Z",
        "  expected: 20150830T123600Z",
    ]


def test_where_both_agree_they_are_shown():
    lines = diagnosis(signed_by_hand(key_scope=in_scope(3, "aws4")))

    assert "for the terminator 'aws4'" in lines[0]
    assert lines[1] == "the string to sign that was signed:"


def test_where_no_mistake_is_found_what_was_expected_is_shown():
    lines = diagnosis(signed_by_hand(secret="another"))

    assert lines[0] == (
        "none of the usual mistakes gives the signature that was sent: "
        "is the secret access key the one registered for 'AKIDEXAMPLE'?"
    )
    assert lines[1] == "the canonical request of the service:"
    assert f"  {RIGHT_PATH}" in lines
    assert "the string to sign of the service:" in lines
    assert lines[-2] == "  20150830/eu-west-1/lambda/aws4_request"


# Other keys.

OTHER_KEY = ("je7MtGbClwBF/2Zp9Utk", "FwoGZXIvYXdzEBYaD+/==")
OTHERS = {"AKIDOTHER": Key(*OTHER_KEY)}


def test_the_secret_of_another_registered_key_is_named():
    lines = diagnosis(signed_by_hand(secret=OTHER_KEY[0]), others=OTHERS)

    assert lines[0] == (
        "it was signed with the secret access key of 'AKIDOTHER', not of 'AKIDEXAMPLE'"
    )
    assert_hidden(lines)


def test_the_secret_of_another_key_and_a_wrong_path_are_both_named():
    sent = signed_by_hand(secret=OTHER_KEY[0], signed_path=PATH)
    first, second, *lines = diagnosis(sent, others=OTHERS)

    assert "the path was signed as it was sent" in first
    assert "the secret access key of 'AKIDOTHER'" in second
    assert_hidden(lines)


def test_the_session_token_of_another_key_that_was_signed_is_named():
    signed = {AS_HEADER[0].lower(): OTHER_KEY[1]}
    lines = diagnosis(signed_by_hand(headers=[AS_HEADER], signed_headers=signed), TOKEN, OTHERS)

    assert lines[0] == (
        "the session token was changed after signing: that of the key 'AKIDOTHER' was signed"
    )
    assert_hidden(lines)


def test_a_session_token_that_was_signed_and_not_sent_is_told():
    sent = signed_by_hand(headers=[AS_HEADER])
    arrived = [pair for pair in sent.headers if pair != AS_HEADER]
    lines = diagnosis(SentRequest("POST", sent.url, arrived, sent.body), TOKEN)

    assert lines[0] == "no session token was sent: the registered one was signed"
    assert_hidden(lines)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (OTHER_KEY[1], "the session token was changed after signing: the registered one was"),
        (None, "no session token was sent: the registered one was signed"),
    ],
)
def test_the_token_of_a_presigned_url_that_was_changed_after_signing(change, told):
    sent = presigned(token_signed=True)
    parameter = f"X-Amz-Security-Token={quote(TOKEN, safe='')}&"
    other = f"X-Amz-Security-Token={quote(change, safe='')}&" if change else ""
    url = sent.url.replace(parameter, other)
    lines = diagnosis(SentRequest("POST", url, [], b""), TOKEN, OTHERS)

    assert told in lines[0]
    assert_hidden(lines)


def notes(sent, keys):
    refusal = verify(sent, keys, NOW)
    assert refusal.code == "UnrecognizedClientException"
    return list(refusal.notes)


def test_of_an_unknown_key_it_is_told_whose_secret_signed():
    keys = {"AKIDOTHER": Key(SECRET), "AKIDTHIRD": Key("another")}

    assert notes(signed_by_hand(), keys) == [
        "it was signed with the secret access key of 'AKIDOTHER'"
    ]


def test_of_a_session_token_it_is_told_whose_it_is():
    with_token = signed_by_hand(headers=[AS_HEADER])
    others = {"AKIDOTHER": Key(OTHER_KEY[0], TOKEN)}

    assert notes(with_token, {KEY_ID: Key(SECRET, OTHER_KEY[1]), **others}) == [
        "the session token is not the one registered for the key 'AKIDEXAMPLE'",
        "the session token is that of the key 'AKIDOTHER'",
    ]
    assert notes(with_token, {KEY_ID: Key(SECRET)}) == [
        "a session token was sent, and none is registered for the key 'AKIDEXAMPLE'"
    ]
    assert notes(signed_by_hand(), {KEY_ID: Key(SECRET, TOKEN), "AKIDOTHER": Key("x")}) == [
        "no session token was sent, and one is registered for the key 'AKIDEXAMPLE'"
    ]


@pytest.mark.parametrize(
    "secret", ["wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "wJalrXUtnFEMIK7MDENGbPxRfiCY"]
)
def test_a_secret_in_the_place_of_the_access_key_id_is_told_and_not_shown(secret):
    sent = signed_by_hand()
    swapped = [(name, value.replace(KEY_ID, secret)) for name, value in sent.headers]
    refusal = verify(SentRequest("POST", sent.url, swapped, b"{}"), {KEY_ID: Key(secret)}, NOW)

    assert refusal.notes == (
        "the secret access key of 'AKIDEXAMPLE' was sent in the place of its access key id",
    )
    assert secret not in refusal.message
    assert refusal.unknown_key is None


def test_a_known_access_key_id_is_shown_though_it_is_a_secret_too():
    sent = signed_by_hand(scope=("20150830", "eu-west-1"))
    refusal = verify(sent, {KEY_ID: Key(KEY_ID)}, NOW)

    assert refusal.message.endswith("got 'AKIDEXAMPLE/20150830/eu-west-1'")


def test_a_signed_header_that_did_not_arrive_is_told():
    sent = signed_by_hand(headers=[("X-Lost", "value")])
    arrived = [pair for pair in sent.headers if pair[0] != "X-Lost"]

    lines = diagnosis(SentRequest("POST", sent.url, arrived, sent.body))

    assert lines[1] == "the header 'x-lost' is signed, and was not sent"


# The session token.

AS_HEADER = ("X-Amz-Security-Token", TOKEN)


def assert_hidden(lines):
    text = "\n".join(lines)
    for secret in (TOKEN, quote(TOKEN, safe=""), SECRET, *OTHER_KEY):
        assert secret not in text


def test_a_token_added_after_signing_is_told():
    lines = diagnosis(signed_by_hand(unsigned=[AS_HEADER]), TOKEN)

    assert lines == [
        "the session token is not signed: x-amz-security-token was sent, "
        "and SignedHeaders does not name it"
    ]


def test_a_token_that_is_not_signed_besides_another_mistake():
    lines = diagnosis(signed_by_hand(unsigned=[AS_HEADER], signed_path=PATH), TOKEN)

    assert "the path was signed as it was sent" in lines[0]


@pytest.mark.parametrize("signed", ["", "left out"])
def test_a_token_that_is_said_to_be_signed(signed):
    names = ["host", "x-amz-date", "x-amz-security-token"]
    how = (
        {"signed_headers": {AS_HEADER[0].lower(): ""}}
        if signed == ""
        else {"signed_names": names[:2], "claimed_names": names}
    )
    lines = diagnosis(signed_by_hand(headers=[AS_HEADER], **how), TOKEN)

    assert lines[0] == (
        "the session token is not signed: x-amz-security-token was added after signing"
    )
    assert "  x-amz-security-token:<hidden>" in lines
    assert_hidden(lines)


def test_another_token_than_was_signed():
    signed = {AS_HEADER[0].lower(): TOKEN}
    sent = signed_by_hand(headers=[(AS_HEADER[0], "other")], signed_headers=signed)
    lines = diagnosis(sent, TOKEN)

    assert "the session token was changed after signing" in lines[0]
    assert_hidden(lines)


def presigned(*, token_signed, path=RIGHT_PATH, secret=SECRET):
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{KEY_ID}/{'/'.join(SCOPE)}",
        "X-Amz-Date": TIME,
        "X-Amz-Expires": "60",
        "X-Amz-Security-Token": TOKEN,
        "X-Amz-SignedHeaders": "host",
    }
    encoded = {name: f"{name}={quote(value, safe='')}" for name, value in parameters.items()}
    signed = [part for name, part in encoded.items() if token_signed or "Token" not in name]
    canonical = f"POST\n{path}\n{'&'.join(signed)}\nhost:{HOST}\n\nhost\n{EMPTY}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = sign(f"AWS4{secret}".encode(), *SCOPE)
    signature = sign(key, f"AWS4-HMAC-SHA256\n{TIME}\n{'/'.join(SCOPE)}\n{digest}").hex()
    query = "&".join([*encoded.values(), f"X-Amz-Signature={signature}"])
    return SentRequest("POST", f"https://{HOST}{PATH}?{query}", [], b"")


def test_a_token_added_to_a_presigned_url_after_signing():
    lines = diagnosis(presigned(token_signed=False), TOKEN)

    assert "X-Amz-Security-Token was added after signing" in lines[0]
    assert_hidden(lines)


def test_the_token_of_a_presigned_url_is_hidden_whatever_is_wrong():
    lines = diagnosis(presigned(token_signed=True, path=PATH), TOKEN)

    assert "the path was signed as it was sent" in lines[0]
    assert any("X-Amz-Security-Token=<hidden>&" in line for line in lines)
    assert_hidden(lines)
    assert not any("X-Amz-Signature=" in line for line in lines)


@pytest.mark.parametrize(
    "sent",
    [
        presigned(token_signed=True, secret="x"),
        signed_by_hand(headers=[AS_HEADER], secret="x"),
        signed_by_hand(unsigned=[AS_HEADER], secret="x"),
        signed_by_hand(headers=[("Content-Type", "a"), ("Content-Length", "2")], secret="x"),
        signed_by_hand(path="/elsewhere", signed_path="/elsewhere", query="a=1", secret="x"),
    ],
)
@pytest.mark.parametrize("registered", [None, TOKEN])
def test_a_wrong_secret_hides_the_token_too(sent, registered):
    lines = diagnosis(sent, registered)

    assert "is the secret access key the one registered" in lines[0]
    assert_hidden(lines)


def test_the_token_is_hidden_in_other_headers_too():
    assert_hidden(diagnosis(signed_by_hand(headers=[AS_HEADER, ("X-Mine", TOKEN)], secret="x")))


def test_signed_headers_that_hold_a_credential_are_hidden():
    lines = diagnosis(signed_by_hand(headers=[("Cookie", "session=1")], signed_path=PATH))

    assert "  cookie:<hidden>" in lines


# Hostile requests.


@pytest.mark.parametrize("body", [b"[" * 100_000, b"1" * 5_000, b"{" + b" " * 2_000_000])
def test_a_hostile_body_is_no_trouble(body):
    assert "none of the usual mistakes" in diagnosis(signed_by_hand(body=body, secret="x"))[0]


def test_of_a_long_request_only_the_most_likely_mistakes_are_tried():
    headers = [("X-Mine", "a" * 1_000_000)]
    sent = signed_by_hand(headers=headers, scope=SCOPE, key_scope=in_scope(3, "aws4"))

    assert (
        diagnosis(sent)[1] == "(the request is so long that only the most likely ones were tried)"
    )
    assert (
        "the path was signed as" in diagnosis(signed_by_hand(headers=headers, signed_path=PATH))[0]
    )


def test_of_very_many_parameters_none_is_looked_for():
    query = "&".join(f"{number:05}=" for number in range(1_001))

    assert "none of the usual" in diagnosis(signed_by_hand(query=query, signed_query=""))[0]


def test_of_very_many_headers_the_first_are_shown():
    names = [f"x-{number:03}" for number in range(500)]
    sent = signed_by_hand(headers=[(name, "") for name in names], secret="x")
    arrived = [pair for pair in sent.headers if pair[0] not in names]
    lines = diagnosis(SentRequest("POST", sent.url, arrived, sent.body))

    assert "  … 480 further headers" in lines
    assert "  … 408 further lines" in lines
    assert len(lines) < 140


def test_what_is_long_or_cannot_be_printed_is_shown_shortened_and_escaped():
    sent = signed_by_hand(headers=[("X-Mine", f"\x1b[31m{'a' * 5000}")], secret="x")

    lines = diagnosis(sent)

    assert max(map(len, lines)) < 1_100
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_dates_at_the_end_of_the_calendar(year):
    month_and_day = "0101" if year == "0001" else "1231"
    date = f"{year}{month_and_day}"
    headers = [
        (
            "Authorization",
            f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{date}/eu-west-1/lambda/"
            "aws4_request, SignedHeaders=host, Signature=0",
        ),
        ("X-Amz-Date", f"{date}T{'000000' if year == '0001' else '235959'}Z"),
    ]
    sent = SentRequest("POST", f"https://{HOST}{PATH}", headers, b"")
    refusal = verify(sent, {KEY_ID: Key(SECRET)}, None)

    assert "none of the usual mistakes" in diagnose(refusal.mismatch)[0]
