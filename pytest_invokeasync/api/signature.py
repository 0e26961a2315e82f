"""Verifies signatures of version 4: the parts of a request and the keys in, a verdict out.

The order of the checks, the codes and the texts were recorded from AWS. For all services but S3,
the path that was sent is percent-encoded once more.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from ..showing import show

FAKE_KEY = ("FAKEINVOKEASYNC", "fake")
"""A fake access key id and secret access key, with which boto3's requests are signed."""

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
START = "AWS4"
"""What is put before the secret access key to derive the signing key."""
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
MAX_SKEW = 300
"""The most seconds that a signature may be in the past or the future."""

# A copy costs less than a new one.
_SHA256 = hashlib.sha256()
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MAX_EXPIRES = 604_800
# Far beyond any signer's; what is longer is not looked at, so that it costs no time.
_LONGEST = 8_192
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_EXPIRES = re.compile(r"\d{1,9}", re.ASCII)
_FIELDS = ((0, 4), (4, 6), (6, 8), (9, 11), (11, 13), (13, 15))
_REGION = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_IN_QUERY = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
_UNKNOWN = "The security token included in the request is invalid."


@dataclass(frozen=True, slots=True)
class Key:
    """A registered key."""

    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


# Those of which each call makes one are not frozen, which costs. Nobody changes them.
@dataclass(slots=True)
class SentRequest:
    """The parts of a request as they were sent."""

    method: str
    url: str = field(repr=False)
    headers: Sequence[tuple[str, str]] = field(repr=False)
    """A name that was sent twice is here twice."""
    body: bytes = field(repr=False)
    values: dict[str, list[str]] = field(init=False, repr=False)
    """The values of each header, by its name in small letters."""
    host: str = field(init=False)
    """What clients send as ``Host``: with the port, unless it is the scheme's default."""
    path: str = field(init=False)
    """As it was sent."""
    query: str = field(init=False, repr=False)
    """As it was sent."""

    def __post_init__(self) -> None:
        # Taken apart once.
        self.values = {}
        for name, value in self.headers:
            self.values.setdefault(name.lower(), []).append(value)
        scheme, _, rest = self.url.partition("#")[0].partition("://")
        rest, _, self.query = rest.partition("?")
        netloc, slash, path = rest.partition("/")
        self.path = slash + path
        host = netloc.rpartition("@")[2].lower()
        self.host = host.removesuffix(":443" if scheme.lower() == "https" else ":80")

    def header(self, name: str) -> str | None:
        """The value of a header, by its name in small letters; of several the first."""
        values = self.values.get(name)
        return values[0] if values else None


@dataclass(slots=True)
class Claim:
    """What a request says about its own signature."""

    algorithm: str
    access_key_id: str
    scope: tuple[str, ...]
    """Date, region, service and terminator."""
    signed_headers: tuple[str, ...]
    """As they were sent."""
    names: tuple[str, ...]
    """The names as they are signed: each once, in small letters, sorted."""
    signature: str = field(repr=False)
    timestamp: str
    """``YYYYMMDDTHHMMSSZ``"""
    token: str | None = field(repr=False)
    expires: int | None
    """The seconds for which a presigned URL is valid; ``None`` for a signature in the headers."""

    @property
    def in_query(self) -> bool:
        """Whether it is the signature of a presigned URL."""
        return self.expires is not None


@dataclass(slots=True, unsafe_hash=True)
class CanonicalRequest:
    """What is signed, part by part."""

    method: str
    path: str
    query: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    signed_headers: str
    payload_hash: str

    def lines(self) -> list[str]:
        """Line by line; the header lines end with an empty one."""
        headers = [f"{name}:{value}" for name, value in self.headers]
        return [
            self.method,
            self.path,
            self.query,
            *headers,
            "",
            self.signed_headers,
            self.payload_hash,
        ]

    def text(self) -> str:
        """The whole."""
        return "\n".join(self.lines())


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What a diagnosis needs. It has secrets, and must not be kept."""

    sent: SentRequest = field(repr=False)
    claim: Claim
    expected: CanonicalRequest
    key: Key
    others: Mapping[str, Key]
    """The other keys, by their access key ids."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The service's answer to a request that it refuses."""

    code: str
    message: str
    status: int = 403
    skewed: Claim | None = None
    """The claim, if it is the clock that refuses: then the signature itself was not checked."""
    unknown_key: str | None = None
    """The access key id, if it is not registered."""
    notes: tuple[str, ...] = ()
    """What AWS's message does not say."""
    mismatch: Mismatch | None = field(default=None, repr=False)


