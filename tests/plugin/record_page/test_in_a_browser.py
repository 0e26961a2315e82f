"""The page of --invokeasync-html in a real browser. Run by ``tox -e browser`` alone.

Needs Chromium and playwright. Where one of them is missing these tests fail: nothing else sees that
the page works. ``CHROMIUM`` names the browser, default: the first of the usual names on the PATH.
"""

from __future__ import annotations

import json
import os
import shutil

import pytest
from calls import CALL
from playwright.sync_api import expect, sync_playwright

PREAMBLE = f"""\
import boto3, pytest
client = boto3.client("lambda")
{CALL}"""
SHOP = """
def test_place_order(invokeasync):
    call(args=b'{"id": 42}')
    invokeasync.add_error("ServiceException", attempts=1)
    call("invoices:live", b'[1]')
def test_mail(invokeasync):
    call("mail")
    assert "sent" == "queued"
def test_lost(invokeasync):
    invokeasync.add_fault("LostAnswer")
    call("mail")
"""
HOSTILE = (
    '</script x=1 </script><script>document.title = "hacked"</script><img src=x onerror=alert(1)>'
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def chromium():
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail("no Chromium is installed: it is what these tests are about")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(run_pytest_with, pytester, chromium):
    """Runs tests and opens their page, without network. Errors of its script fail the test."""
    contexts, wrong = [], []

    def open_page(source, **how):
        # In a process of its own: the browser has an event loop in this thread.
        run_pytest_with("", source, "--invokeasync-html=page.html")
        context = chromium.new_context(offline=True, **how)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        itself = (pytester.path / "page.html").as_uri()
        page.on(
            "request", lambda request: request.url.startswith(itself) or wrong.append(request.url)
        )
        page.goto(itself)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def calls(page):
    """The functions of the invocations that are shown."""
    return page.locator("details.call .name").all_inner_texts()


def test_it_shows_every_invocation_under_its_test(open_page):
    page = open_page(SHOP)

    expect(page.locator("#totals")).to_have_text(
        "4 invocations, 5 events, 3 tests, 1 of them failed"
    )
    assert page.locator("h2").all_inner_texts() == [
        f"test_it.py::test_{name}" for name in ("place_order", "mail", "lost")
    ]
    assert calls(page) == ["orders", "invoices:live", "mail", "mail"]


def test_an_invocation_opens_to_its_time_line(open_page):
    page = open_page(SHOP)

    page.locator("details.call", has_text="invoices:live").locator("summary").click()

    steps = page.locator("details.call[open] ol.line > li .what b")
    expect(steps).to_have_text(["call", "attempt 1", "attempt 2", "event queued"])
    body = page.locator("details.call[open] .body")
    expect(body).to_contain_text("HTTP 500")
    expect(body).to_contain_text("after a wait of")
    expect(body).to_contain_text("test_it.py:4")


def test_runs_and_what_came_of_them_stand_on_the_time_line(open_page):
    page = open_page(
        """
QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead"
def test_one(invokeasync):
    invokeasync.register_function(
        "orders", handler=lambda *_: print("shipping") or 1 / 0, maximum_retry_attempts=1,
        on_failure=QUEUE, dead_letter=QUEUE,
    )
    call()
    invokeasync.run_until_idle()
"""
    )
    page.get_by_label("Outcome").select_option("event: dead letter")
    page.locator("details.call summary").click()

    steps = "call|attempt 1|event queued|run 1|run 2|event ended|record|dead letter"
    expect(page.locator("ol.line b")).to_have_text(steps.split("|"))
    line = page.locator("ol.line")
    expect(line).to_contain_text("60 s after the one before")
    expect(line).to_contain_text("ZeroDivisionError('division by zero')")
    expect(line).to_contain_text("shipping")
    expect(line).to_contain_text("ErrorMessage: division by zero")


def test_an_event_that_was_queued_twice_is_seen(open_page):
    page = open_page(SHOP)

    page.locator("select").select_option("event: queued more than once")

    expect(page.locator("h2")).to_have_text(["test_it.py::test_lost"])
    page.locator("details.call summary").click()
    expect(page.locator("ol.line b")).to_have_text(
        ["call", "attempt 1", "attempt 2", "event 1 queued", "event 2 queued"]
    )


def test_it_is_searched_by_function_test_and_outcome(open_page):
    page = open_page(SHOP)

    page.get_by_label("Function").fill("INVOICES:l")
    assert calls(page) == ["invoices:live"]
    expect(page.get_by_role("status")).to_have_text("1 of 4 invocations, 1 to 1 shown")

    page.get_by_role("button", name="Clear").click()
    page.get_by_role("searchbox", name="Test").fill("lost")
    assert calls(page) == ["mail"]

    page.get_by_label("Outcome").select_option("test: failed")
    assert calls(page) == []
    page.get_by_role("searchbox", name="Test").fill("")
    expect(page.locator("h2")).to_have_text(["test_it.py::test_mail"])


def test_a_search_can_be_kept_in_its_address(open_page):
    page = open_page(SHOP)
    page.get_by_label("Function").fill("mail")
    page.get_by_label("Outcome").select_option("test: failed")

    page.reload()

    expect(page.get_by_label("Function")).to_have_value("mail")
    expect(page.locator("h2")).to_have_text(["test_it.py::test_mail"])


def test_an_invocation_of_a_failed_test_leads_to_the_failing_line(open_page):
    page = open_page(SHOP)
    page.locator("section", has_text="test_mail").locator("details.call summary").click()

    page.get_by_role("button", name="The test failed at test_it.py:12").click()

    failure = page.locator("details.failure")
    expect(failure.locator("summary")).to_be_focused()
    expect(failure.locator("pre")).to_be_visible()
    expect(failure.locator(".hit").first).to_have_text('>       assert "sent" == "queued"\n')


def test_it_is_used_by_keyboard_alone(open_page):
    page = open_page(SHOP)

    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the invocations")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("details.call[open] .name")).to_have_text("invoices:live")
    page.keyboard.press("k")
    expect(page.locator("details.call summary").first).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("mail/jk")
    expect(page.get_by_label("Function")).to_have_value("mail/jk")
    page.keyboard.press("Escape")
    expect(page.locator("#results")).to_be_focused()


def test_hostile_data_is_shown_and_does_nothing(open_page):
    body = json.dumps({"html": HOSTILE, "esc": "\x1b[31m", "lone": "\ud800", "turn": "\u202e"})
    page = open_page(
        f"""
@pytest.mark.parametrize("name", [{HOSTILE!r}])
def test_one(invokeasync, name):
    call(args={body!r}.encode())
    call(args={HOSTILE!r}.encode() + b"\\x1b") if name == "" else None
    assert name == ""
"""
    )

    page.locator("details.call summary").click()
    page.locator("details.failure summary").click()

    assert page.title() == "Asynchronous invocations"
    assert page.locator("img").count() == 0
    shown = page.locator("details.call pre").inner_text()
    assert json.loads(shown) == json.loads(body)
    for escape in ("\\u001b", "\\ud800", "\\u202e"):
        assert escape in shown
    assert HOSTILE in page.locator("h2").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1200])
