"""aiobotocore, and so aioboto3, is met when it is imported: before a mock starts, or later.

Later, when it makes its first client, which it does by a class of botocore's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from botocore.client import ClientCreator

from ...seams.latecomers import Latecomer
from ...seams.patching import Seam

_OLDEST = (2, 5)


def _seams(_: Any) -> Sequence[Seam]:
    import aiobotocore

    version = aiobotocore.__version__
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < _OLDEST:
        raise RuntimeError(
            f"aiobotocore {version} is too old for pytest-invokeasync, which would let its calls "
            'through to AWS: pip install --upgrade "aiobotocore>=2.5"'
        )
    try:
        from .retries import retry_seams
        from .session import session_seams

        seams = (*session_seams(), *retry_seams())
        for seam in seams:
            seam.check()
    except (ImportError, AttributeError) as error:
        raise RuntimeError(
            f"aiobotocore {version} is too new for this pytest-invokeasync, which would let its "
            f"calls through to AWS ({error}): pip install --upgrade pytest-invokeasync, or, where "
            f'that does not help, pip install "aiobotocore<{version}"'
        ) from error
    return seams


AIOBOTOCORE = Latecomer("aiobotocore.client", _seams)


def _wrap_init(before: Any) -> Any:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        AIOBOTOCORE.meet()
        before(self, *args, **kwargs)

    return __init__


SEAM = Seam(ClientCreator, "__init__", _wrap_init)