def verify(
    sent: SentRequest,
    keys: Mapping[str, Key],
    now: float | None,
    *,
    region: str | None = None,
    service: str = "lambda",
) -> Refusal | None:
    """Why the service refuses a request; ``None`` if its signature is right.

    ``keys``: the registered keys by their access key ids. ``now``: seconds since 1970; ``None`` to
    check no clock. ``region``: the region of the request's host; ``None`` if it serves any.
    """
    claim = read_claim(sent)
    if isinstance(claim, Refusal):
        return claim
    refusal = None if now is None else _check_clock(claim, now)
    refusal = refusal or _check_claim(claim, region, service, keys)
    if refusal is not None:
        return refusal
    key = keys.get(claim.access_key_id)
    if key is None:
        return _unknown_key(sent, claim, keys)
    expected = canonical_request(sent, claim)
    signed = string_to_sign(claim.scope, claim.timestamp, expected.text())
    right = signature(START + key.secret, claim.scope, signed)
    # AWS has all headers signed that begin with x-amz-; the token is the one that matters.
    if right != claim.signature or token_is_unsigned(claim):
        others = {key_id: each for key_id, each in keys.items() if key_id != claim.access_key_id}
        mismatch = Mismatch(sent, claim, expected, key, others)
        return Refusal("InvalidSignatureException", _MISMATCH, mismatch=mismatch)
    if claim.token != key.token:
        return _unknown_token(claim, key, keys)
    return None


def _unknown_key(sent: SentRequest, claim: Claim, keys: Mapping[str, Key]) -> Refusal:
    key_id = claim.access_key_id
    if swapped := _secret_as_id(key_id, keys):
        return Refusal("UnrecognizedClientException", _UNKNOWN, notes=(swapped[1],))
    notes = []
    signed = string_to_sign(claim.scope, claim.timestamp, canonical_request(sent, claim).text())
    for known, key in keys.items():
        if signature(START + key.secret, claim.scope, signed) == claim.signature:
            notes.append(f"it was signed with the secret access key of {show(known)}")
    return Refusal("UnrecognizedClientException", _UNKNOWN, unknown_key=key_id, notes=tuple(notes))


def _secret_as_id(credential: str, keys: Mapping[str, Key]) -> tuple[str, str] | None:
    """A secret that was sent as the access key id, and the words for that."""
    for known, key in keys.items():
        if f"{credential}/".startswith(f"{key.secret}/"):
            told = "the secret access key of {} was sent in the place of its access key id"
            return key.secret, told.format(show(known))
    return None


def _unknown_token(claim: Claim, key: Key, keys: Mapping[str, Key]) -> Refusal:
    of_key = f"for the key {show(claim.access_key_id)}"
    if claim.token is None:
        note = f"no session token was sent, and one is registered {of_key}"
    elif key.token is None:
        note = f"a session token was sent, and none is registered {of_key}"
    else:
        note = f"the session token is not the one registered {of_key}"
    notes = [note]
    for known, other in keys.items():
        if claim.token is not None and other.token == claim.token:
            notes.append(f"the session token is that of the key {show(known)}")
    return Refusal("UnrecognizedClientException", _UNKNOWN, notes=tuple(notes))


def token_is_unsigned(claim: Claim) -> bool:
    """Whether there is a token in a header that ``SignedHeaders`` does not name."""
    return (
        claim.token is not None and not claim.in_query and "x-amz-security-token" not in claim.names
    )


# What the request says about its signature.


