"""pytest-html: the report of a failed test holds what it recorded."""

from __future__ import annotations

import html
import json
import re

import pytest

pytest.importorskip("pytest_html")

PREAMBLE = """\
import boto3, pytest
client = boto3.client("lambda")
def call(name="orders", args=b"{}"):
    client.invoke_async(FunctionName=name, InvokeArgs=args)
"""
SOURCE = """
@pytest.fixture
def shop(invokeasync):
    call("from-a-fixture")
    raise RuntimeError("no shop")
def test_failed(invokeasync):
    call("from-a-test", b'"<b>&"')
    assert False
def test_set_up(shop):
    pass
def test_torn_down(invokeasync):
    call("in-vain")
    invokeasync.add_error("ServiceException")
def test_passed(invokeasync):
    call("unseen")
"""


def logs(path):
    """What the report tells of each test."""
    [blob] = re.findall(r'data-jsonblob="([^"]*)"', path.read_text(encoding="utf-8"))
    tests = json.loads(html.unescape(blob))["tests"]
    return {
        name: html.unescape("\n".join(run["log"] for run in runs)) for name, runs in tests.items()
    }


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]], ids=" ".join)
def test_the_report_of_a_failed_test_holds_what_was_recorded(run_pytest_with, pytester, arguments):
    result = run_pytest_with(
        "pytest_metadata.plugin pytest_html.plugin xdist",
        SOURCE,
        "--html=report.html",
        "--self-contained-html",
        *arguments,
    )

    result.assert_outcomes(passed=2, failed=1, errors=2)
    told = logs(pytester.path / "report.html")
    for test, recorded in {
        "test_it.py::test_failed": "  1. from-a-test '<b>&' -> 202 accepted (test_it.py:4)",
        "test_it.py::test_set_up": "  1. from-a-fixture {} -> 202 accepted (test_it.py:4)",
        "test_it.py::test_torn_down": "  1. in-vain {} -> 202 accepted (test_it.py:4)",
    }.items():
        assert told[test].count(recorded) == 1
    assert "unseen" not in told["test_it.py::test_passed"]


def test_its_xml_report_holds_it_too(run_pytest_with, pytester):
    run_pytest_with(
        "pytest_metadata.plugin pytest_html.plugin",
        SOURCE,
        "--html=report.html",
        "--junitxml=report.xml",
    )

    report = html.unescape((pytester.path / "report.xml").read_text(encoding="utf-8"))
    assert report.count("  1. from-a-test '<b>&' -> 202 accepted (test_it.py:4)") == 1
