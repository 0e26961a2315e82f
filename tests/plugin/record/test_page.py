"""--invokeasync-html: what stands in the page. What a browser makes of it: record_page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from calls import CALL

PREAMBLE = f"""\
import boto3, pytest
client = boto3.client("lambda")
{CALL}"""
HOSTILE = "</script x=1 </script><script>alert(1)</script><!--<script>&amp;{{style}}"


class Page(HTMLParser):
    """Its elements, and the text of its style, its data and its script."""

    def __init__(self, text):
        super().__init__()
        self.text = text
        self.elements = []
        self.texts = []
        self._is_inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._is_inside = tag in ("style", "script")
        if self._is_inside:
            self.texts.append("")

    def handle_endtag(self, tag):
        self._is_inside = False

    def handle_data(self, data):
        if self._is_inside:
            self.texts[-1] += data

    @property
    def data(self):
        _, data, _ = self.texts
        return json.loads(data)

    @property
    def policy(self):
        [content] = [
            attrs["content"]
            for tag, attrs in self.elements
            if tag == "meta" and "content-security-policy" in str(attrs.get("http-equiv")).lower()
        ]
        return dict(part.strip().split(" ", 1) for part in content.split(";"))


@pytest.fixture
def page(run_pytest, pytester):
    """Runs tests, and gives the page of them."""

    def page(source):
        run_pytest(source, "--invokeasync-html=page.html")
        return Page((pytester.path / "page.html").read_text("ascii"))

    return page


def test_it_is_whole_in_itself_and_asks_no_network_for_anything(page):
    made = page("def test_one(invokeasync): call()\n")

    links = [attrs[name] for _, attrs in made.elements for name in ("src", "href") if name in attrs]
    assert set(links) == {"#results", "data:,"}
    assert not re.search(r"url\(|@import|https?://|fetch\(|XMLHttp", made.texts[0] + made.texts[2])
    assert made.policy["default-src"] == "'none'"


def test_its_policy_lets_its_own_script_and_style_run_and_nothing_else(page):
    made = page("def test_one(invokeasync): call()\n")
    style, _, script = (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in made.texts
    )

    assert made.policy["script-src"] == script
    assert made.policy["style-src"] == style
    assert not any(name.startswith("on") for _, attrs in made.elements for name in attrs)


def test_hostile_data_stays_data(page):
    body = json.dumps({"html": HOSTILE, "esc": "\x1b[31m", "lone": "\ud800", "line": "\u2028"})
    made = page(
        f"""
@pytest.mark.parametrize("name", [{HOSTILE!r}])
def test_one(invokeasync, name):
    call(args={body!r})
    assert name == ""
"""
    )

    assert [tag for tag, _ in made.elements].count("script") == 2
    # Browsers see an end in more than the parser above does.
    assert "<" not in made.texts[1]
    data = made.data
    [shown] = data["calls"]
    assert json.loads(shown["payload"]) == json.loads(body)
    [test] = data["tests"]
    assert HOSTILE.partition("{{")[0] in test["id"]
    assert HOSTILE in test["failures"][0]["text"]


def test_a_failed_test_has_the_failing_line_and_its_text(page):
    made = page(
        """
def test_one(invokeasync):
    call()
    assert 1 == 2
"""
    )

    [test] = made.data["tests"]
    assert (test["id"], test["outcome"]) == ("test_it.py::test_one", "failed")
    [failure] = test["failures"]
    assert failure["when"] == "call"
    assert failure["where"] == "test_it.py:8"
    assert failure["message"] == "assert 1 == 2"
    assert ">       assert 1 == 2" in failure["text"]
    assert "recorded: 1 invocation, 1 event" in failure["text"]


def test_a_failure_without_a_traceback_has_its_text(page):
    made = page(
        """
def test_one(invokeasync):
    call()
    invokeasync.add_error("ServiceException")
