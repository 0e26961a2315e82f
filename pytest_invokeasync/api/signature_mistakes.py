"""The usual mistakes in a signature: the words for each, and what would have been signed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import quote, quote_plus, unquote

from ..showing import show
from .signature import (
    START,
    UNSIGNED_PAYLOAD,
    CanonicalRequest,
    Mismatch,
    canonical_path,
    canonical_query,
    decoded_query,
    normalized,
    signature,
    string_to_sign,
)

_JSON_LIMIT = 1_048_576  # bytes of a body that is written anew in other forms
_MANY = 1_000  # parameters of a query; what was done to more is not looked for
_TOKEN = "x-amz-security-token"
_API_VERSION = re.compile(r"/\d{4}-\d\d-\d\d/", re.ASCII)
_HASH = re.compile("[0-9a-fA-F]{64}")
_ESCAPE = re.compile("%[0-9A-F]{2}", re.ASCII)
_REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-west-3",
    "eu-central-1", "eu-north-1", "ap-northeast-1", "ap-southeast-1", "ap-southeast-2",
    "ap-south-1", "ca-central-1", "sa-east-1",
)  # fmt: skip
_SERVICES = ("lambda", "Lambda", "awslambda", "execute-api", "s3", "iam", "sts", "es", "dynamodb")
_CONTENT_TYPES = (
    "", "application/json", "application/json; charset=utf-8", "application/x-amz-json-1.0",
    "application/x-amz-json-1.1", "application/octet-stream", "binary/octet-stream",
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8",
    "text/plain",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    """What a signer may have signed."""

    request: CanonicalRequest
    scope: tuple[str, ...]
    key_scope: tuple[str, ...]
    """The scope that the signing key was derived from."""
    timestamp: str
    start: str = field(repr=False)
    """What it was derived from, too: ``AWS4`` and the secret access key."""
    has_gap: bool = True
    """Whether an empty line ends the headers."""

    def lines(self) -> list[str]:
        """The canonical request, line by line."""
        lines = self.request.lines()
        if not self.has_gap:
            del lines[-3]
        return lines

    def signed(self) -> list[str]:
        """The string to sign, line by line."""
        return string_to_sign(self.scope, self.timestamp, "\n".join(self.lines())).split("\n")

    def signature(self) -> str:
        """What the signature would be."""
        return signature(self.start, self.key_scope, "\n".join(self.signed()))


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that a signer may have done wrong."""

    aspect: str
    """What it concerns. Two mistakes at once have different aspects."""
    text: str
    made: Callable[[Trial], Trial]


def mistakes_of(mismatch: Mismatch) -> Iterator[Mistake]:
    """The mistakes that may have been made, the likely ones first."""
    yield from _of_path(mismatch)
    yield from _of_query(mismatch)
    yield from _of_host(mismatch)
    yield from _of_token(mismatch)
    yield from _of_body(mismatch)
    yield from _of_headers(mismatch)
    yield from _of_form(mismatch)
    yield from _of_secret(mismatch)
    yield from _of_time(mismatch)
    yield from _of_scope(mismatch)


def _in_request(aspect: str, text: str, **parts: str) -> Mistake:
    """A mistake in parts of the canonical request."""

    def made(trial: Trial) -> Trial:
        return replace(trial, request=replace(trial.request, **parts))  # type: ignore[arg-type]

    return Mistake(aspect, text, made)


def _of_path(mismatch: Mismatch) -> Iterator[Mistake]:
    sent = mismatch.sent.path
    right = mismatch.expected.path
    again = "the path that was sent has to be percent-encoded once more"
    plain = unquote(sent, errors="replace")
    variants = [
        (f"the path was signed as it was sent, percent-encoded once: {again}", normalized(sent)),
        ("the path was signed as it was sent, its dot segments too", sent),
        (
            "the path was signed with its dot segments or empty segments: they are resolved first",
            quote(sent.encode("utf-8", "surrogatepass"), safe="/~"),
        ),
        (f"the path was percent-encoded once, not twice: {again}", quote(plain, safe="/~")),
        (f"the path was signed without any percent-encoding: {again}", plain),
        (
            "the path was percent-encoded twice, but sent with less of it: what is sent has to be "
            "encoded once more",
            quote(quote(plain, safe="/~"), safe="/~"),
        ),
        (
            "the path was signed with small hexadecimal digits: they are capitals",
            _ESCAPE.sub(lambda escape: escape[0].lower(), right),
        ),
        (
            "the path was signed with small hexadecimal digits, and sent with capitals: the HTTP "
            "client has changed them",
            canonical_path(_ESCAPE.sub(lambda escape: escape[0].lower(), sent)),
        ),
        ("the path was percent-encoded three times, not twice", quote(right, safe="/~")),
        (
            "the slash at the end of the path was added or taken away after signing",
            right.removesuffix("/") if right.endswith("/") else f"{right}/",
        ),
        ("the path was left out: / was signed", "/"),
    ]
    if (version := _API_VERSION.search(sent)) is not None:
        variants.append(
            (
                "the path was signed without what stands before the API's own",
                canonical_path(sent[version.start() :]),
            )
        )
    for text, path in variants:
        yield _in_request("path", text, path=path)