def read_claim(sent: SentRequest) -> Claim | Refusal:
    """What a request says about its own signature, or a refusal if it does not."""
    authorization = sent.header("authorization")
    if authorization is not None:
        return _read_header(sent, authorization)
    query = dict(decoded_query(sent.query))
    if "X-Amz-Algorithm" in query or "X-Amz-Signature" in query:
        return _read_query(query)
    return Refusal("MissingAuthenticationTokenException", "Missing Authentication Token")


def _read_header(sent: SentRequest, authorization: str) -> Claim | Refusal:
    algorithm, given = "", {}
    if len(authorization) <= _LONGEST:
        algorithm, _, rest = authorization.strip().partition(" ")
        for part in rest.replace(",", " ").split():
            name, _, value = part.partition("=")
            given[name] = value
    credential, signed_headers = given.get("Credential"), given.get("SignedHeaders")
    claimed = given.get("Signature")
    date = sent.header("x-amz-date") or sent.header("date")
    if not (credential and signed_headers and claimed and date):
        return _incomplete(authorization, given, has_date=bool(date))
    timestamp = _timestamp(date)
    if timestamp is None:
        return _wrong_date(date)
    access_key_id, scope = _scope_of(credential)
    names, in_order = _names_of(signed_headers)
    return Claim(
        algorithm=algorithm,
        access_key_id=access_key_id,
        scope=scope,
        signed_headers=names,
        names=in_order,
        signature=claimed,
        timestamp=timestamp,
        token=sent.header("x-amz-security-token"),
        expires=None,
    )


# Of most requests the same, as are the names.
@lru_cache(maxsize=64)
def _scope_of(credential: str) -> tuple[str, tuple[str, ...]]:
    """The access key id, and the scope."""
    access_key_id, *scope = credential.rstrip("/").split("/")
    return access_key_id, tuple(scope)


