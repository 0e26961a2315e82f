"""No report shows a credential, in whatever way the test shows headers."""

from __future__ import annotations

import re

import pytest

PREAMBLE = """
import unittest

import pytest
import requests

URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"
SENT = {"Authorization": "Bearer " + "ABC" * 2, "Cookie": "id=" + "ABC" * 2}

@pytest.fixture
def headers(invokeasync):
    requests.post(URL, data="{}", headers=SENT, timeout=5)
    return invokeasync.get_invocation().headers
"""
FAILING = """
def test_equal(headers):
    assert headers == {"Content-Type": "application/json"}

def test_a_dict(headers):
    assert dict(headers) == {"Content-Type": "application/json"}

def test_a_list(headers):
    assert sorted(headers.items()) == []

def test_a_set(headers):
    assert set(headers.values()) == {"text/html"}

def test_by_name(headers):
    assert headers["authorization"] == "Bearer ABC"

def test_by_name_on_the_right(headers):
    assert "id=ABC" == headers.get("Cookie")

def test_contained(headers):
    assert "XYZ" in headers["Cookie"]

def test_not_contained(headers):
    assert "ABC" not in headers["Cookie"]

def test_unittest(headers):
    unittest.TestCase().assertEqual(dict(headers), {})

def test_unittest_by_name(headers):
    unittest.TestCase().assertEqual(headers["Cookie"], "id=ABC")

def test_locals(headers):
    cookie = headers["Cookie"]
    for name, value in headers.items():
        assert name is not value
    raise ValueError(headers, dict(headers), cookie)

def test_a_message(headers):
    pytest.fail(f"{headers} {dict(headers)}")

def test_properties(headers, record_property):
    record_property("headers", dict(headers))
    record_property("cookies", [(headers["Cookie"], 1)])
    record_property("cookie", headers["Cookie"])
    assert not headers
"""
# Else pytest warns of record_property.
JUNIT = ("-o", "junit_logging=all", "-o", "junit_family=xunit1")
COUNT = len(re.findall("def test_", FAILING))


@pytest.mark.parametrize("how", ["-q", "-vv", "-l", "--tb=short"])
def test_no_failure_shows_one(run_pytest, pytester, how):
    result = run_pytest(FAILING, how, "--junitxml=report.xml", *JUNIT)

    result.assert_outcomes(failed=COUNT)
    for text in (result.stdout.str(), pytester.path.joinpath("report.xml").read_text()):
        assert "'<hidden>'" in text or "&lt;hidden&gt;" in text
        assert "ABCABC" not in text


@pytest.mark.once
def test_nor_does_one_of_a_worker_of_xdist(run_pytest_with, pytester):
    result = run_pytest_with("xdist", FAILING, "-n1", "-vv", "-l", "--junitxml=report.xml", *JUNIT)

    result.assert_outcomes(failed=COUNT)
    assert "ABCABC" not in result.stdout.str() + pytester.path.joinpath("report.xml").read_text()


def test_a_comparison_by_name_is_told_without_the_text(run_pytest):
    result = run_pytest(FAILING, "-k", "by_name and not unittest")

    result.stdout.fnmatch_lines(
        [
            "E *AssertionError: assert '<hidden>' == 'Bearer ABC'",
            "E *AssertionError: assert 'id=ABC' == '<hidden>'",
        ]
    )


def test_other_texts_are_compared_as_ever(run_pytest):
    result = run_pytest("def test_one(invokeasync): assert 'one' == 'two'", "-vv")

    result.stdout.fnmatch_lines(["E*- two", "E*+ one"])


def test_what_a_test_records_else_is_left_alone(run_pytest, pytester):
    source = """
def test_one(record_property, invokeasync):
    record_property("list", [1, (2, "a")])
    record_property("dict", {"a": {"b": None}})
"""
    run_pytest(source, "--junitxml=report.xml", *JUNIT).assert_outcomes(passed=1)

    text = pytester.path.joinpath("report.xml").read_text()
    assert 'name="list" value="[1, (2, \'a\')]"' in text
    assert "name=\"dict\" value=\"{'a': {'b': None}}\"" in text