def _of_query(mismatch: Mismatch) -> Iterator[Mistake]:
    raw = [
        part
        for part in mismatch.sent.query.split("&")
        if part and not part.startswith("X-Amz-Signature=")
    ]
    if not 0 < len(raw) <= _MANY:
        return
    pairs = [pair for pair in decoded_query(mismatch.sent.query) if pair[0] != "X-Amz-Signature"]
    right = mismatch.expected.query
    as_sent = sorted((part.partition("=") for part in raw), key=lambda part: (part[0], part[2]))
    variants = [
        (
            "the query was signed in the order in which it was sent: its parameters are sorted",
            "&".join(canonical_query([pair]) for pair in pairs),
        ),
        (
            "the query was signed as it was sent: its names and values are percent-encoded afresh "
            "(a + becomes %20), and sorted",
            "&".join(raw),
        ),
        (
            "the query was sorted, but signed with the encoding that was sent: its names and "
            "values are percent-encoded afresh (a + becomes %20)",
            "&".join(f"{name}={value}" for name, _, value in as_sent),
        ),
        (
            "the parameters of the query were sorted together with = and value: they are sorted by "
            "name, then by value",
            "&".join(sorted(right.split("&"))),
        ),
        (
            "a + of the query was signed as %2B: it is a space, and signed as %20",
            canonical_query(
                pair
                for pair in decoded_query(mismatch.sent.query.replace("+", "%2B"))
                if pair[0] != "X-Amz-Signature"
            ),
        ),
        (
            "the query was percent-encoded twice: its names and values are encoded once",
            _written(pairs, _twice),
        ),
        ("the query was signed without percent-encoding", _written(pairs, str)),
        ("spaces of the query were signed as +: they are %20", _written(pairs, quote_plus)),
        (
            "the query was signed with small hexadecimal digits: they are capitals",
            _ESCAPE.sub(lambda escape: escape[0].lower(), right),
        ),
        (
            "parameters without a value were signed without =",
            "&".join(part.removesuffix("=") for part in right.split("&")),
        ),
        ("the query was left out", ""),
    ]
    for text, query in variants:
        yield _in_request("query", text, query=query)
    for name, _ in pairs[:20]:
        rest = [pair for pair in pairs if pair[0] != name]
        if name.lower() != _TOKEN:
            text = f"the parameter {show(name)} was added to the URL after signing"
            yield _in_request("query", text, query=canonical_query(rest))


