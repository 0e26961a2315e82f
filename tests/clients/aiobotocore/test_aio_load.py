"""Concurrency at its full size: 64 tasks with 500 calls each."""

from __future__ import annotations

import pytest

# Once is enough: there, and not in every environment.
pytest.importorskip("aioboto3", reason="runs in the environment aioboto3 alone")
from test_aiobotocore import check_tasks_and_threads

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]


@pytest.fixture
def library():
    return "aiohttp"


async def test_64_tasks_with_500_calls_each(invokeasync, make_client):
    await check_tasks_and_threads(invokeasync, make_client, 500)