"""
    )

    [failure] = made.data["tests"][0]["failures"]
    assert (failure["when"], failure["where"]) == ("teardown", "")
    assert failure["message"].startswith("Failed: unanswered rule: add_error('ServiceException')")


def test_no_colour_of_the_terminal_is_in_a_failure(run_pytest, pytester):
    run_pytest(
        "def test_one(invokeasync):\n    call()\n    assert {} == 1\n",
        "--invokeasync-html=page.html",
        "--color=yes",
    )

    [test] = Page((pytester.path / "page.html").read_text("ascii")).data["tests"]
    assert "\x1b" not in test["failures"][0]["text"]


def test_the_colours_are_taken_out_of_a_text_that_has_some(page):
    made = page(
        """
def test_one(invokeasync):
    call()
    pytest.fail("\\x1b[31mred\\x1b[0m", pytrace=False)
"""
    )

    [failure] = made.data["tests"][0]["failures"]
    assert (failure["text"], failure["message"]) != ("", "")
    assert "\x1b" not in failure["text"] + failure["message"]


def test_calls_outside_of_the_tests_have_a_place(page):
    made = page(
        """
from pytest_invokeasync import InvokeAsyncMock
with InvokeAsyncMock():
    call()
def test_one(): pass
"""
    )

    assert made.data["tests"] == [{"id": None, "outcome": None, "failures": []}]


def test_what_is_long_is_cut_and_says_so(page):
    made = page(
        """
def test_one(invokeasync):
    call(args=b'"' + b"x" * 10_000 + b'"')
    call(args=b'"' + b"y" * 100_000 + b'"')
    pytest.fail("z" * 50_000)
"""
    )

    shown, longer = made.data["calls"]
    assert len(shown["payload"]) <= 4_000
    assert "characters left out" in shown["payload"]
    assert longer["size"] == 100_002
    assert len(made.data["tests"][0]["failures"][0]["text"]) <= 20_000


def test_large_numbers_are_not_rounded(page):
    made = page("def test_one(invokeasync): call(args=b'12345678901234567890123')\n")

    assert made.data["calls"][0]["payload"] == "12345678901234567890123"


def test_credentials_are_not_in_it(page):
    made = page(
        """
client = boto3.Session("AKIDREAL", "secret-key", "session-token").client("lambda")
@pytest.mark.invokeasync(credentials="keep")
def test_one(invokeasync):
    call()
"""
    )

    assert not re.search("AKID|secret-key|session-token|Signature=", made.text)


def test_a_test_that_called_nothing_is_not_on_it(page):
    made = page("def test_one(): pass\ndef test_two(invokeasync): call()\n")

    assert [test["id"] for test in made.data["tests"]] == ["test_it.py::test_two"]


def test_runs_records_and_dead_letters_are_on_it(page):
    made = page(
        """
QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead"
def test_one(invokeasync):
    invokeasync.register_function(
        "orders", handler=lambda *_: 1 / 0, maximum_retry_attempts=0, on_failure=QUEUE,
        dead_letter=QUEUE,
    )
    call(args=b'{"id": 42}')
    invokeasync.run_until_idle()
"""
    )

    [event] = made.data["calls"][0]["events"]
    assert event["outcome"] == "RetriesExhausted"
    assert json.loads(event["runs"][0]["payload"])["errorType"] == "ZeroDivisionError"
    [sent] = event["destination_records"]
    assert json.loads(sent["payload"])["requestPayload"] == {"id": 42}
    assert json.loads(event["dead_letter"]["payload"]) == {"id": 42}


def test_the_changed_body_of_an_event_is_on_it(page):
    made = page(
        """
def test_one(invokeasync):
    client = boto3.client("lambda")
    bodies = iter([b'"first"', b'"second"'])
    def change(request, **_):
        request.data = next(bodies)
    client.meta.events.register("before-sign", change)
    invokeasync.add_error("ServiceException", attempts=1)
    client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
"""
    )

    [shown] = made.data["calls"]
    assert (shown["payload"], shown["events"][0]["payload"]) == ('"first"', '"second"')
