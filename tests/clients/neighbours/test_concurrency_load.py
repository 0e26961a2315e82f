"""Concurrency at its full size: 64 threads, and 16 processes, with 500 calls each."""

from __future__ import annotations

import pytest
from test_concurrency import check_calls_of_all_kinds
from test_server_load import check_processes

# Once is enough: there, and not in every environment.
pytest.importorskip("freezegun", reason="runs in the environment of the neighbours alone")
pytestmark = pytest.mark.timeout(600)


def test_64_threads_with_500_calls_each(invokeasync):
    check_calls_of_all_kinds(invokeasync, 64, 500, timeout=300)


def test_16_processes_with_500_calls_each(invokeasync, invokeasync_server):
    check_processes(invokeasync, invokeasync_server, 16, 500)
