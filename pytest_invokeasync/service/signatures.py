"""The registered keys, and the answer to a request whose signature is wrong."""

from __future__ import annotations

import time
from contextlib import suppress
from os import fstat

from .. import real
from ..api.messages import Request
from ..api.signature import FAKE_KEY, Key, Refusal, SentRequest, verify
from ..api.signature_diagnosis import diagnose
from ..errors import ErrorSpec
from ..sdk import model as sdk_model
from ..showing import printable, show

# pytest hides this module's frames, so that a wrong key shows the test's line.
__tracebackhide__ = True

_LAST_TIME = 2**33  # seconds since 1970, in the year 2242


class Signatures:
    """The keys of one mock."""

    def __init__(self) -> None:
        self._keys = {FAKE_KEY[0]: Key(FAKE_KEY[1])}

    def register(
        self, access_key_id: str, secret_access_key: str, session_token: str | None
    ) -> None:
        """Registers a key. Raises as ``InvokeAsyncMock.register_key`` says."""
        _check_text("access_key_id", access_key_id)
        _check_text("secret_access_key", secret_access_key)
        if session_token is not None:
            _check_text("session_token", session_token)
        if any(character in access_key_id for character in "/,="):
            raise ValueError(
                "register_key(): access_key_id= cannot have a slash, a comma or an equals sign: "
                f"{access_key_id!r}"
            )
        key = Key(secret_access_key, session_token)
        known = self._keys.setdefault(access_key_id, key)
        if known != key:
            what = "secret_access_key" if known.secret != key.secret else "session_token"
            raise ValueError(
                f"register_key(): {access_key_id!r} is registered already, with another {what}"
            )

    def copy(self) -> Signatures:
        """A copy with the same keys."""
        copied = Signatures()
        copied._keys = dict(self._keys)
        return copied

    def check(self, request: Request) -> tuple[ErrorSpec, list[str]] | None:
        """The answer to a request whose signature is wrong, and the reason; else ``None``."""
        headers = request.wire_headers
        is_here = headers is None
        sent = SentRequest(
            "POST",
            request.url,
            request.headers.pairs() if headers is None else headers,
            request.body,
        )
        region = sdk_model.lambda_region(sent.host.partition(":")[0])
        refusal = verify(sent, self._keys, _now(request, is_here=is_here), region=region)
        if refusal is not None and refusal.skewed is not None and not is_here:
            refusal = verify(sent, self._keys, _time_elsewhere(), region=region)
        if refusal is None:
            return None
        spec = ErrorSpec(refusal.code, refusal.status, message=refusal.message)
        return spec, [f"{refusal.code}: {printable(refusal.message)}", *self._explain(refusal)]

    def _explain(self, refusal: Refusal) -> list[str]:
        if refusal.mismatch is not None:
            return diagnose(refusal.mismatch)
        if refusal.code == "MissingAuthenticationTokenException":
            return ["the request is not signed: it has no header Authorization"]
        key_id = refusal.unknown_key
        if key_id is None:
            return list(refusal.notes)
        none = "no key is registered" if len(self._keys) == 1 else "this key is not registered"
        advice = f"{none}: invokeasync.register_key({show(key_id)}, ...) before the call"
        return [*refusal.notes, advice]


def _now(request: Request, *, is_here: bool) -> float | None:
    # With the fake key there is no signer of the test's, whose clock could be wrong. So a clock
    # that a test has faked, and that may return a few times only, is not asked.
    if f"Credential={FAKE_KEY[0]}/" in (request.headers.get("authorization") or ""):
        return None
    # Only a client of this process may have a faked clock.
    return _time_here() if is_here else real.time()


def _time_here() -> float:
    """The process's time. If a test has faked it, it has faked the signer's clock too."""
    try:
        if 0 <= (now := float(time.time())) < _LAST_TIME:
            return now
    except Exception:
        pass  # A faked clock may raise, or return a time that no calendar has.
    return real.time()


def _time_elsewhere() -> float:
    """The machine's time: freezegun and time-machine fake every clock, but not a file's age."""
    # Imported here, since it imports a lot.
    import tempfile

    with suppress(OSError), tempfile.TemporaryFile() as file:
        return fstat(file.fileno()).st_mtime
    return real.time()


def _check_text(what: str, value: object) -> None:
    # The value is never shown: it may be a secret.
    if not isinstance(value, str):
        raise TypeError(f"register_key(): {what}= is a str, not {type(value).__name__}")
    if not value or value.split() != [value]:
        raise ValueError(
            f"register_key(): {what}= "
            + ("is empty" if not value else "has white space, which no key has")
        )
