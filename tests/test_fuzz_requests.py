"""What a client may send around its payload: URLs, headers, signatures, bodies of many kinds."""

from __future__ import annotations

import array
import io
import string
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest, HeadersDict
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from pytest_invokeasync.clients.wire import build_request, host_region, read_body
from pytest_invokeasync.contract import decode_segment, find_segment
from pytest_invokeasync.messages import Headers, Request

HOSTS = st.sampled_from(
    [
        *("lambda.eu-west-3.amazonaws.com", "localhost:4566", "127.0.0.1", "[::1]:80", "h"),
        "user:p%40ss@lambda.eu-west-3.amazonaws.com:443",
    ]
)
STEPS = st.sampled_from(["", "lam", "functions", "2014-11-13", "invoke-async", "..", "%2F", "a b"])
REST = st.text(string.printable, max_size=20)
PATH = "/2014-11-13/functions/"


# --- URLs ----------------------------------------------------------------------------------------


@st.composite
def encoded(draw: st.DrawFn, text: str) -> str:
    """The text as a segment of a URL: what must be percent-encoded is, and of the rest some."""
    segment = ""
    for char in text:
        escape = "".join(f"%{byte:02X}" for byte in char.encode())
        may_be_raw = char not in "/?#%"
        ways = [escape, escape.lower(), *([char] * 2 if may_be_raw else [])]
        segment += draw(st.sampled_from(ways))
    return segment


@given(
    name=st.text(st.characters(codec="utf-8"), max_size=20).flatmap(
        lambda name: st.tuples(st.just(name), encoded(name))
    ),
    scheme=st.sampled_from(["http", "https", "HTTPS"]),
    host=HOSTS,
    prefix=st.lists(STEPS, max_size=4),
    end=st.sampled_from(["", "/"]),
    query=st.none() | REST.map("?".__add__),
    fragment=st.none() | REST.map("#".__add__),
)
def test_a_name_that_was_put_into_a_url_is_found_in_it(
    *,
    name: tuple[str, str],
    scheme: str,
    host: str,
    prefix: list[str],
    end: str,
    query: str | None,
    fragment: str | None,
) -> None:
    text, segment = name
    before = "".join(f"/{step}" for step in prefix)
    url = f"{scheme}://{host}{before}{PATH}{segment}/invoke-async{end}{query or ''}{fragment or ''}"
    found = find_segment("POST", url)
    assert found == segment
    assert decode_segment(found) == text


# --- Headers -------------------------------------------------------------------------------------

HEADER_NAMES = st.sampled_from(
    ["Authorization", "x-amz-security-token", "COOKIE", "Proxy-Authorization", "X-Amzn-RequestId"]
) | st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12)
SECRET = {"authorization", "x-amz-security-token", "cookie", "proxy-authorization"}
CASES = st.sampled_from([str.lower, str.upper, str.title, str.swapcase])


@given(
    sent=st.dictionaries(HEADER_NAMES, st.text(string.printable, max_size=12)),
    other=HEADER_NAMES,
    kind=st.sampled_from([dict, CaseInsensitiveDict, HeadersDict]),
    as_bytes=st.booleans(),
    case=CASES,
)
def test_headers_are_those_of_requests(
    sent: dict[str, str], *, other: str, kind: Any, as_bytes: bool, case: Any
) -> None:
    # Each name once: which of two a look-up gives depends on the client.
    sent = {name: value for name, value in sent.items() if CaseInsensitiveDict(sent)[name] == value}
    sent = dict({name.lower(): (name, value) for name, value in sent.items()}.values())
    expected = CaseInsensitiveDict(sent)
    values: Any = {n: v.encode("latin-1") if as_bytes else v for n, v in sent.items()}

    headers = Headers(kind(values))

    assert {name.lower(): value for name, value in headers.items()} == dict(expected.lower_items())
    for name in [*sent, other]:
        assert headers.get(case(name)) == expected.get(case(name))
        assert (case(name) in headers) == (case(name) in expected)
    assert len(headers) == len(expected)


@given(
    sent=st.dictionaries(HEADER_NAMES, st.uuids().map(str), min_size=1),
    kind=st.sampled_from([dict, CaseInsensitiveDict, HeadersDict]),
)
def test_a_repr_shows_every_header_but_the_credentials(sent: dict[str, str], kind: Any) -> None:
    shown = repr(Headers(kind(sent)))

    for name, value in kind(sent).items():
        assert (value in shown) == (name.lower() not in SECRET)
        assert name in shown


# --- Signatures ----------------------------------------------------------------------------------

URL = f"https://example.invalid{PATH}orders/invoke-async"


def request_of(url: str, headers: Mapping[str, str | bytes]) -> Request:
    return build_request("orders", url, headers, b"{}", caller=lambda: None)


KEYS = st.builds(
    Credentials,
    access_key=st.text(string.ascii_letters + string.digits + "+=_.-", min_size=1, max_size=128),
    secret_key=st.just("secret"),
    token=st.none() | st.text(string.ascii_letters + "+/=", min_size=1, max_size=40),
)
LABELS = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=63)


