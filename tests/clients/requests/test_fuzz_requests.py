"""What a client may send around its payload: URLs, headers, signatures, bodies of many kinds."""

from __future__ import annotations

import array
import io
import re
import string
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest, HeadersDict
from botocore.credentials import Credentials
from botocore.loaders import create_loader
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from pytest_invokeasync import InvokeAsyncMock
from pytest_invokeasync.api.contract import Contract
from pytest_invokeasync.api.messages import Headers, Request
from pytest_invokeasync.api.operations import INVOKE_ASYNC
from pytest_invokeasync.api.route import Route, decode_segment, route
from pytest_invokeasync.clients.wire import build_request, host_region, read_body
from pytest_invokeasync.exceptions import without_secrets
from pytest_invokeasync.seams.interception import Interceptor
from pytest_invokeasync.server.connection import HttpRequest
from pytest_invokeasync.server.endpoint import Endpoint

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
    found = route("POST", url, {})
    assert found == Route(INVOKE_ASYNC, segment)
    assert decode_segment(found.segment) == text


@given(
    scheme=st.sampled_from(["http", "https", "HTTPS"]),
    user=st.just("") | REST.map(lambda text: "".join(c for c in text if c not in "/?#") + "@"),
    host=st.sampled_from(["lambda.eu-west-3.amazonaws.com", "localhost:4566", "[::1]:80", "h"]),
    path=st.lists(STEPS | st.sampled_from(["a@b", "x:y@z", "http:", ""]), max_size=4),
    query=st.just("") | REST.map("?".__add__),
    fragment=st.just("") | REST.map("#".__add__),
)
def test_a_url_is_told_without_what_may_be_secret(
    *, scheme: str, user: str, host: str, path: list[str], query: str, fragment: str
) -> None:
    told = f"{host}{''.join(f'/{step}' for step in path)}"
    url = f"{scheme}://{user}{told}{query}{fragment}"
    assert without_secrets(url) == f"{scheme}://{told}"


@given(
    method=st.sampled_from(["POST", "POST", "GET", "post", "HEAD"]),
    origin=st.sampled_from(["", "", "http://h", "HTTPS://[::1]:80", "ftp://h", "*"]),
    steps=st.lists(STEPS, max_size=3),
    date=st.sampled_from(["2014-11-13", "2014-11-13", "2015-03-31", "2015-3-31", "20150331"]),
    end=st.lists(st.sampled_from(["functions", "orders", "or%20ders", "%FF", "", "invocations"]))
    | st.sampled_from([["functions", name, "invoke-async"] for name in ("orders", "%FF", "")]),
    after=st.sampled_from(["", "", "/"]),
    query=st.just("") | st.text(string.ascii_letters + "/?:%-@", max_size=9).map("?".__add__),
    host=st.sampled_from(["", "h", "h:80", "[::1]:80"]),
)
def test_whatever_is_asked_for_is_answered(
    *,
    method: str,
    origin: str,
    steps: list[str],
    date: str,
    end: list[str],
    after: str,
    query: str,
    host: str,
) -> None:
    path = "/".join(["", *steps, date, *end]) + after
    target = f"{origin}{path}{query}"
    address = f"http://{host or 'h:1'}"
    url = {"": address, "*": f"{address}/*", "ftp://h": f"{address}/ftp://h"}.get(
        origin, origin
    ) + path
    parts = path.removesuffix("/").split("/")
    *_, version, word, name, action = ["", "", "", *parts]
    is_ours = (version, word, action) == ("2014-11-13", "functions", "invoke-async")
    of_lambda = {"2014-11-13", "2015-03-31"} & set(path.split("/")[:-1])
    mock = InvokeAsyncMock()
    endpoint = Endpoint(Interceptor(mock._service, mock._options))

    answer = endpoint.handle(HttpRequest(method, target, {}, [], host, b"{}"), "h:1")

    if is_ours:
        assert answer.status == (405 if method != "POST" else 202 if name == "orders" else 400)
    else:
        assert answer.status == 404
    unmocked = [(method, url)] if of_lambda and not is_ours else []
    assert [(call.method, call.url) for call in mock.unmocked_calls] == unmocked
    assert len(mock.invocations) == (is_ours and method == "POST")


# --- Headers -------------------------------------------------------------------------------------

HEADER_NAMES = st.sampled_from(
    ["Authorization", "x-amz-security-token", "COOKIE", "Proxy-Authorization", "X-Amzn-RequestId"]
) | st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12)
SECRET = ("authoriz", "cookie", "token", "secret", "passw", "credential", "api-key", "apikey")
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
        assert (value in shown) != any(word in name.lower() for word in SECRET)
        assert name in shown


