"""Signature version 4, as the service verifies it: a pure function of request, keys and clock."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from aws_requests_auth.aws_auth import AWSRequestsAuth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from requests_aws4auth import AWS4Auth

from pytest_invokeasync.api.signature import FAKE_KEY, Key, SentRequest, verify

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "IQoJb3JpZ2luX2VjEJr//=="
KEYS = {KEY_ID: Key(SECRET)}
WITH_TOKEN = {KEY_ID: Key(SECRET, TOKEN)}
HOST = "lambda.eu-west-1.amazonaws.com"
ARN = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Afoo"
URL = f"https://{HOST}/2014-11-13/functions/{ARN}/invoke-async/"
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details."
)


def sent_of(prepared):
    """What requests would send."""
    headers = [(name, str(value)) for name, value in prepared.headers.items()]
    body = prepared.body or b""
    return SentRequest(
        "POST", prepared.url, headers, body.encode() if isinstance(body, str) else body
    )


def signed_by_botocore(url=URL, body=b"{}", headers=(), token=None, auth=SigV4Auth, **context):
    request = AWSRequest("POST", url, data=body)
    for name, value in headers:
        request.headers.add_header(name, value)
    request.context.update(context)
    auth(Credentials(KEY_ID, SECRET, token), "lambda", "eu-west-1").add_auth(request)
    return SentRequest("POST", request.url, request.headers.items(), body)


def verdict(sent, keys=KEYS, now=None, region="eu-west-1"):
    return verify(sent, keys, time.time() if now is None else now, region=region)


def changed(sent, **parts):
    old = {name: getattr(sent, name) for name in ("method", "url", "headers", "body")}
    return SentRequest(**{**old, **parts})


def with_header(sent, name, value):
    rest = [pair for pair in sent.headers if pair[0].lower() != name.lower()]
    return changed(sent, headers=rest if value is None else [*rest, (name, value)])


def answer(refusal):
    return refusal.status, refusal.code, refusal.message


def is_mismatch(refusal):
    return refusal is not None and answer(refusal) == (403, "InvalidSignatureException", MISMATCH)


# AWS's own vectors: the file says where they are from.

SUITE = json.loads(Path(__file__).with_name("aws_sigv4_vectors.json").read_text("utf-8"))
VECTORS = {vector["name"]: vector for vector in SUITE["vectors"]}


def verdict_on(vector):
    headers = [tuple(pair) for pair in vector["headers"]]
    url = f"https://example.amazonaws.com{vector['target']}"
    sent = SentRequest(vector["method"], url, headers, vector["body"].encode())
    token = dict(headers).get("X-Amz-Security-Token")
    keys = {SUITE["access_key_id"]: Key(SUITE["secret_access_key"], token)}
    now = datetime(2015, 8, 30, 12, 36, tzinfo=timezone.utc).timestamp()
    return verify(sent, keys, now, region=SUITE["region"], service=SUITE["service"])


@pytest.mark.parametrize("name", sorted(VECTORS.keys() - {"post-sts-header-after"}))
def test_what_aws_has_signed_is_accepted(name):
    assert verdict_on(VECTORS[name]) is None


@pytest.mark.parametrize("name", VECTORS)
def test_a_wrong_signature_is_told_with_aws_s_own_canonical_request(name):
    *headers, (_, authorization) = VECTORS[name]["headers"]
    wrong = authorization[:-1] + ("1" if authorization.endswith("0") else "0")
    refusal = verdict_on({**VECTORS[name], "headers": [*headers, ["Authorization", wrong]]})

    assert refusal.mismatch.expected.text() == VECTORS[name]["canonical_request"]


def test_a_token_that_was_added_after_signing_is_refused():
    """AWS has vectors for services that take it, and for those that do not."""
    assert is_mismatch(verdict_on(VECTORS["post-sts-header-after"]))


# Signers that others wrote.

names = st.one_of(
    st.from_regex(r"[a-zA-Z0-9_-]{1,20}(:(\$LATEST|[a-z0-9]{1,5}))?", fullmatch=True),
    st.from_regex(r"arn:aws:lambda:eu-west-1:\d{12}:function:[a-z]{1,9}(:\d)?", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
        lambda name: name not in (".", "..")
    ),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
queries = st.lists(st.tuples(texts.filter(bool), texts), max_size=4)
bodies = st.one_of(st.binary(max_size=30), st.just(b'{"id": 42}'))
own_headers = st.dictionaries(
    st.sampled_from(["Content-Type", "X-Amz-Invocation-Type", "X-Amz-Client-Context", "X-Mine"]),
    st.from_regex(r"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True).filter(
        lambda v: '"' not in v and "'" not in v
    ),
    max_size=3,
)
hosts = st.sampled_from(
    [f"https://{HOST}", "http://localhost:4566", "http://127.0.0.1:80", f"https://{HOST}:443"]
)
prefixes = st.sampled_from(["", "/lam", "/a/./b/..", "//c"])


@st.composite
def urls(draw, *, api=None):
    name, host, prefix = draw(names), draw(hosts), draw(prefixes)
    path = (
        f"/2014-11-13/functions/{quote(name, safe=draw(st.sampled_from(['', ':$'])))}/invoke-async"
    )
    query = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in draw(queries))
    slash = draw(st.sampled_from(["", "/"]))
    return f"{host}{prefix}{path}{slash}" + (f"?{query}" if query else "")


def region_of(sent):
    return "eu-west-1" if HOST in sent.url else None


@given(urls(), bodies, own_headers, st.sampled_from([None, TOKEN]))
def test_what_botocore_signs_is_accepted(url, body, headers, token):
    sent = signed_by_botocore(url, body, headers.items(), token)

    assert verdict(sent, {KEY_ID: Key(SECRET, token)}, region=region_of(sent)) is None


@given(urls(), own_headers, st.sampled_from([None, TOKEN]))
def test_what_botocore_presigns_is_accepted(url, headers, token):
    sent = signed_by_botocore(url, b"", headers.items(), token, auth=SigV4QueryAuth)

    assert "X-Amz-Signature=" in sent.url
    assert verdict(sent, {KEY_ID: Key(SECRET, token)}, region=region_of(sent)) is None


@given(urls(), bodies, own_headers, st.sampled_from([None, TOKEN]))
def test_what_requests_aws4auth_signs_is_accepted(url, body, headers, token):
    assume(":443" not in url and ":80/" not in url)  # It signs the port of the scheme too.
    auth = AWS4Auth(KEY_ID, SECRET, "eu-west-1", "lambda", session_token=token)
    sent = sent_of(requests.Request("POST", url, data=body, headers=headers, auth=auth).prepare())

    assert verdict(sent, {KEY_ID: Key(SECRET, token)}, region=region_of(sent)) is None


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
@given(names, bodies, st.sampled_from([None, TOKEN]))
def test_what_aws_requests_auth_signs_is_accepted(name, body, token):
    auth = AWSRequestsAuth(KEY_ID, SECRET, HOST, "eu-west-1", "lambda", aws_token=token)
    url = f"https://{HOST}/2014-11-13/functions/{quote(name, safe='')}/invoke-async/"
    sent = sent_of(requests.Request("POST", url, data=body, auth=auth).prepare())

    assert verdict(sent, {KEY_ID: Key(SECRET, token)}) is None


@settings(max_examples=50)
@given(urls(), bodies, own_headers, st.data())
def test_each_single_change_is_refused(url, body, headers, data):
    sent = signed_by_botocore(url, body, headers.items(), TOKEN)
    mark = "&" if "?" in url else "?"
    changes = {
        "method": changed(sent, method="PUT"),
        "body": changed(sent, body=body + b" "),
        "path": changed(sent, url=url.replace("/functions/", "/functions/x", 1)),
        "end of the path": changed(sent, url=url.replace("/invoke-async", "/invoke-asynC", 1)),
        "query": changed(sent, url=f"{url}{mark}added=1"),
        "host": changed(sent, url=url.replace("://", "://x", 1)),
        **{
            f"header {name}": with_header(sent, name, value + "x")
            for name, value in sent.headers
            if name.lower() not in ("authorization", "x-amz-date")
        },
        **{
            f"no header {name}": with_header(sent, name, None)
            for name, value in sent.headers
            if name.lower() != "x-amz-date"
        },
    }
    what = data.draw(st.sampled_from(sorted(changes)))

    assert verdict(sent, WITH_TOKEN, region=None) is None
    assert verdict(changes[what], WITH_TOKEN, region=None) is not None
    assert is_mismatch(verdict(sent, {KEY_ID: Key(f"{SECRET}x", TOKEN)}, region=None))


@given(st.data())
def test_each_changed_part_of_a_presigned_url_is_refused(data):
    sent = signed_by_botocore(f"{URL}?a=1", b"", token=TOKEN, auth=SigV4QueryAuth)
    before, _, query = sent.url.partition("?")
    parts = query.split("&")
    place = data.draw(st.integers(0, len(parts) - 1))
    parts[place] += "1"

    assert verdict(sent, WITH_TOKEN) is None
    assert verdict(changed(sent, url=f"{before}?{'&'.join(parts)}"), WITH_TOKEN) is not None


# What is special.


def test_an_unsigned_payload_may_be_any():
    sent = signed_by_botocore(payload_signing_enabled=False)

    assert dict(sent.headers)["X-Amz-Content-SHA256"] == "UNSIGNED-PAYLOAD"
    assert verdict(sent) is None
    assert verdict(changed(sent, body=b"another")) is None


def test_a_stated_hash_has_to_be_that_of_the_body():
    sent = signed_by_botocore(headers=[("X-Amz-Content-SHA256", "0" * 64)])

    assert is_mismatch(verdict(sent))


def test_a_presigned_url_may_say_that_its_payload_is_unsigned():
    url = f"{URL}?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"
    headers = [("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")]
    sent = signed_by_botocore(url, b"", headers, auth=SigV4QueryAuth)
    signed_header = "x-amz-content-sha256" in sent.url.rpartition("SignedHeaders=")[2]

    assert signed_header
    assert verdict(changed(sent, body=b"{}")) is None
    assert is_mismatch(
        verdict(changed(with_header(sent, "X-Amz-Content-Sha256", None), body=b"{}"))
    )


@pytest.mark.parametrize("value", ["a   b", "  a b ", "a\t b"])
def test_white_space_in_a_header_is_one_space(value):
    sent = signed_by_botocore(headers=[("X-Mine", "a b")])

    assert verdict(with_header(sent, "X-Mine", value)) is None
    assert is_mismatch(verdict(with_header(sent, "X-Mine", "ab")))


def test_a_header_sent_twice_counts_twice_and_in_order():
    sent = signed_by_botocore(headers=[("X-Mine", "b"), ("X-Mine", "a")])
    rest = [pair for pair in sent.headers if pair[0] != "X-Mine"]

    assert verdict(sent) is None
    assert is_mismatch(verdict(changed(sent, headers=[*rest, ("X-Mine", "b")])))
    assert is_mismatch(verdict(changed(sent, headers=[*rest, ("X-Mine", "a"), ("X-Mine", "b")])))
    assert is_mismatch(verdict(changed(sent, headers=[*rest, ("X-Mine", "b, a")])))


@pytest.mark.parametrize("on_the_wire", ["é", "é".encode().decode("latin-1")])
def test_a_header_beyond_ascii_may_be_sent_in_latin_1_or_utf_8(on_the_wire):
    sent = signed_by_botocore(headers=[("X-Mine", "é")])

    assert verdict(with_header(sent, "X-Mine", on_the_wire)) is None


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ("a=b%20c", "a=b+c"),
        ("q=%3A%2C", "q=:,"),
        ("Qualifier=%24LATEST", "Qualifier=$LATEST"),
        ("a=&b=", "b&a"),
        ("a=%C3%A9", "a=%c3%a9"),
        ("a=1&a=2", "a=2&&a=1"),
        ("a=%FF", "a=%FF"),
        ("a=1", "a=1#fragment"),
    ],
)
def test_the_query_is_encoded_afresh_and_sorted(signed, sent):
    """As seen with curl and awscurl, which signed what they sent: AWS refused it."""
    right = signed_by_botocore(f"{URL}?{signed}")

    assert verdict(changed(right, url=f"{URL}?{sent}")) is None


def test_a_header_date_does_instead_of_x_amz_date():
    # botocore keeps to it, and signs it in the form of HTTP.
    sent = signed_by_botocore(headers=[("Date", "now")])

    assert "X-Amz-Date" not in dict(sent.headers)
    assert verdict(sent) is None


@pytest.mark.parametrize("date", ["20150830T123600Z", "Sun, 30 Aug 2015 14:36:00 +0200"])
def test_a_header_date_may_have_either_form(date):
    sent = with_header(by_hand(date=None), "Date", date)

    assert is_mismatch(verdict(sent, now=NOW))
    assert verdict(sent, now=NOW + 301).skewed.timestamp == "20150830T123600Z"


def test_what_is_compared_with_no_clock_may_be_old():
    assert verify(signed_by_botocore(), KEYS, None) is None


# The order of the checks, and the answers.

NOW = datetime(2015, 8, 30, 12, 36, tzinfo=timezone.utc).timestamp()
SCOPE = "20150830/eu-west-1/lambda/aws4_request"


def by_hand(
    algorithm="AWS4-HMAC-SHA256",
    credential=f"{KEY_ID}/{SCOPE}",
    signed_headers="host;x-amz-date",
    signature="0" * 64,
    date="20150830T123600Z",
):
    given = {"Credential": credential, "SignedHeaders": signed_headers, "Signature": signature}
    parameters = ", ".join(f"{name}={value}" for name, value in given.items() if value is not None)
    headers = [("Authorization", f"{algorithm} {parameters}")]
    if date is not None:
        headers.append(("X-Amz-Date", date))
    return SentRequest("POST", URL, headers, b"{}")


def query(**changes):
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{KEY_ID}/{SCOPE}",
        "X-Amz-Date": "20150830T123600Z",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64,
    }
    for name, value in changes.items():
        parameters[f"X-Amz-{name}"] = value
    written = "&".join(f"{k}={quote(v, safe='')}" for k, v in parameters.items() if v is not None)
    return SentRequest("POST", f"{URL}?{written}", [], b"")


def test_nothing_is_signed():
    refusal = verdict(SentRequest("POST", URL, [], b"{}"))

    assert answer(refusal) == (
        403,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


def test_what_is_missing_in_the_header_is_told_all_at_once_and_the_header_hashed():
    sent = by_hand(signature=None, signed_headers=None, date=None)
    [(_, authorization)] = sent.headers
    hashed = b64encode(sha256(authorization.encode()).digest()).decode()
    refusal = verdict(sent, now=NOW)

    assert answer(refusal) == (
        403,
        "IncompleteSignatureException",
        "Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. "
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        "(Hashed with SHA-256 and encoded with Base64) "
        f"Authorization={hashed}",
    )


@pytest.mark.parametrize("authorization", ["Bearer secret", "", "AWS4-HMAC-SHA256"])
def test_what_is_no_signature_is_an_incomplete_one(authorization):
    sent = SentRequest("POST", URL, [("authorization", authorization)], b"{}")
    refusal = verdict(sent, now=NOW)

    assert refusal.code == "IncompleteSignatureException"
    assert "requires 'Credential' parameter" in refusal.message
    assert "secret" not in refusal.message


def test_what_is_missing_in_a_presigned_url():
    refusal = verdict(query(Credential=None, Date=None), now=NOW)

    assert answer(refusal) == (
        403,
        "IncompleteSignatureException",
        "AWS query-string parameters must include 'X-Amz-Credential'. "
        "AWS query-string parameters must include 'X-Amz-Date'. "
        "Re-examine the query-string parameters.",
    )


@pytest.mark.parametrize("name", ["Credential", "SignedHeaders", "Signature", "Algorithm", "Date"])
def test_a_parameter_of_a_megabyte_is_none(name):
    refusal = verdict(query(**{name: "a;" * (MEGABYTE // 2)}), now=NOW)

    assert refusal.message == (
        f"AWS query-string parameters must include 'X-Amz-{name}'. "
        "Re-examine the query-string parameters."
    )


@pytest.mark.parametrize("date", ["yesterday", "20150230T123600Z", "2015-08-30T12:36:00Z"])
@pytest.mark.parametrize("sent", [by_hand, lambda date: query(Date=date)])
def test_a_date_in_another_format(sent, date):
    refusal = verdict(sent(date=date), now=NOW)

    assert answer(refusal) == (
        403,
        "IncompleteSignatureException",
        f"Date must be in ISO-8601 'basic format'. Got '{date}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601",
    )


def test_a_clock_that_is_behind():
    refusal = verdict(by_hand(), now=NOW + 301)

    assert answer(refusal) == (
        403,
        "InvalidSignatureException",
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
        "(20150830T124101Z - 5 min.)",
    )


def test_a_clock_that_is_ahead():
    refusal = verdict(by_hand(), now=NOW - 301)

    assert answer(refusal) == (
        403,
        "InvalidSignatureException",
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
        "(20150830T123059Z + 5 min.)",
    )


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_are_allowed(seconds):
    assert is_mismatch(verdict(by_hand(), now=NOW + seconds))


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_date_at_the_end_of_the_calendar(year):
    assert verdict(by_hand(date=f"{year}1231T235959Z"), now=NOW).skewed is not None


def test_a_presigned_url_is_good_for_as_long_as_it_says():
    sent = query(Expires="3600")

    assert is_mismatch(verdict(sent, now=NOW + 3600))
    assert verdict(sent, now=NOW + 3601).message == (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
        "(20150830T133601Z - 60 min.)"
    )


@pytest.mark.parametrize("expires", ["604801", "-1", "soon", "9" * 5000])
def test_a_presigned_url_is_good_for_a_week_at_most(expires):
    refusal = verdict(query(Expires=expires), now=NOW)

    assert refusal.code == "IncompleteSignatureException"
    assert "604800" in refusal.message


def test_the_host_has_to_be_signed():
    refusal = verdict(by_hand(signed_headers="x-amz-date"), now=NOW)

    assert answer(refusal) == (
        403,
        "InvalidSignatureException",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )


def test_another_algorithm():
    refusal = verdict(by_hand(algorithm="AWS4-HMAC-SHA512"), now=NOW)

    assert answer(refusal) == (
        403,
        "IncompleteSignatureException",
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512' (only AWS4-HMAC-SHA256 for now). ",
    )


def test_a_scope_without_its_five_parts():
    refusal = verdict(by_hand(credential="AKID/20150830/lambda"), now=NOW)

    assert answer(refusal) == (
        403,
        "IncompleteSignatureException",
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        "keyid/date/region/service/term, got 'AKID/20150830/lambda'",
    )


def test_all_that_is_wrong_about_a_scope_is_told_at_once():
    refusal = verdict(by_hand(credential="AKID/20150831/eu-west-2/s3/aws5"), now=NOW)

    assert answer(refusal) == (
        403,
        "InvalidSignatureException",
        "Credential should be scoped to a valid region. "
        "Credential should be scoped to correct service: 'lambda'. "
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. "
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'20150831' != '20150830', from '20150830T123600Z'. ",
    )
    assert refusal.notes == (
        "it is signed for the region 'eu-west-2'; the host serves 'eu-west-1'",
        "it is signed for the service 's3'",
    )


def test_at_a_host_of_no_region_any_will_do_but_none():
    there = by_hand(credential=f"{KEY_ID}/20150830/mars-north-1/lambda/aws4_request")
    none = by_hand(credential=f"{KEY_ID}/20150830//lambda/aws4_request")

    assert is_mismatch(verdict(there, now=NOW, region=None))
    assert verdict(none, now=NOW, region=None).notes == ("it is signed for the region ''",)


UNKNOWN = (
    403,
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
)


def test_an_unknown_key():
    assert answer(verdict(by_hand(), {FAKE_KEY[0]: Key(FAKE_KEY[1])}, now=NOW)) == UNKNOWN


@pytest.mark.parametrize(("signed", "registered"), [(TOKEN, None), (None, TOKEN), (TOKEN, "other")])
@pytest.mark.parametrize("auth", [SigV4Auth, SigV4QueryAuth])
def test_another_token_than_the_registered_one(signed, registered, auth):
    sent = signed_by_botocore(body=b"", token=signed, auth=auth)

    assert answer(verdict(sent, {KEY_ID: Key(SECRET, registered)})) == UNKNOWN


def test_the_checks_stand_in_aws_s_order():
    """Each wrong thing hides those after it."""
    wrong = {
        "date": "20150830T1236Z",
        "signed_headers": "x-amz-date",
        "algorithm": "AWS4-X",
        "credential": "other/1/2",
    }
    seen = []
    steps = [
        ("date", "20150101T000000Z"),
        ("date", "20150830T123600Z"),
        ("signed_headers", "host"),
        ("algorithm", "AWS4-HMAC-SHA256"),
        ("credential", "other/1/2/3/4"),
        ("credential", f"other/{SCOPE}"),
        ("credential", f"{KEY_ID}/{SCOPE}"),
    ]
    for name, right in steps:
        seen.append(verdict(by_hand(**wrong), now=NOW).message)
        wrong[name] = right
    seen.append(verdict(by_hand(**wrong), now=NOW).message)

    assert [message[:24] for message in seen] == [
        "Date must be in ISO-8601",
        "Signature expired: 20150",
        "'Host' or ':authority' m",
        "Unsupported AWS 'algorit",
        "Credential must have exa",
        "Credential should be sco",
        "The security token inclu",
        "The request signature we",
    ]


# Hostile requests.

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256 " + "," * MEGABYTE,
        "AWS4-HMAC-SHA256 Credential=" + "/" * MEGABYTE,
        f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{SCOPE}, Signature=0, SignedHeaders="
        + "a;" * (MEGABYTE // 2),
        " " * MEGABYTE,
        "AWS4-HMAC-SHA256 " + "Credential=a " * (MEGABYTE // 13),
    ],
)
def test_of_a_hostile_header_nothing_is_read(authorization):
    headers = [("Authorization", authorization), ("X-Amz-Date", "20150830T123600Z")]
    refusal = verdict(SentRequest("POST", URL, headers, b""), now=NOW)

    assert refusal.code == "IncompleteSignatureException"
    assert len(refusal.message) < 500


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_sent_gets_a_verdict(authorization, date, query):
    headers = [("Authorization", f"AWS4-HMAC-SHA256 {authorization}"), ("X-Amz-Date", date)]
    url = f"{URL}?X-Amz-Signature=1&{query}"

    assert verdict(SentRequest("POST", url, headers, b"")) is not None
    assert verdict(SentRequest("POST", url, [], b"")) is not None


def test_no_repr_shows_what_is_secret():
    key = Key(SECRET, TOKEN)
    refusal = verdict(signed_by_botocore(token="another"), {KEY_ID: key})
    wrong = verdict(changed(signed_by_botocore(token=TOKEN), body=b"x"), {KEY_ID: key})
    shown = f"{key!r} {refusal!r} {wrong!r} {wrong.mismatch!r}"

    assert wrong.mismatch is not None
    assert SECRET not in shown
    assert TOKEN not in shown
    assert wrong.mismatch.claim.signature not in shown