@lru_cache(maxsize=64)
def _names_of(signed_headers: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The signed headers as they were sent, and as they are signed."""
    names = signed_headers.split(";")
    return tuple(names), tuple(sorted({name.lower() for name in names}))


def _incomplete(authorization: str, given: Mapping[str, str], *, has_date: bool) -> Refusal:
    missing = [
        f"Authorization header requires '{name}' parameter. "
        for name in ("Credential", "Signature", "SignedHeaders")
        if not given.get(name)
    ]
    if not has_date:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    # Hashed, since it may have a credential. AWS does the same.
    digest = hashlib.sha256(authorization.encode("utf-8", "surrogatepass")).digest()
    hashed = base64.b64encode(digest).decode()
    missing.append(f"(Hashed with SHA-256 and encoded with Base64) Authorization={hashed}")
    return Refusal("IncompleteSignatureException", "".join(missing))


def _read_query(query: Mapping[str, str]) -> Claim | Refusal:
    missing = [
        f"AWS query-string parameters must include '{name}'. "
        for name in _IN_QUERY
        if not 0 < len(query.get(name, "")) <= _LONGEST
    ]
    if missing:
        missing.append("Re-examine the query-string parameters.")
        return Refusal("IncompleteSignatureException", "".join(missing))
    date = query["X-Amz-Date"]
    if _seconds(date[:17]) is None:  # one more than it has: what is longer is wrong
        return _wrong_date(date)
    expires = query.get("X-Amz-Expires", str(MAX_SKEW))
    if not _EXPIRES.fullmatch(expires) or int(expires) > _MAX_EXPIRES:
        return Refusal(
            "IncompleteSignatureException",
            f"X-Amz-Expires should be a number of seconds, not more than {_MAX_EXPIRES}",
        )
    access_key_id, scope = _scope_of(query["X-Amz-Credential"])
    names, in_order = _names_of(query["X-Amz-SignedHeaders"])
    return Claim(
        algorithm=query["X-Amz-Algorithm"],
        access_key_id=access_key_id,
        scope=scope,
        signed_headers=names,
        names=in_order,
        signature=query["X-Amz-Signature"],
        timestamp=date,
        token=query.get("X-Amz-Security-Token"),
        expires=int(expires),
    )


def _wrong_date(date: str) -> Refusal:
    return Refusal(
        "IncompleteSignatureException",
        f"Date must be in ISO-8601 'basic format'. Got '{date[:64]}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601",
    )


def _timestamp(date: str) -> str | None:
    """A date in the basic format of ISO 8601. The header ``Date`` may have HTTP's format."""
    date = date.strip()[:64]
    if _seconds(date) is not None:
        return date
    try:
        moment = parsedate_to_datetime(date)
        # The zone -0000 makes it a naive one, in UTC.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc).strftime(_DATE_FORMAT)
    except (TypeError, ValueError, OverflowError):
        return None


# Asked twice for each request, mostly with the same text.
@lru_cache(maxsize=64)
def _seconds(timestamp: str) -> int | None:
    """The seconds since 1970; ``None`` if it is not a time."""
    if not _DATE.fullmatch(timestamp):
        return None
    year, month, day, hour, minute, second = (int(timestamp[a:b]) for a, b in _FIELDS)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    # Not by timestamp(), which fails for the first days of the calendar.
    return int((moment - _EPOCH).total_seconds())


# What is checked before any signature is calculated.


def _check_clock(claim: Claim, now: float) -> Refusal | None:
    signed, here = _seconds(claim.timestamp), int(now)
    assert signed is not None  # Looked at when it was read.
    lasts = MAX_SKEW if claim.expires is None else claim.expires
    if here + MAX_SKEW < signed:
        message = (
            f"Signature not yet current: {claim.timestamp} is still later than "
            f"{_shown(here + MAX_SKEW)} ({_shown(here)} + {MAX_SKEW // 60} min.)"
        )
    elif signed + lasts < here:
        message = (
            f"Signature expired: {claim.timestamp} is now earlier than {_shown(here - lasts)} "
            f"({_shown(here)} - {lasts / 60:g} min.)"
        )
    else:
        return None
    note = f"it was signed at {claim.timestamp}, and the clock says {_shown(here)}"
    return Refusal("InvalidSignatureException", message, skewed=claim, notes=(note,))


def _shown(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime(_DATE_FORMAT)


def _check_claim(
    claim: Claim, region: str | None, service: str, keys: Mapping[str, Key]
) -> Refusal | None:
    if "host" not in claim.names:
        return Refusal(
            "InvalidSignatureException",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        )
    if claim.algorithm != ALGORITHM:
        return Refusal(
            "IncompleteSignatureException",
            f"Unsupported AWS 'algorithm': '{claim.algorithm[:64]}' (only {ALGORITHM} for now). ",
        )
    if len(claim.scope) != 4:
        credential = "/".join((claim.access_key_id, *claim.scope))
        told: tuple[str, ...] = ()
        # A secret may have slashes.
        swapped = None if claim.access_key_id in keys else _secret_as_id(credential, keys)
        if swapped is not None:
            credential = f"<hidden>{credential[len(swapped[0]) :]}"
            told = (swapped[1],)
        return Refusal(
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{credential[:256]}'",
            notes=told,
        )
    date, of_region, of_service, terminator = claim.scope
    wrong = ""
    notes = []
    if not _REGION.fullmatch(of_region) or (region is not None and of_region != region):
        wrong += "Credential should be scoped to a valid region. "
        serves = "" if region is None else f"; the host serves {show(region)}"
        notes.append(f"it is signed for the region {show(of_region)}{serves}")
    if of_service != service:
        wrong += f"Credential should be scoped to correct service: '{service}'. "
        notes.append(f"it is signed for the service {show(of_service)}")
    if terminator != TERMINATOR:
        wrong += (
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', "
            f"not '{terminator[:64]}'. "
        )
    if date != claim.timestamp[:8]:
        wrong += (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            f"from HTTP: '{date[:64]}' != '{claim.timestamp[:8]}', from '{claim.timestamp}'. "
        )
    if not wrong:
        return None
    return Refusal("InvalidSignatureException", wrong, notes=tuple(notes))


# The signature.


def signature(start: str, scope: tuple[str, ...], signed: str) -> str:
    """The signature of a string to sign, in hexadecimal digits.

    ``start``: what the signing key is derived of, with the scope: ``START`` and the secret.
    """
    inner, outer = [state.copy() for state in _signing_key(start, scope)]
    inner.update(signed.encode("utf-8", "surrogatepass"))
    outer.update(inner.digest())
    return outer.hexdigest()


# The key is the same for a day.
@lru_cache(maxsize=16)
def _signing_key(start: str, scope: tuple[str, ...]) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The states of HMAC's inner and outer hash after the key, to be copied: ``hmac`` is slower."""
    key = start.encode("utf-8", "surrogatepass")
    for part in scope:
        key = hmac.digest(key, part.encode("utf-8", "surrogatepass"), "sha256")
    block = key.ljust(64, b"\0")
    inner, outer = [hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C)]
    return inner, outer


def string_to_sign(scope: Iterable[str], timestamp: str, canonical: str) -> str:
    """The text that the signature is calculated from."""
    digest = hash_of(canonical.encode("utf-8", "surrogatepass"))
    return "\n".join((ALGORITHM, timestamp, "/".join(scope), digest))


def hash_of(content: bytes) -> str:
    """SHA-256, in hexadecimal digits."""
    state = _SHA256.copy()
    state.update(content)
    return state.hexdigest()


def canonical_request(sent: SentRequest, claim: Claim) -> CanonicalRequest:
    """The canonical request, as the service makes it before it calculates the signature."""
    names = claim.names
    headers = [
        (name, ",".join([trimmed(value) for value in sent.values.get(name, ())])) for name in names
    ]
    if "host" not in sent.values:
        # What every client adds by itself, at the last moment.
        headers[names.index("host")] = "host", sent.host
    return CanonicalRequest(
        method=sent.method,
        path=canonical_path(sent.path),
        query=canonical_query(decoded_query(sent.query)) if sent.query else "",
        headers=tuple(headers),
        signed_headers=";".join(names),
        payload_hash=_payload_hash(sent, claim),
    )


def _payload_hash(sent: SentRequest, claim: Claim) -> str:
    stated = sent.header("x-amz-content-sha256")
    if stated is None and claim.in_query:
        stated = dict(decoded_query(sent.query)).get("X-Amz-Content-Sha256")
    if stated == UNSIGNED_PAYLOAD:
        return UNSIGNED_PAYLOAD
    # The hash of the body that came, whatever the header says.
    return hash_of(sent.body)


# A program calls the same few paths again and again.
@lru_cache(maxsize=1_024)
def canonical_path(path: str) -> str:
    """The path that was sent, with dot segments resolved, and percent-encoded once more."""
    return quote(normalized(path).encode("utf-8", "surrogatepass"), safe="/~")


def normalized(path: str) -> str:
    """The path without ``.``, ``..`` and empty segments."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{end}"


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Each name and value percent-encoded anew, sorted by name and value.

    Without the signature itself, which a presigned URL has in its query.
    """
    encoded = sorted(
        (_encoded(name), _encoded(value)) for name, value in parameters if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe="~")


def decoded_query(query: str) -> list[tuple[str, str]]:
    """The parameters, in the order in which they were sent. A ``+`` is a space."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(_decoded(name), _decoded(value)) for name, _, value in pairs]


def _decoded(text: str) -> str:
    raw = unquote_to_bytes(text.replace("+", " ").encode("utf-8", "surrogatepass"))
    # What is not UTF-8 is encoded again as it was.
    return raw.decode("utf-8", "surrogateescape")


def trimmed(value: str) -> str:
    """A header's value as it is signed: without white space at its ends, single spaces inside."""
    if not value.isascii():
        # Only bytes are sent, and here they were read as Latin-1. A signer that wrote
        # UTF-8 has signed the text.
        with contextlib.suppress(UnicodeError):
            value = value.encode("latin-1").decode()
    return " ".join(value.split())
