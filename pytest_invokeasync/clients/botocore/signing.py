"""InvokeAsync requests are signed with a fake key, whatever the client has.

At the signer, since a client that found no credentials when it was made keeps none, and one with a
role to assume would go to the network for them only now.
"""

from __future__ import annotations

from typing import Any

from botocore.credentials import Credentials
from botocore.signers import RequestSigner

from ...api.operations import NAMES
from ...api.signature import FAKE_KEY
from ...seams import stack
from ...seams.patching import Seam
from .. import neighbours


def seam_of(signer_class: type[RequestSigner], credentials_class: type[Credentials]) -> Seam:
    """The seam at a signer, which needs credentials of its own kind."""
    fake = credentials_class(*FAKE_KEY)

    def wrap_sign(before: Any) -> Any:
        # Of aiobotocore it is a coroutine function: what it returns is handed on as it is.
        def sign(signer: Any, operation_name: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            if _wants_fake_credentials(signer, operation_name, request):
                signer = _with_credentials(signer, fake)
            return before(signer, operation_name, request, *args, **kwargs)

        return sign

    return Seam(signer_class, "sign", wrap_sign)


def _wants_fake_credentials(signer: RequestSigner, operation_name: str, request: Any) -> bool:
    mock = stack.current()
    if (
        mock is not None
        and operation_name in NAMES
        and mock.route(request.method, request.url, request.headers) is not None
    ):
        # The last moment before moto would answer, had it been imported after the fixture.
        neighbours.MOTO.meet()
        return mock.options.credentials == "fake"
    # On a machine without credentials, so that the call meets its refusal there too.
    return signer._credentials is None and neighbours.refuser_of(request) is not None


def _with_credentials(signer: RequestSigner, credentials: Credentials) -> RequestSigner:
    # Not by copy.copy(), which leaves a mark on the class.
    copy: RequestSigner = object.__new__(type(signer))
    # Private, and the same in every botocore: what the public constructor stores.
    copy.__dict__.update(vars(signer), _credentials=credentials)
    return copy


SEAM = seam_of(RequestSigner, Credentials)
