"""Signs answered requests with a fake key, whatever credentials the client has.

At the signer, since a client that was made without credentials never gets any, and one with a role
to assume would use the network only now.
"""

from __future__ import annotations

from typing import Any

from ...api.signature import FAKE_KEY
from ...seams import stack
from ...seams.patching import Namespace, Patch
from .. import refusing


class FakeCredentials:
    """The part of botocore's credentials that a signer uses."""

    access_key, secret_key = FAKE_KEY
    token = None
    method = "fake"
    account_id = None

    def get_frozen_credentials(self) -> Any:
        """Themselves: they do not change."""
        return self


_fake = FakeCredentials()


def _wrap_sign(before: Any, _: Namespace) -> Any:
    def sign(signer: Any, operation_name: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if wants_fake_credentials(signer, request):
            signer = with_credentials(signer, _fake)
        return before(signer, operation_name, request, *args, **kwargs)

    return sign


def wants_fake_credentials(signer: Any, request: Any) -> bool:
    """Whether a request is to be signed with the fake key."""
    mock = stack.current()
    if mock is not None and mock.route(request.method, request.url, request.headers) is not None:
        return mock.options.credentials == "fake"
    # So that on a machine without credentials the call is refused for the same reason.
    return (
        signer._credentials is None
        and refusing.refuser_of(request.method, request.url, request.headers) is not None
    )


def with_credentials(signer: Any, credentials: Any) -> Any:
    """The same signer with other credentials."""
    # Not by copy.copy(), which leaves a mark on the class.
    copy = object.__new__(type(signer))
    # Private, and the same in every botocore: the attributes that the constructor sets.
    copy.__dict__.update(vars(signer), _credentials=credentials)
    return copy


SIGN: Patch = Patch("sign", _wrap_sign)
