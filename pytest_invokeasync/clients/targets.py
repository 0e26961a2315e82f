"""All attributes that are replaced. No client library is imported here.

Nor is what these libraries use, such as ssl and asyncio: with the guard, this module is imported
before the user's conftest.py, in which gevent must be able to patch them first.
"""

from __future__ import annotations

from .. import caller
from ..seams.copies import Target
from . import aiohttp, http_client, httpx, requests, urllib3
from .aiobotocore import releases
from .aiobotocore import retries as aio_retries
from .aiobotocore import session as aio_session
from .aiobotocore import signing as aio_signing
from .botocore import retries, session, signing
from .neighbours import below, moto, pook, responses, vcr

TARGETS = (
    Target("requests.adapters", "HTTPAdapter", (requests.SEND,)),
    Target("urllib3.connectionpool", "HTTPConnectionPool", (urllib3.URLOPEN,)),
    Target("urllib3.util.retry", "Retry", (urllib3.RETRY_TIME,)),
    Target("botocore.httpsession", "URLLib3Session", (session.SEND,)),
    Target("botocore.signers", "RequestSigner", (signing.SIGN,)),
    Target("botocore.endpoint", "Endpoint", (retries.NEEDS_RETRY, retries.TIME)),
    Target("botocore.retries.standard", "RetryQuotaChecker", (retries.QUOTA,)),
    Target("botocore.retries.standard", "ThrottlingErrorDetector", (retries.THROTTLING,)),
    Target(
        "aiobotocore.httpsession",
        "AIOHTTPSession",
        (aio_session.SEND_ON_AIOHTTP,),
        releases.check,
    ),
    Target(
        "aiobotocore.httpxsession", "HttpxSession", (aio_session.SEND_ON_HTTPX,), releases.check
    ),
    Target("aiobotocore.signers", "AioRequestSigner", (aio_signing.SIGN,), releases.check),
    Target(
        "aiobotocore.endpoint",
        "AioEndpoint",
        (aio_retries.NEEDS_RETRY, aio_retries.ASYNCIO),
        releases.check,
    ),
    Target("aiobotocore.endpoint", "AnyioEndpoint", (aio_retries.SLEEP,), releases.check),
    Target("aiohttp.connector", "BaseConnector", (aiohttp.CONNECT,)),
    Target("httpx._transports.default", "HTTPTransport", (httpx.HANDLE,)),
    Target("httpx._transports.default", "AsyncHTTPTransport", (httpx.HANDLE_ASYNC,)),
    Target("httpx2._transports.default", "HTTPTransport", (httpx.HANDLE,)),
    Target("httpx2._transports.default", "AsyncHTTPTransport", (httpx.HANDLE_ASYNC,)),
    Target("http.client", "HTTPConnection", (http_client.PUTREQUEST,)),
    Target("socket", "socket", http_client.LOOKUPS),
    Target("responses", "RequestsMock", (responses.FIND_MATCH,)),
    Target("moto.core.botocore_stubber", "BotocoreStubber", (moto.STUBBER,)),
    Target("pook.engine", "Engine", (pook.MATCH,)),
    Target("vcr.cassette", "Cassette", vcr.CASSETTE),
    # The latter in mocket's older releases.
    Target("mocket.socket", "MocketSocket", (below.REAL_CONNECTION,)),
    Target("mocket.mocket", "MocketSocket", (below.REAL_CONNECTION,)),
)
caller.pass_over(target.module.partition(".")[0] for target in TARGETS)