@given(
    uuid=st.uuids().map(str),
    at=st.integers(0, 36) | st.integers(0, 7) | st.just(36),
    char=st.sampled_from([*"0Fg-٣\n", ""]),
)
def test_a_request_id_with_one_character_changed_is_a_uuid_only_by_another_digit(
    uuid: str, at: int, char: str
) -> None:
    changed = uuid[:at] + char + uuid[at + 1 :]
    is_one = char == uuid[at : at + 1] or (uuid[at : at + 1] not in "-" and char in tuple("0F"))
    headers = Headers({"x-amzn-RequestId": changed})
    request = Request(Route(INVOKE_ASYNC, "orders"), "", None, headers, b"{}")
    assert (Contract().check(request).violation is None) is is_one


# --- Signatures ----------------------------------------------------------------------------------

URL = f"https://example.invalid{PATH}orders/invoke-async"
ORDERS = Route(INVOKE_ASYNC, "orders")


def request_of(url: str, headers: Mapping[str, str | bytes]) -> Request:
    return build_request(ORDERS, url, headers, b"{}", caller=lambda: None)


KEYS = st.builds(
    Credentials,
    access_key=st.text(string.ascii_letters + string.digits + "+=_.-", min_size=1, max_size=128),
    secret_key=st.just("secret"),
    token=st.none() | st.text(string.ascii_letters + "+/=", min_size=1, max_size=40),
)
LABEL = frozenset(string.ascii_lowercase + string.digits + "-")
LABELS = st.text(sorted(LABEL), min_size=1, max_size=63)


@given(
    keys=KEYS,
    region=LABELS,
    service=st.just("lambda") | LABELS,
    query=st.dictionaries(LABELS, LABELS, max_size=2),
)
def test_whatever_botocore_signs_for_lambda_is_of_the_region_that_it_was_signed_for(
    keys: Credentials, *, region: str, service: str, query: dict[str, str]
) -> None:
    for signer in (SigV4Auth, SigV4QueryAuth):
        url = f"{URL}?{urlencode(query)}" if query else URL
        request = AWSRequest("POST", url, data=b"{}", headers={"X-Other": "Credential=a/b/c"})
        signer(keys, service, region).add_auth(request)
        prepared = request.prepare()
        told = request_of(prepared.url, prepared.headers).region
        assert told == (region if service == "lambda" else None)


# What a signature consists of, and now and then what it may not.
ALGORITHMS = st.sampled_from([*["AWS4-HMAC-SHA256 "] * 3, "AWS4-HMAC-SHA512 "])
ACCESS_KEYS = st.sampled_from([*["AKID"] * 4, "", "A" * 128, "A" * 129, "Credential="])
DATES = st.sampled_from([*["20260101"] * 5, "2026010", "2026010٣"])
REGIONS = st.sampled_from([*["eu-west-1", "moon-sea-1"] * 4, "x" * 64, "x" * 65, "EU-WEST-1", ""])
ENDS = st.sampled_from([*["", ", SignedHeaders=host", ",Signature=0", "&a=b"] * 2, " ", "X", "/x"])
SCRAPS = st.sampled_from(
    [
        *("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA512 ", " ", ",", "&", "?", "/", "%2F", "%252F", "="),
        *("Credential=", "X-Amz-Credential=", "AKID", "20260101", "eu-west-3"),
        *("lambda", "aws4_request", "aws4", "é", "\n", "٣"),
    ]
)


@st.composite
def damaged(draw: st.DrawFn, first: st.SearchStrategy[str], name: str, slash: str) -> str:
    """A whole signature with no, one or two of its pieces gone, or others in between."""
    scope = [draw(ACCESS_KEYS), draw(DATES), draw(REGIONS), "lambda", "aws4_request"]
    pieces = [draw(first), name, *(piece for part in scope for piece in (part, slash))]
    pieces[-1] = draw(ENDS)
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        at = draw(st.integers(0, len(pieces)))
        pieces[at : at + draw(st.integers(0, 1))] = draw(st.lists(SCRAPS, max_size=1))
    return "".join(pieces)


def region_in(text: str) -> str | None:
    """The region of the first credential scope that is whole, taken apart by hand."""
    while "Credential=" in text:
        before, _, text = text.partition("Credential=")
        begins = before.endswith((" ", ",", "?X-Amz-", "&X-Amz-"))
        key, date, region, service, end = [*text.split("/", 4), *[""] * 4][:5]
        if (
            begins
            and len(key) <= 128
            and not set(key) & set(" \n,&")
            and len(date) == 8
            and set(date) <= set(string.digits)
            and 1 <= len(region) <= 64
            and set(region) <= LABEL
            and service == "lambda"
            and end.startswith("aws4_request")
            and end[12:13] in ("", " ", "\n", ",", "&")
        ):
            return region
    return None


