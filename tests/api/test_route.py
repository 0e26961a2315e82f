"""Which requests ask for an asynchronous invocation, and what the URL says of it."""

from __future__ import annotations

import time
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_invokeasync.api.messages import Headers
from pytest_invokeasync.api.operations import INVOKE, INVOKE_ASYNC
from pytest_invokeasync.api.route import Route, decode_segment, route

HOST = "https://lambda.us-west-2.amazonaws.com"
INVOKE_URL = f"{HOST}/2015-03-31/functions/orders/invocations"


def url_of(segment: str) -> str:
    return f"{HOST}/2014-11-13/functions/{segment}/invoke-async"


def segment_of(method: str, url: str) -> str | None:
    """The FunctionName of an InvokeAsync request."""
    found = route(method, url, {})
    assert found is None or found == Route(INVOKE_ASYNC, found.segment, None, "Event")
    return found and found.segment


class TestInvokeAsync:
    @pytest.mark.parametrize(
        ("url", "segment"),
        [
            # botocore up to 1.39.10 and the JS SDK v2, then what came after them.
            (f"{HOST}/2014-11-13/functions/foo/invoke-async/", "foo"),
            (f"{HOST}/2014-11-13/functions/foo/invoke-async", "foo"),
            (f"{HOST}/2014-11-13/functions/foo%3A%24LATEST/invoke-async", "foo%3A%24LATEST"),
            (f"{HOST}/2014-11-13/functions/foo:$LATEST/invoke-async", "foo:$LATEST"),
            (f"{HOST}/2014-11-13/functions/a%2Fb/invoke-async", "a%2Fb"),
            (f"{HOST}/2014-11-13/functions/é ü/invoke-async", "é ü"),
            (f"{HOST}/2014-11-13/functions//invoke-async", ""),
            (f"{HOST}/2014-11-13/functions/invoke-async/invoke-async", "invoke-async"),
            # Any scheme, host, port and prefix.
            ("http://localhost:4566/lam/2014-11-13/functions/f/invoke-async?x=1", "f"),
            ("http://[::1]:9001/2014-11-13/functions/f/invoke-async/", "f"),
            ("HTTP://user:pw@h/2014-11-13/functions/f/invoke-async", "f"),
            ("https://h//2014-11-13/functions/f/invoke-async/", "f"),
            ("https://h/a/b/2014-11-13/functions/f/invoke-async/#top", "f"),
            ("https://h/2014-11-13/functions/f/invoke-async?a=/b/c#d?e", "f"),
            (
                "https://h/2014-11-13/functions/f/invoke-async/2014-11-13/functions/g/invoke-async",
                "g",
            ),
        ],
    )
    def test_of_an_invoke_async_request(self, url: str, segment: str) -> None:
        assert segment_of("POST", url) == segment

    @pytest.mark.parametrize(
        "url",
        [
            "",
            HOST,
            "https://sqs.us-west-2.amazonaws.com/",
            f"{HOST}/2014-11-13/functions/",
            f"{HOST}/2014-11-13/functions/foo",
            f"{HOST}/2014-11-13/functions/invoke-async",
            f"{HOST}/2014-11-13/functions/foo/invoke-async/x",
            f"{HOST}/2014-11-13/functions/foo/invoke-async//",
            f"{HOST}/2014-11-13/functions/foo/invoke-asyncx",
            f"{HOST}/2014-11-13/functions/foo/xinvoke-async",
            f"{HOST}/2014-11-13/functions/foo/Invoke-Async",
            f"{HOST}/2014-11-13/functions/a/b/invoke-async",
            f"{HOST}/2014-11-13/function/foo/invoke-async",
            f"{HOST}/2015-03-31/functions/foo/invoke-async",
            f"{HOST}2014-11-13/functions/foo/invoke-async",
            f"{HOST}/?to=/2014-11-13/functions/foo/invoke-async",
            f"{HOST}/#/2014-11-13/functions/foo/invoke-async",
            f"{HOST}/2014-11-13/functions/foo?/invoke-async",
            f"{HOST}/2014-11-13/functions/foo/invoke-async\n",
            "ftp://h/2014-11-13/functions/foo/invoke-async",
            "httpx://h/2014-11-13/functions/foo/invoke-async",
            "/2014-11-13/functions/foo/invoke-async",
            "https:///2014-11-13/functions/foo/invoke-async",
            "x https://h/2014-11-13/functions/foo/invoke-async",
        ],
    )
    def test_none_of_any_other_url(self, url: str) -> None:
        assert segment_of("POST", url) is None

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "post", "POST ", ""])
    def test_none_of_any_other_method(self, method: str) -> None:
        assert segment_of(method, url_of("foo")) is None

    @given(
        st.lists(
            st.sampled_from(
                [
                    *("http:", "https:", "//", "h", "/", "/", "2014-11-13", "functions", "foo"),
                    *("/2014-11-13/functions/", "/invoke-async", "invoke-async", "?", "#", "%2F"),
                    *("https://h", "https://h/2014-11-13/functions/foo/invoke-async"),
                ]
            ),
            max_size=8,
        ).map("".join)
    )
    def test_agrees_with_a_url_taken_apart(self, url: str) -> None:
        parts = urlsplit(url)
        steps = parts.path.split("/")
        if steps[-1] == "":
            steps.pop()
        is_ours = (
            parts.scheme in ("http", "https")
            and parts.netloc != ""
            and len(steps) >= 5
            and steps[-4:-2] == ["2014-11-13", "functions"]
            and steps[-1] == "invoke-async"
        )
        assert segment_of("POST", url) == (steps[-2] if is_ours else None)

    @pytest.mark.parametrize(
        "url",
        [
            "https://h" + "/2014-11-13/functions/" * 5_000 + "/invoke-async/x",
            "https://h" + "/invoke-async" * 10_000,
            "https://" + "h" * 100_000 + "/invoke-async",
            "https://h/" + "/" * 100_000 + "/invoke-async",
            url_of("f" * 100_000) + "/x",
        ],
        ids=range(5),
    )
    def test_says_no_quickly(self, url: str) -> None:
        start = time.thread_time()
        assert segment_of("POST", url) is None
        assert time.thread_time() - start < 1


