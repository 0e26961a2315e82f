"""pytest-cov: what runs below the mock is measured as ever."""

from __future__ import annotations

import pytest

pytest.importorskip("pytest_cov")

PREAMBLE = "import shop\n"
SHOP = """\
import boto3

client = boto3.client("lambda")

def order(number):
    try:
        client.invoke_async(FunctionName="orders", InvokeArgs=str(number))
    except client.exceptions.ServiceException:
        return "later"
    return "now"
"""


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]], ids=" ".join)
def test_the_code_under_test_is_measured(run_pytest_with, pytester, monkeypatch, arguments):
    # That of this very run, if it is measured, must not be written to.
    monkeypatch.setenv("COVERAGE_FILE", str(pytester.path / "coverage"))
    pytester.path.joinpath("shop.py").write_text(SHOP)

    result = run_pytest_with(
        "pytest_cov xdist",
        """
def test_now(invokeasync):
    assert shop.order(1) == "now"
    invokeasync.assert_queued_once("orders", payload=1)

def test_later(invokeasync):
    invokeasync.add_error("ServiceException")
    assert shop.order(1) == "later"
""",
        *("--cov=shop", "--cov-branch", "--cov-report=term", "--cov-fail-under=100"),
        *arguments,
    )

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["shop.py * 100%"])