@given(
    authorization=st.just("") | damaged(ALGORITHMS, "Credential=", "/"),
    query=st.just("") | damaged(st.just("a=b&"), "X-Amz-Credential=", "%2F"),
)
def test_a_signature_tells_its_region_if_it_is_whole(authorization: str, query: str) -> None:
    signed = region_in(authorization) if authorization.startswith("AWS4-HMAC-SHA256 ") else None
    presigned = "X-Amz-Credential=" in query and region_in(f"?{query}".replace("%2F", "/"))

    request = request_of(f"{URL}?{query}", {"Authorization": authorization})

    assert request.region == (signed or presigned or None)


# What stands behind the region, partition by partition, and behind that of a dualstack endpoint.
SUFFIXES = (
    *("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov"),
    *("cloud.adc-e.uk", "csp.hci.ic.gov"),
    *("api.aws", "api.amazonwebservices.com.cn", "api.amazonwebservices.eu", "api.aws.ic.gov"),
    *("api.aws.scloud", "api.cloud-aws.adc-e.uk", "api.aws.hci.ic.gov"),
)
# As AWS names them, those to come too.
REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+", re.ASCII)
REGIONS = st.from_regex(REGION, fullmatch=True)
PARTITIONS = create_loader().load_data("partitions")["partitions"]
# An old botocore does not know them all.
KNOWN = {
    suffix
    for partition in PARTITIONS
    for suffix in SUFFIXES
    if suffix in (partition["outputs"]["dnsSuffix"], partition["outputs"]["dualStackDnsSuffix"])
}


@given(
    before=st.sampled_from(["", "vpce-0abc-def.", "a.b.lambda."]),
    service=st.sampled_from(["lambda", "lambda-fips"]),
    region=REGIONS,
    vpce=st.sampled_from(["", ".vpce"]),
    suffix=st.sampled_from(sorted(KNOWN)),
    after=st.sampled_from(["", ".", ":443", ".:8443"]),
    case=st.sampled_from([str, str.upper, str.title]),
)
def test_the_host_of_an_endpoint_tells_its_region(
    *, before: str, service: str, region: str, vpce: str, suffix: str, after: str, case: Any
) -> None:
    host = f"{before}{service}.{region}{vpce}.{suffix}{after}"
    assert host_region(f"https://user@{case(host)}/") == region


ODD_LABELS = st.sampled_from(
    [
        *("lambda", "lambda-fips", "lambda_", "xlambda", "eu-west-3", "vpce", "s3"),
        *("amazonaws", "com", "api", "aws", "cn", "LAMBDA", "", "é", "x y", "]", "h@lambda"),
    ]
)


@st.composite
def nearly_endpoints(draw: st.DrawFn) -> str:
    """The host of an endpoint with labels added, gone or replaced."""
    labels = [
        *draw(st.sampled_from([[], ["vpce-1"], ["lambda"], [""]])),
        draw(st.sampled_from(["lambda", "lambda-fips"])),
        draw(st.sampled_from(["eu-west-3", "eu-west-3", "moon-sea-1", "eu_west_3"])),
        *draw(st.sampled_from([[], ["vpce"]])),
        *draw(st.sampled_from(SUFFIXES)).split("."),
    ]
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.sampled_from([0, len(labels) - 1, len(labels)]) | st.integers(0, len(labels)))
        labels[at : at + draw(st.integers(0, 1))] = draw(st.lists(ODD_LABELS, max_size=1))
    return ".".join(labels)


def region_by_labels(host: str) -> str | None:
    labels = host.lower().rpartition("@")[2].rstrip(".").split(".")
    for ends in [suffix.split(".") for suffix in KNOWN]:
        for vpce in ([], ["vpce"]):
            behind = [*vpce, *ends]
            if labels[-len(behind) :] == behind:
                *before, service, region = ["", "", *labels[: -len(behind)]]
                # The two, and then what stands before; an empty label alone is no name.
                if service in ("lambda", "lambda-fips") and before != ["", "", ""]:
                    return region if REGION.fullmatch(region) else None
    return None


@given(host=nearly_endpoints(), rest=st.sampled_from(["", ":443", ":x", "/", "?lambda", "#@"]))
def test_a_host_tells_a_region_if_it_is_an_endpoint(host: str, rest: str) -> None:
    expected = None if "]" in host else region_by_labels(host)
    assert host_region(f"https://{host}{rest}/") == expected


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
