"""The context object of a handler, as the Python runtime of Lambda makes it."""

from __future__ import annotations

import hashlib
import sys
import time
from datetime import datetime

from .. import real

_LONGEST_TIMEOUT = 900_000  # milliseconds


class CognitoIdentity:
    """``context.identity``, which is empty for asynchronous invocations."""

    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None

    def __repr__(self) -> str:
        return "CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None])"


class LambdaContext:
    """The second argument of a handler.

    ``travels``: whether ``travel_with()`` has moved the clock to the run. If not, the clock is not
    read before the handler asks: a test may have faked it to return a few times only.
    """

    def __init__(
        self,
        *,
        request_id: str,
        function_name: str,
        version: str,
        arn: str,
        memory_size: int,
        timeout: float,
        moment: datetime,
        travels: bool,
    ) -> None:
        self.aws_request_id = request_id
        self.function_name = function_name
        self.function_version = version
        self.invoked_function_arn = arn
        self.memory_limit_in_mb = str(memory_size)
        self.log_group_name = f"/aws/lambda/{function_name}"
        # The same whenever a test is run; on Lambda it is random.
        stream = hashlib.md5(arn.encode(), usedforsecurity=False).hexdigest()
        self.log_stream_name = f"{moment:%Y/%m/%d}/[{version}]{stream}"
        self.identity = CognitoIdentity()
        self.client_context: object | None = None
        self.tenant_id: str | None = None
        now = time.time() if travels else real.time()
        self._deadline = int(now * 1000) + int(timeout * 1000)
        self._is_of_real_time = not travels

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function would time out, counted down from its ``timeout``."""
        now = int(time.time() * 1000)
        if self._is_of_real_time:
            self._is_of_real_time = False
            drift = now - int(real.time() * 1000)
            if abs(drift) > _LONGEST_TIMEOUT:
                # The test has faked the clock: count down by that.
                self._deadline += drift
        return max(self._deadline - now, 0)

    def log(self, message: object) -> None:
        """Writes to the log, without a line end."""
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        names = ("aws_request_id", "function_name", "function_version", "invoked_function_arn")
        told = ",".join(f"{name}={getattr(self, name)}" for name in names)
        return f"LambdaContext([{told}])"