def test_it_fits_the_screen_and_reads_well(open_page, width, scheme):
    page = open_page(SHOP, viewport={"width": width, "height": 800}, color_scheme=scheme)
    for summary in page.locator("summary").all():
        summary.click()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(LOW_CONTRAST) == []
    small = [
        box
        for target in page.locator("summary, input, select, button:not(.link)").all()
        if target.is_visible() and (box := target.bounding_box())["height"] < 40
    ]
    assert small == []


# The texts whose contrast to what is behind them is under WCAG's 4.5 to 1.
LOW_CONTRAST = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => numbers(color).slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (numbers(color)[3] !== 0) return color;
    }
  };
  const low = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.getClientRects().length || element.disabled) continue;
    const colors = [getComputedStyle(element).color, behind(element)];
    const [a, b] = colors.map(light).sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(element.outerHTML);
  }
  return low;
}"""


def test_each_field_and_button_has_a_name(open_page):
    page = open_page(SHOP)

    for role, name in [("combobox", "Function"), ("searchbox", "Test"), ("combobox", "Outcome")]:
        expect(page.get_by_role(role, name=name)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("main").count() == page.get_by_role("search").count() == 1
    assert [r for r in page.get_by_role("region").all() if not r.get_attribute("aria-label")] == []


def test_ten_thousand_invocations_are_searched_and_turned_without_a_wait(open_page):
    page = open_page(
        """
import requests
@pytest.mark.parametrize("number", range(10))
def test_many(invokeasync, number):
    with requests.Session() as session:
        for each in range(1_000):
            url = f"https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/f{each}/invoke-async/"
            session.post(url, data=b'{"number": %d}' % each)
"""
    )
    expect(page.locator("#totals")).to_have_text("10,000 invocations, 10,000 events, 10 tests")
    assert page.locator("details.call").count() == 100

    loaded = page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")
    searched = page.evaluate(
        """() => {
          const began = performance.now();
          const field = document.querySelector("[name=function]");
          field.value = "f99";
          field.dispatchEvent(new Event("input", { bubbles: true }));
          document.body.getBoundingClientRect();
          return performance.now() - began;
        }"""
    )
    expect(page.get_by_role("status")).to_have_text("110 of 10,000 invocations, 1 to 100 shown")
    page.keyboard.press("n")
    expect(page.locator("#page")).to_have_text("Page 2 of 2")
    assert page.locator("details.call").count() == 10
    # Ten times and more what was measured: a busy machine is no failure.
    assert loaded < 15_000
    assert searched < 2_000


def test_pages_are_turned_by_buttons(open_page):
    page = open_page(
        """
def test_many(invokeasync):
    for number in range(250):
        call(f"f{number}")
"""
    )
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()

    page.get_by_role("button", name="Last").click()

    expect(page.locator("#page")).to_have_text("Page 3 of 3")
    assert calls(page) == [f"f{number}" for number in range(200, 250)]
    expect(page.locator("#results")).to_be_focused()
    page.reload()
    expect(page.locator("#page")).to_have_text("Page 3 of 3")
    page.get_by_role("button", name="First").click()
    assert calls(page)[0] == "f0"


def test_a_run_without_an_invocation_says_so(open_page):
    page = open_page("def test_one(): pass\n")

    expect(page.locator("#totals")).to_have_text("0 invocations, 0 events, 0 tests")
