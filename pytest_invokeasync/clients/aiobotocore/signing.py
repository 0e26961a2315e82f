"""As in ``botocore.signing``: aiobotocore overrides the method with a coroutine."""

from __future__ import annotations

from typing import Any

from ...seams.patching import Namespace, Patch
from ..botocore.signing import FakeCredentials, wants_fake_credentials, with_credentials


class _FakeCredentials(FakeCredentials):
    async def get_frozen_credentials(self) -> Any:
        """Themselves: they do not change."""
        return self


_fake = _FakeCredentials()


def _wrap_sign(before: Any, _: Namespace) -> Any:
    async def sign(
        signer: Any, operation_name: Any, request: Any, *args: Any, **kwargs: Any
    ) -> Any:
        if wants_fake_credentials(signer, request):
            signer = with_credentials(signer, _fake)
        return await before(signer, operation_name, request, *args, **kwargs)

    return sign


SIGN: Patch = Patch("sign", _wrap_sign)