def _written(pairs: Iterable[tuple[str, str]], encode: Callable[[str], str]) -> str:
    encoded = sorted((encode(name), encode(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _twice(text: str) -> str:
    return quote(canonical_query([(text, "")]).removesuffix("="), safe="~")


def _of_host(mismatch: Mismatch) -> Iterator[Mistake]:
    sent = dict(mismatch.expected.headers)["host"]
    netloc = re.split("[/?#]", mismatch.sent.url.partition("://")[2], maxsplit=1)[0]
    name, colon, port = sent.rpartition(":")
    bare = name if colon and port.isdecimal() else sent
    region = mismatch.claim.scope[1]
    variants = [
        ("without its port", bare),
        ("with the port of its scheme", f"{bare}:443"),
        ("with the port of its scheme", f"{bare}:80"),
        ("as it stands in the URL", netloc),
        ("as it stands in the URL, without its port", netloc.rpartition("@")[2].partition(":")[0]),
        ("as AWS's own", f"lambda.{region}.amazonaws.com"),
        ("as none", ""),
    ]
    for how, host in variants:
        text = f"the host was signed {how}, as {show(host)}, but {show(sent)} was sent"
        yield _with_header("host", host, text, aspect="host")


def _with_header(name: str, value: str, text: str, *, aspect: str) -> Mistake:
    def made(trial: Trial) -> Trial:
        headers = tuple(
            (each, value if each == name else old) for each, old in trial.request.headers
        )
        return replace(trial, request=replace(trial.request, headers=headers))

    return Mistake(aspect, text, made)


def _without_header(name: str, text: str, *, aspect: str) -> Mistake:
    def made(trial: Trial) -> Trial:
        request = trial.request
        headers = tuple(each for each in request.headers if each[0] != name)
        signed = ";".join(each for each in request.signed_headers.split(";") if each != name)
        return replace(trial, request=replace(request, headers=headers, signed_headers=signed))

    return Mistake(aspect, text, made)


def _of_token(mismatch: Mismatch) -> Iterator[Mistake]:
    claim = mismatch.claim
    text = "the session token is not signed: {} was added after signing"
    tokens = _signed_tokens(mismatch)
    if claim.in_query:
        pairs = decoded_query(mismatch.sent.query)
        rest = [pair for pair in pairs if pair[0].lower() != _TOKEN]
        name = "X-Amz-Security-Token"
        if claim.token is not None:
            yield _in_request("query", text.format(name), query=canonical_query(rest))
        for told, token in tokens:
            yield _in_request("query", told, query=canonical_query([*rest, (name, token)]))
        return
    if claim.token is not None:
        yield _without_header(_TOKEN, text.format(_TOKEN), aspect="token")
        yield _with_header(_TOKEN, "", text.format(_TOKEN), aspect="token")
    for told, token in tokens:
        yield _with_header(_TOKEN, token, told, aspect="token")


def _signed_tokens(mismatch: Mismatch) -> Iterator[tuple[str, str]]:
    """The session tokens that may have been signed instead, each with the words for it."""
    if mismatch.claim.token is None:
        what = "no session token was sent"
    else:
        what = "the session token was changed after signing"
    if mismatch.key.token is not None:
        yield f"{what}: the registered one was signed", mismatch.key.token
    for key_id, key in mismatch.others.items():
        if key.token is not None:
            yield f"{what}: that of the key {show(key_id)} was signed", key.token


def _of_body(mismatch: Mismatch) -> Iterator[Mistake]:
    changed = "the body was changed after signing"
    stated = mismatch.sent.header("x-amz-content-sha256")
    if stated is not None:
        text = f"{changed}: x-amz-content-sha256 is the hash of another"
        if not _HASH.fullmatch(stated):
            text = (
                f"x-amz-content-sha256 is {show(stated)}: it has to be the body's hash, "
                f"or {UNSIGNED_PAYLOAD}"
            )
        yield _in_request("body", text, payload_hash=stated)
    yield _in_request(
        "body",
        f"{UNSIGNED_PAYLOAD} was signed, without a header x-amz-content-sha256 that says so",
        payload_hash=UNSIGNED_PAYLOAD,
    )
    body = mismatch.sent.body
    variants = [
        ("an empty one was signed", b""),
        ("it was signed with a line end at its end", body + b"\n"),
        ("it was signed without the white space around it", body.strip()),
        *_json_forms(body),
    ]
    for text, variant in variants:
        digest = hashlib.sha256(variant).hexdigest()
        yield _in_request("body", f"{changed}: {text}", payload_hash=digest)
    yield _in_request(
        "body",
        "the body's hash was signed in capitals: its hexadecimal digits are small letters",
        payload_hash=hashlib.sha256(body).hexdigest().upper(),
    )
    yield _in_request("body", "the body's hash was left out", payload_hash="")


def _json_forms(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The same JSON, as other libraries and settings write it."""
    if len(body) > _JSON_LIMIT:
        return
    text = "it was signed as the same JSON, written otherwise (white space, order or escapes)"
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(body)
        for separators in ((", ", ": "), (",", ":")):
            for sort_keys in (False, True):
                for ensure_ascii in (True, False):
                    written = json.dumps(
                        document,
                        separators=separators,
                        sort_keys=sort_keys,
                        ensure_ascii=ensure_ascii,
                    )
                    yield text, written.encode("utf-8", "surrogatepass")
        yield text, json.dumps(document, indent=2).encode()


def _of_headers(mismatch: Mismatch) -> Iterator[Mistake]:
    for name, value in mismatch.expected.headers[:30]:
        if name in ("host", _TOKEN):
            continue
        sent = mismatch.sent.values.get(name, [])
        shown = show(name)
        changed = f"the header {shown} was changed after signing"
        yield _without_header(
            name, f"the header {shown} is in SignedHeaders, and was not signed", aspect=name
        )
        untrimmed = f"the white space in the header {shown} was signed as it is: it has to be"
        yield _with_header(
            name, ",".join(sent), f"{untrimmed} one space, and none at the ends", aspect=name
        )
        yield _with_header(
            name,
            ",".join(each.strip() for each in sent),
            f"{untrimmed} one space",
            aspect=name,
        )
        text = f"the header {shown} was sent {len(sent)} times: its values are signed joined by ,"
        for variant in (", ".join(sent), *sent[:1], *sent[-1:]):
            yield _with_header(name, variant, text, aspect=name)
        yield _with_header(
            name, value.lower(), f"{changed}: it was signed in small letters", aspect=name
        )
        yield _with_header(name, "", f"{changed}: it was signed empty", aspect=name)
        if name == "content-type":
            for kind in _CONTENT_TYPES:
                yield _with_header(name, kind, f"{changed}: signed as {show(kind)}", aspect=name)
        if name == "content-length":
            length = str(len(mismatch.sent.body))
            for size in ("0", length):
                yield _with_header(name, size, f"{changed}: signed as {size}", aspect=name)


def _of_form(mismatch: Mismatch) -> Iterator[Mistake]:
    claim, expected = mismatch.claim, mismatch.expected
    for method in ("GET", "PUT", "post"):
        text = f"the method was signed as {method}, but {show(expected.method)} was sent"
        yield _in_request("method", text, method=method)
    yield Mistake(
        "form",
        "the empty line after the headers of the canonical request is missing",
        lambda trial: replace(trial, has_gap=False),
    )
    in_order = ";".join(claim.signed_headers)

    def as_sent(trial: Trial) -> Trial:
        values = dict(trial.request.headers)
        headers = tuple((name, values.get(name.lower(), "")) for name in claim.signed_headers)
        return replace(
            trial, request=replace(trial.request, headers=headers, signed_headers=in_order)
        )

    text = "the signed headers are not sorted, or not in small letters"
    yield _in_request("form", text, signed_headers=in_order)
    yield Mistake("form", text, as_sent)


def _of_secret(mismatch: Mismatch) -> Iterator[Mistake]:
    own = show(mismatch.claim.access_key_id)
    secret = mismatch.key.secret
    spaces = "the secret access key has white space at an end that does not belong to it"
    variants = [
        ("the signing key was derived without AWS4 before the secret access key", secret),
        (spaces, f"{START}{secret}\n"),
        (spaces, f"{START} {secret}"),
    ]
    for key_id, key in mismatch.others.items():
        text = f"it was signed with the secret access key of {show(key_id)}, not of {own}"
        variants.append((text, START + key.secret))
    for text, start in variants:
        yield Mistake("secret", text, lambda trial, start=start: replace(trial, start=start))  # type: ignore[misc]


def _of_time(mismatch: Mismatch) -> Iterator[Mistake]:
    told = datetime.strptime(mismatch.claim.timestamp, "%Y%m%dT%H%M%SZ")
    for seconds in (-1, 1, -2, 2, -3600, 3600):
        with contextlib.suppress(OverflowError):
            signed = (told + timedelta(seconds=seconds)).strftime("%Y%m%dT%H%M%SZ")
            yield Mistake(
                "time",
                f"the time in the string to sign is {signed}, and that of the request "
                f"{mismatch.claim.timestamp}: the clock was asked twice, or the date changed",
                lambda trial, signed=signed: replace(trial, timestamp=signed),  # type: ignore[misc]
            )


def _of_scope(mismatch: Mismatch) -> Iterator[Mistake]:
    scope = mismatch.claim.scope
    day = datetime.strptime(scope[0], "%Y%m%d")
    days = []
    for number in (-1, 1):
        with contextlib.suppress(OverflowError):
            days.append((day + timedelta(days=number)).strftime("%Y%m%d"))
    arn = re.search(r"arn:[\w-]+:lambda:([a-z0-9-]+):", unquote(mismatch.sent.url))
    regions = (arn[1],) if arn else ()
    wrong = [
        *((0, "date", each) for each in (*days, mismatch.claim.timestamp)),
        *((1, "region", each) for each in ("", *regions, *_REGIONS)),
        *((2, "service", each) for each in _SERVICES),
        *((3, "terminator", each) for each in ("", "aws4")),
    ]
    for place, what, value in wrong:
        changed = (*scope[:place], value, *scope[place + 1 :])
        for where, parts in (
            ("the signing key was derived", {"key_scope": changed}),
            ("the string to sign was written", {"scope": changed}),
            ("it was signed", {"scope": changed, "key_scope": changed}),
        ):
            yield Mistake(
                "scope",
                f"{where} for the {what} {show(value)}, but Credential says {show(scope[place])}",
                lambda trial, parts=parts: replace(trial, **parts),  # type: ignore[misc]
            )
    # As of other versions of the signing key's derivation.
    swapped = (scope[0], scope[2], scope[1], scope[3])
    yield Mistake(
        "scope",
        "the signing key was derived from date, service and region: the order is date, region and "
        "service",
        lambda trial: replace(trial, key_scope=swapped),
    )