@given(keys=KEYS, region=LABELS, service=LABELS, query=st.dictionaries(LABELS, LABELS, max_size=2))
def test_whatever_botocore_signs_is_of_the_region_that_it_was_signed_for(
    keys: Credentials, *, region: str, service: str, query: dict[str, str]
) -> None:
    for signer in (SigV4Auth, SigV4QueryAuth):
        url = f"{URL}?{urlencode(query)}" if query else URL
        request = AWSRequest("POST", url, data=b"{}", headers={"X-Other": "Credential=a/b/c"})
        signer(keys, service, region).add_auth(request)
        prepared = request.prepare()
        assert request_of(prepared.url, prepared.headers).region == region


SCRAPS = st.sampled_from(
    [
        *("AWS4-HMAC-SHA256", " ", ",", "&", "?", "Credential=", "X-Amz-Credential=", "AKID", "/"),
        *("20260101", "eu-west-1", "lambda", "aws4_request", "%2F", "%252F", "=", "é", "\n", "٣"),
        "Credential=AKID/20260101/eu-west-1/lambda/aws4_request",
        "X-Amz-Credential=AKID%2F20260101%2Feu-west-1%2Flambda%2Faws4_request",
    ]
)


@given(st.lists(SCRAPS, max_size=12).map("".join), st.lists(SCRAPS, max_size=8).map("".join))
def test_a_broken_signature_tells_a_region_that_stands_in_it_or_none(
    authorization: str, query: str
) -> None:
    request = request_of(f"{URL}?{query}", {"Authorization": authorization})
    scope = "AKID/20260101/eu-west-1/lambda/aws4_request"
    whole = f"Credential={scope}"
    told = (authorization.startswith("AWS4-HMAC-SHA256 ") and whole in authorization) or (
        "X-Amz-" in query and scope.rpartition("/")[0] in query.replace("%2F", "/")
    )
    assert request.region in ((None, "eu-west-1") if told else (None,))
    if authorization in (f"AWS4-HMAC-SHA256 {whole}", f"AWS4-HMAC-SHA256 {whole},"):
        assert request.region == "eu-west-1"


# What stands behind the region, in some partitions.
SUFFIXES = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "c2s.ic.gov")


@given(
    before=st.sampled_from(["", "vpce-0abc-def.", "a.b.lambda."]),
    service=st.sampled_from(["lambda", "lambda-fips"]),
    region=LABELS,
    vpce=st.sampled_from(["", ".vpce"]),
    suffix=st.sampled_from(SUFFIXES),
    after=st.sampled_from(["", ".", ":443", ".:8443"]),
    case=st.sampled_from([str, str.upper, str.title]),
)
def test_the_host_of_an_endpoint_tells_its_region(
    *, before: str, service: str, region: str, vpce: str, suffix: str, after: str, case: Any
) -> None:
    host = f"{before}{service}.{region}{vpce}.{suffix}{after}"
    assert host_region(f"https://user@{case(host)}/") == region


@given(
    st.lists(
        st.sampled_from(
            [
                *("lambda", "lambda-fips", "eu-west-3", "vpce", "amazonaws", "com", "api", "aws"),
                *("cn", "LAMBDA", "vpce-1", "s3", "", "é", "x y", "]", "@", "lambda.eu-west-3"),
                *("amazonaws.com", "amazonaws.com."),
            ]
        ),
        max_size=6,
    ).map(".".join),
    st.sampled_from(["", ":443", ":x", "/", "?lambda"]),
)
def test_no_other_host_tells_one(host: str, rest: str) -> None:
    region = host_region(f"https://{host}{rest}/")
    if region is not None:
        heads = [f"{service}.{region}" for service in ("lambda", "lambda-fips")]
        ends = [f"{head}{v}.{end}" for head in heads for v in ("", ".vpce") for end in SUFFIXES]
        assert host.lower().rpartition("@")[2].rstrip(".").endswith(tuple(ends))


# --- Bodies --------------------------------------------------------------------------------------


class Trickle:
    """A stream that gives less than it is asked for."""

    def __init__(self, chunks: list[bytes | str]) -> None:
        self._chunks = iter([chunk for chunk in chunks if chunk])

    def read(self, _: int = -1) -> bytes | str:
        return next(self._chunks, b"")


CHUNKS = st.lists(st.binary(max_size=9) | st.text(st.characters(codec="utf-8"), max_size=9))


@given(chunks=CHUNKS)
def test_a_body_in_chunks_is_all_of_them(chunks: list[bytes | str]) -> None:
    def generate() -> Iterator[bytes | str]:
        yield from chunks

    expected = b"".join(c.encode() if isinstance(c, str) else c for c in chunks)
    for body in (chunks, tuple(chunks), generate(), Trickle(chunks)):
        assert read_body(body) == expected


@given(data=st.binary(max_size=200), start=st.integers(0, 20))
def test_a_body_is_its_bytes_from_where_it_stands(data: bytes, start: int) -> None:
    stream = io.BytesIO(data)
    stream.seek(start)
    for body in (data, bytearray(data), memoryview(data), array.array("b", data)):
        assert read_body(body) == data
    assert read_body(stream) == data[start:]


def test_a_body_that_is_none_is_empty() -> None:
    assert read_body(None) == b""
