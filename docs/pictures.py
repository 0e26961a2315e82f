"""Makes the pictures of how-to/keep-a-record.md: a run of tests, its page, and a browser.

Run it with a Python that has the package, pytest and playwright, as ``.tox/browser`` has; Chromium
must be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).resolve().parent / "how-to"
SHOP = """
import boto3

client = boto3.client("lambda", "us-east-1")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead-orders"


def place_order(number):
    client.invoke_async(FunctionName="orders", InvokeArgs=b'{"id": %d}' % number)


def ship(event, context):
    print("shipping order", event["id"])


def test_an_order_is_queued(invokeasync):
    place_order(41)


def test_an_order_that_cannot_be_shipped_is_kept(invokeasync):
    invokeasync.register_function(
        "orders", handler=ship, maximum_retry_attempts=1, dead_letter=QUEUE
    )
    invokeasync.add_error("TooManyRequestsException", attempts=1)
    invokeasync.add_run("TimedOut", times=2)
    place_order(42)
    invokeasync.run_until_idle()


def test_a_lost_answer_orders_once(invokeasync):
    invokeasync.add_fault("LostAnswer")
    place_order(43)
    invokeasync.assert_queued_once("orders")
"""


def main() -> None:
    """Overwrites the pictures."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)))
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        file = page_in(Path(name))
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        take(browser, file, "light", width=860, height=900)
        take(browser, file, "dark", width=390, height=760)
        browser.close()


def page_in(folder: Path) -> Path:
    """The page of a run of the tests above. One of them fails, as it should."""
    folder.joinpath("test_shop.py").write_text(SHOP, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    subprocess.run([*command, "--invokeasync-html=page.html"], cwd=folder, check=False)
    return folder / "page.html"


def take(browser: Browser, file: Path, scheme: str, *, width: int, height: int) -> None:
    """A picture with the second invocation open."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    page.goto(file.as_uri())
    page.locator("details.call summary").nth(1).click()
    page.mouse.move(0, 0)
    if width < 500:
        page.evaluate("document.querySelector('details[open]').scrollIntoView()")
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=HERE / f"record-{scheme}.png")
    context.close()


if __name__ == "__main__":
    main()
