"""aiobotocore on each of its HTTP libraries and event loops."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import pytest


@pytest.fixture(params=["aiohttp", "httpx", "httpx-trio"])
def library(request) -> str:
    """What the sessions of a client stand on. One that is not there is a skip."""
    if request.param != "aiohttp":
        pytest.importorskip("aiobotocore.httpxsession", reason="this aiobotocore knows no httpx")
        if not any(map(importlib.util.find_spec, ("httpx", "httpx2"))):
            pytest.skip("httpx is not installed")
    if request.param == "httpx-trio":
        pytest.importorskip("trio")
        if not hasattr(pytest.importorskip("aiobotocore.endpoint"), "AnyioEndpoint"):
            pytest.skip("this aiobotocore does not run on trio")
    return request.param


@pytest.fixture
def anyio_backend(library: str) -> str:
    return "trio" if library == "httpx-trio" else "asyncio"


@pytest.fixture(scope="session")
def session() -> Any:
    """One for all tests: each would read the same data files again."""
    from aiobotocore.session import get_session

    return get_session()


@pytest.fixture
def make_client(library, session):
    """A function that makes a client of this library, for ``async with``."""
    from aiobotocore.config import AioConfig

    def make(service="lambda", *, session=session, config=None, **how):
        options = dict(config or {})
        if library != "aiohttp":
            from aiobotocore.httpxsession import HttpxSession

            options["http_session_cls"] = HttpxSession
            warnings.filterwarnings("ignore", "aiobotocore's httpx backend now prefers httpx2")
        return session.create_client(service, config=AioConfig(**options), **how)

    return make