class TestDecodeSegment:
    @pytest.mark.parametrize(
        ("segment", "text"),
        [
            ("foo", "foo"),
            ("", ""),
            ("foo%3A%24LATEST", "foo:$LATEST"),
            ("foo%3a%24LATEST", "foo:$LATEST"),
            ("a%2Fb", "a/b"),
            ("a%20b", "a b"),
            ("a+b", "a+b"),
            ("~%7E", "~~"),
            ("%C3%A9", "é"),
            ("é", "é"),
            ("é%C3%A9", "éé"),
            # Once and only once.
            ("%2541", "%41"),
            ("%25252F", "%252F"),
            # What is no escape stays.
            ("100%", "100%"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            # What is no UTF-8 is replaced.
            ("a%FFb", "a\ufffdb"),
            ("%C3x", "\ufffdx"),
            ("%C3é", "\ufffdé"),
            ("%00", "\x00"),
            ("a\ud800b", "a\ufffd\ufffd\ufffdb"),
        ],
    )
    def test_percent_encoding_is_undone_once(self, segment: str, text: str) -> None:
        assert decode_segment(segment) == text

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_undoes_what_quote_does(self, text: str) -> None:
        assert decode_segment(quote(text, safe="")) == text
        assert segment_of("POST", url_of(quote(text, safe=""))) == quote(text, safe="")

    @given(st.binary())
    def test_undoes_it_for_any_bytes(self, raw: bytes) -> None:
        assert decode_segment(quote(raw, safe="")) == raw.decode("utf-8", "replace")

    @given(st.text(st.characters() | st.sampled_from("%0Aé\ud800\udfff")))
    @example("\ud800%ED%A0%80")
    def test_never_raises_and_can_always_be_sent_on(self, segment: str) -> None:
        decode_segment(segment).encode()


class TestInvoke:
    """It is asked for by its path and by the header that says how to invoke."""

    @pytest.mark.parametrize("invocation_type", ["Event", "DryRun"])
    @pytest.mark.parametrize(
        "url",
        [
            INVOKE_URL,
            f"{INVOKE_URL}/",
            "http://localhost:4566/lam/2015-03-31/functions/orders/invocations?x=1",
        ],
    )
    def test_asynchronous_types_are_routed(self, url: str, invocation_type: str) -> None:
        found = route("POST", url, {"X-Amz-Invocation-Type": invocation_type})

        assert found == Route(INVOKE, "orders", None, invocation_type)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Amz-Invocation-Type": "RequestResponse"},
            {"X-Amz-Invocation-Type": "event"},
            {"X-Amz-Invocation-Type": ""},
            {"X-Amz-Invocation-Type": "Event, Event"},
        ],
    )
    def test_any_other_type_is_not(self, headers: dict[str, str]) -> None:
        assert route("POST", INVOKE_URL, headers) is None

    @pytest.mark.parametrize(
        ("method", "url"),
        [
            ("GET", INVOKE_URL),
            ("POST", INVOKE_URL.replace("2015-03-31", "2014-11-13")),
            ("POST", f"{INVOKE_URL}/x"),
            ("POST", f"{HOST}/?/2015-03-31/functions/orders/invocations"),
        ],
    )
    def test_nor_is_another_request(self, method: str, url: str) -> None:
        assert route(method, url, {"X-Amz-Invocation-Type": "Event"}) is None

    @pytest.mark.parametrize(
        "headers",
        [
            {"x-amz-invocation-type": "Event"},
            {"X-AMZ-INVOCATION-TYPE": b"Event"},
            Headers({"x-amz-invocation-type": b"Event"}),
        ],
    )
    def test_the_header_s_case_and_type_do_not_matter(self, headers: dict[str, str]) -> None:
        assert route("POST", INVOKE_URL, headers) is not None

    @pytest.mark.parametrize(
        ("query", "qualifier"),
        [
            ("?Qualifier=blue", "blue"),
            ("?Qualifier=%24LATEST", "$LATEST"),
            ("?x=1&Qualifier=blue#top", "blue"),
            ("?Qualifier=blue&Qualifier=green", "blue"),
            ("?Qualifier=", ""),
            ("?qualifier=blue", None),
            ("?", None),
        ],
    )
    def test_the_qualifier_is_in_the_query(self, query: str, qualifier: str | None) -> None:
        found = route("POST", INVOKE_URL + query, {"X-Amz-Invocation-Type": "Event"})

        assert found == Route(INVOKE, "orders", qualifier, "Event")

    def test_invoke_async_has_neither_type_nor_qualifier(self) -> None:
        headers = {"X-Amz-Invocation-Type": "DryRun"}

        found = route("POST", f"{url_of('orders')}?Qualifier=blue", headers)

        assert found == Route(INVOKE_ASYNC, "orders", None, "Event")
