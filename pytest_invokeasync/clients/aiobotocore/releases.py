"""Checks that the release of aiobotocore fits."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from ...seams.patching import Seam, namespace_of

_OLDEST = (2, 5)
_NEWEST = (3, 10)
"""The releases that this was written for. If one of them lacks an attribute, a test deleted it."""
_RESPONSES = {"AIOHTTPSession": "AioAWSResponse", "HttpxSession": "HttpxAWSResponse"}


def check(owner: type, seams: Sequence[Seam]) -> None:
    """Raises ``RuntimeError`` for a release whose calls would go through to AWS."""
    version = str(sys.modules["aiobotocore"].__version__)
    release = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if release < _OLDEST:
        raise RuntimeError(
            f"aiobotocore {version} is too old for pytest-invokeasync, which would let its calls "
            'through to AWS: pip install --upgrade "aiobotocore>=2.5"'
        )
    if release <= _NEWEST:
        return
    try:
        for seam in seams:
            seam.check()
        if owner.__name__ in _RESPONSES:
            names = namespace_of(owner, owner.__module__) or {}
            getattr(names["aiobotocore"].awsrequest, _RESPONSES[owner.__name__])
    except (AttributeError, KeyError) as error:
        raise RuntimeError(
            f"aiobotocore {version} is too new for this pytest-invokeasync, which would let its "
            f"calls through to AWS ({error}): pip install --upgrade pytest-invokeasync, or, where "
            f'that does not help, pip install "aiobotocore<{version}"'
        ) from error
