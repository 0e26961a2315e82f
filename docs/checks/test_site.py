"""The built site, in the directory SITE: whole, offline, its links leading somewhere."""

import os
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import pytest_invokeasync
from pytest_invokeasync import InvokeAsyncMock, errors, faults, options

SITE = Path(os.environ["SITE"]).resolve()
PACKAGE = "pytest_invokeasync"


class Page(HTMLParser):
    """What a page holds and asks for."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link":
            self.fetched.append(given["href"])
        if "src" in given:
            self.fetched.append(given["src"])


PAGES = {path: Page(path) for path in sorted(SITE.rglob("*.html"))}


def ids(name: str) -> set[str]:
    return PAGES[SITE / name].ids


def is_elsewhere(address: str) -> bool:
    return address.startswith(("http:", "https:", "//"))


def is_broken(link: str, page: Page) -> bool:
    address, anchor = urldefrag(unquote(link))
    target = (page.path.parent / address).resolve() if address else page.path
    if anchor and target in PAGES:
        return anchor not in PAGES[target].ids
    return not target.is_file()


def test_links_lead_somewhere():
    assert SITE / "index.html" in PAGES
    assert [
        (page.path.name, link)
        for page in PAGES.values()
        for link in page.links
        if not is_elsewhere(link) and is_broken(link, page)
    ] == []


def test_nothing_is_fetched_from_elsewhere():
    fetched = [address for page in PAGES.values() for address in page.fetched]
    styles = [path.read_text(encoding="utf-8") for path in SITE.rglob("*.css")]

    assert styles
    assert [address for address in fetched if is_elsewhere(address)] == []
    assert not any(f"url({quote}http" in style for style in styles for quote in ("", "'", '"'))
    assert not any("@import" in style for style in styles)


def test_no_markup_is_shown_as_text():
    assert SITE / "how-to/move-to-invoke.html" in PAGES
    assert [path.name for path in PAGES if "&lt;wbr" in path.read_text("utf-8")] == []


def test_every_default_is_one_to_write():
    assert SITE / "reference/errors.html" in PAGES
    assert [path.name for path in PAGES if "&lt;factory&gt;" in path.read_text("utf-8")] == []


def test_every_public_name_is_in_the_reference():
    described = {name for page in PAGES.values() for name in page.ids}
    names = {f"{PACKAGE}.{name}" for name in pytest_invokeasync.__all__}
    modules = {f"{PACKAGE}.{module}" for module in ("errors", "faults", "runs")}

    assert names - modules <= described
    assert {f"module-{name}" for name in modules} <= described


def test_every_method_of_the_mock_is_in_the_reference():
    methods = {name for name in vars(InvokeAsyncMock) if not name.startswith("_")}

    assert {f"{PACKAGE}.InvokeAsyncMock.{name}" for name in methods} <= ids("reference/mock.html")


def test_every_error_and_every_fault_is_in_the_reference():
    codes = {error.code.lower() for error in errors.every()}
    names = {f"{PACKAGE}.faults.{fault.name}" for fault in faults.every()}

    assert codes <= ids("reference/errors.html")
    assert names <= ids("reference/faults.html")


def test_every_option_is_in_the_reference():
    described = ids("reference/pytest.html")
    named = [*options.ROWS, "region", "guard"]

    assert {f"{PACKAGE}.options.Options.{name}" for name in options.ROWS} <= described
    assert {f"confval-invokeasync_{name}" for name in named} <= described
    assert "cmdoption-invokeasync-errors" in described


@pytest.mark.parametrize(
    "name",
    [
        "invokeasync",
        "invokeasync_error",
        "invokeasync_server",
        "pytest.mark.invokeasync",
        "pytest.mark.invokeasync_errors",
    ],
)
def test_every_fixture_and_marker_is_in_the_reference(name):
    assert name in ids("reference/pytest.html")
