"""The match keywords, the same for scripting, for queries and for assertions."""

from __future__ import annotations

import copy
import inspect
import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal

from .. import errors, faults
from ..api import json_text
from ..api.function_name import GRAMMAR_OF_PAGE, InvalidFunctionName, NameGrammar
from ..api.operations import INVOCATION_TYPES, NAMES, ApiName, InvocationType
from ..errors import ErrorSpec
from ..faults import Fault
from ..recording.invocations import UNPARSED, Attempt, Details, Item, details_of
from ..showing import printable, show
from ..suggestions import unknown
from .comparing import equal, includes

if TYPE_CHECKING:
    from typing_extensions import TypedDict

    class MatchKeywords(TypedDict, total=False):
        """``**match`` where the function is a parameter of its own."""

        qualifier: str | None
        region: str
        account: str
        api: ApiName
        payload: object
        payload_includes: object
        where: Callable[[Any], object]

    class FunctionMatchKeywords(MatchKeywords, total=False):
        """``**match`` of queries on events."""

        function: str | None

    class RuleMatchKeywords(FunctionMatchKeywords, total=False):
        """``**match`` of the scripting calls."""

        invocation_type: InvocationType

    class RunMatchKeywords(FunctionMatchKeywords, total=False):
        """``**match`` of ``add_run``."""

        run: int

    class InvocationMatchKeywords(FunctionMatchKeywords, total=False):
        """``**match`` of queries on invocations."""

        invocation_type: InvocationType
        error: str | ErrorSpec | Fault | None

    class PlainInvocationMatchKeywords(MatchKeywords, total=False):
        """``**match`` of assertions on invocations."""

        invocation_type: InvocationType
        error: str | ErrorSpec | Fault | None


# pytest hides this module's frames, so that a wrong keyword shows the test's line.
__tracebackhide__ = True

Subject = Literal["function", "rule", "run", "event", "invocation"]
"""What a call is about: a function that it registers, answers or runs that it scripts, or
invocations or events that it asks for."""
Decode = Callable[[Details], Any]

_EVERY: tuple[Subject, ...] = ("function", "rule", "run", "event", "invocation")
_RUNS: tuple[Subject, ...] = ("run",)
_MADE: tuple[Subject, ...] = ("rule", "invocation")
_INVOCATIONS: tuple[Subject, ...] = ("invocation",)
_SHORT = 40  # characters of a value that a message repeats
_LONG = 160  # characters of a value that a message shows once


def show_argument(value: object, limit: int = _LONG) -> str:
    """An argument of a call, for a message."""
    # The repr of a function is little but its address, and that of an error is long.
    if isinstance(value, FunctionType):
        return value.__name__
    return printable(str(value)) if isinstance(value, ErrorSpec | Fault) else show(value, limit)


class Seen:
    """An invocation or event to be matched. What is expensive is computed when it is needed."""

    __slots__ = ("_decode", "_payload", "_whole", "details")

    def __init__(
        self, details: Details, whole: Callable[[], Any], decode: Decode = Details.decoded
    ) -> None:
        self.details = details
        self._whole = whole
        self._decode = decode
        self._payload = _NOT_YET

    @classmethod
    def item(cls, item: Item, decode: Decode = Details.decoded) -> Seen:
        """A recorded invocation or event."""
        return cls(details_of(item), lambda: item, decode)

    def whole(self) -> Any:
        """The invocation or the event itself."""
        return self._whole()

    def payload(self) -> Any:
        """The decoded payload, decoded once; ``UNPARSED`` for what is not JSON."""
        if self._payload is _NOT_YET:
            self._payload = self._decode(self.details)
        return self._payload


_NOT_YET: Any = object()


@dataclass(frozen=True, slots=True)
class Part:
    """One condition: of a keyword, or one of several that ``function=`` states."""

    name: str
    expected: object
    read: Callable[[Seen], object]
    """Gives the value to be compared."""
    compare: Callable[[Any, Any], object] = operator.eq
    """Whether the expected value and that one match."""

    def matches(self, seen: Seen) -> bool:
        """Whether it matches. Raises what a matcher or a condition of the test's own raises."""
        return bool(self.compare(self.expected, self.read(seen)))


@dataclass(frozen=True, slots=True)
class Known:
    """What a mock knows, to check the values of keywords."""

    grammar: NameGrammar = GRAMMAR_OF_PAGE
    codes: Collection[str] = ()
    """The codes of the test's own errors."""


_NOTHING_MORE = Known()


@dataclass(frozen=True, slots=True)
class Keyword:
    """A match keyword: a row of ``KEYWORDS``."""

    parts: Callable[[str, Any, Known], Iterable[Part]]
    """Makes the conditions from a value; raises ``TypeError`` or ``ValueError`` if it is wrong."""
    of: Collection[Subject] = _EVERY
    """The calls that take it."""
    elsewhere: str = ""
    """A hint for the other calls."""
    default: object = None
    """The value when it is left out; ``None``: anything matches."""


def _detail(check: Callable[[str, Any], object]) -> Callable[[str, Any, Known], Iterable[Part]]:
    """The conditions of a keyword that is an attribute of ``Details``."""

    def parts(name: str, value: Any, _: Known) -> Iterable[Part]:
        return [Part(name, check(name, value), operator.attrgetter(f"details.{name}"))]

    return parts


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name}= is a str, not {show(value)}")
    return value


def _text_or_none(name: str, value: object) -> str | None:
    return value if value is None else _text(name, value)


def _account(name: str, value: object) -> str:
    if not re.fullmatch(r"\d{12}", _text(name, value), re.ASCII):
        raise ValueError(f"{name}= is 12 digits, not {show(value)}")
    return str(value)


def _one_of(choices: Sequence[str]) -> Callable[[str, Any], object]:
    def check(name: str, value: object) -> object:
        if value not in choices:
            raise ValueError(unknown(f"value of {name}=:", value, choices))
        return value

    return check


def _function(_: str, value: object, known: Known) -> Iterator[Part]:
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"function= is a name, a partial ARN or an ARN, not {show(value)}")
    try:
        name = known.grammar.parse(value)
    except InvalidFunctionName as error:
        raise ValueError(
            f"no function can be named {show(value)}: {printable(str(error))}. Names that newer "
            'regions need are allowed with the option contract="botocore".'
        ) from None
    yield Part("function", name.name, lambda seen: seen.details.function)
    for attribute, part in _IN_NAME.items():
        stated = getattr(name, attribute)
        if stated is not None:
            yield Part(part, stated, operator.attrgetter(f"details.{part}"))


# The region in an ARN is the function's, and may differ from the request's.
_IN_NAME = {
    "qualifier": "qualifier",
    "region": "function_region",
    "account": "account",
    "partition": "partition",
}


def _payload(name: str, value: object, _: Known) -> Iterable[Part]:
    return [Part(name, value, Seen.payload, _compared(equal if name == "payload" else includes))]


def _compared(compare: Callable[[object, object], bool]) -> Callable[[object, object], bool]:
    def compared(expected: object, payload: object) -> bool:
        # What is not JSON equals nothing, not even ANY.
        if payload is UNPARSED:
            return False
        try:
            return compare(expected, payload)
        except RecursionError:
            raise AssertionError(
                f"a payload cannot be compared with {show(expected)}: it is nested too deeply for "
                "a matcher in it"
            ) from None

    return compared


DECODED = "({}= is JSON text, and payloads are decoded: give the dict or list that it stands for)"


def decoded_text(expected: object) -> object:
    """The decoded value of an expected payload that is JSON text of a dict or list; else None."""
    if not isinstance(expected, str | bytes) or expected.strip()[:1] not in ("{", "[", b"{", b"["):
        return None
    try:
        return json_text.decode(expected.encode() if isinstance(expected, str) else expected)
    except ValueError:
        return None


def _where(name: str, value: object, _: Known) -> Iterable[Part]:
    # None as if it were left out, for calls that pass on a parameter of their own.
    if value is None:
        return []
    if not callable(value):
        raise TypeError(
            f"{name}= is a callable that takes the Invocation or Event and says whether it "
            f"matches, not {show(value)}"
        )
    if inspect.iscoroutinefunction(value):
        raise TypeError(
            f"{name}= cannot be an async function: the coroutine that {show_argument(value)}() "
            "returns is always true"
        )
    return [Part(name, value, Seen.whole, lambda condition, item: condition(item))]


def _error(name: str, value: object, known: Known) -> Iterable[Part]:
    if isinstance(value, str) and value not in known.codes:
        value = faults.find(value) if value in faults.NAMES else errors.find(value)
    if isinstance(value, Fault):
        return [Part(name, value.name, _fault_of)]
    if not isinstance(value, str | ErrorSpec | None):
        raise TypeError(f"{name}= is a code, an ErrorSpec, a fault or None, not {show(value)}")
    code = value.code if isinstance(value, ErrorSpec) else value
    return [Part(name, code, lambda seen: seen.whole().error)]


def _run(name: str, value: object, _: Known) -> Iterable[Part]:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}= is an int, not {show(value)}")
    if value < 1:
        raise ValueError(f"{name}= counts the runs of an event from 1, and cannot be {value}")
    return [Part(name, value, lambda seen: len(seen.whole().runs) + 1)]


def _fault_of(seen: Seen) -> str | None:
    last: Attempt = seen.whole().attempts[-1]
    return last.fault or last.error


KEYWORDS: Mapping[str, Keyword] = {
    "function": Keyword(_function),
    "qualifier": Keyword(_detail(_text_or_none)),
    "region": Keyword(_detail(_text)),
    "account": Keyword(_detail(_account)),
    "api": Keyword(_detail(_one_of(NAMES))),
    # A dry run invokes nothing, so it matches only where it is named.
    "invocation_type": Keyword(_detail(_one_of(INVOCATION_TYPES)), of=_MADE, default="Event"),
    "error": Keyword(
        _error, of=_INVOCATIONS, elsewhere=" Only invocations have an error, events have none."
    ),
    "run": Keyword(_run, of=_RUNS, elsewhere=" Only add_run() is about runs."),
    "payload": Keyword(_payload),
    "payload_includes": Keyword(_payload),
    "where": Keyword(_where),
}
"""Every match keyword, in the order in which they are compared, the expensive ones last."""


class Match:
    """The match keywords of one call, checked.

    ``of``: what the call is about. ``parameters``: the other keywords of the call, for the message
    about an unknown one. Raises ``TypeError`` for an unknown keyword or a value of the wrong type;
    ``ValueError`` for a value that nothing can have: an impossible name, an unknown code, a
    qualifier that differs from the one in the name.
    """

    __slots__ = ("_function_parts", "_keywords", "_parts", "function")

    def __init__(
        self,
        caller: str,
        keywords: Mapping[str, Any],
        *,
        of: Subject,
        known: Known = _NOTHING_MORE,
        parameters: Sequence[str] = (),
    ) -> None:
        for keyword in keywords:
            if keyword not in KEYWORDS or of not in KEYWORDS[keyword].of:
                allowed = [name for name, row in KEYWORDS.items() if of in row.of]
                hint = KEYWORDS[keyword].elsewhere if keyword in KEYWORDS else ""
                every = dict.fromkeys((*allowed, *parameters))
                raise TypeError(f"{caller}(): {unknown('keyword', keyword, every)}{hint}")
        self._keywords = dict(keywords)
        self._parts: list[Part] = []
        self._function_parts: tuple[Part, ...] = ()
        for keyword, row in KEYWORDS.items():
            if keyword not in keywords and (row.default is None or of not in row.of):
                continue
            try:
                parts = list(row.parts(keyword, keywords.get(keyword, row.default), known))
            except (TypeError, ValueError) as error:
                raise type(error)(f"{caller}(): {error}") from None
            if keyword == "function":
                self._function_parts = tuple(parts)
            self._add(caller, parts)
        self.function: str | None = None
        if self._function_parts:
            self.function = str(self._function_parts[0].expected)
        """The bare name of the function, if one is named."""

    def _add(self, caller: str, parts: Sequence[Part]) -> None:
        for part in parts:
            for stated in self._function_parts:
                if stated.name == part.name and stated.expected != part.expected:
                    raise ValueError(
                        f"{caller}(): function={show(self._keywords['function'])} and "
                        f"{part.name}={show(part.expected)} contradict each other"
                    )
            self._parts.append(part)

    def details(self, *, whole: bool = False) -> str:
        """The keywords but ``function``, as text; without long values, unless ``whole``."""
        words = []
        for keyword, value in self._keywords.items():
            if keyword != "function":
                text = show_argument(value)
                short = whole or len(text) <= _SHORT
                words.append(f"{keyword}={text}" if short else f"this {keyword}")
        return ", ".join(words)

    def decoded(self) -> Match | None:
        """The same with the payload's JSON text decoded; ``None`` if it is not JSON text."""
        text = self._keywords.get("payload")
        if decoded_text(text) is None:
            return None
        meant = copy.copy(self)
        meant._parts = [
            replace(part, expected=decoded_text(text)) if part.name == "payload" else part
            for part in self._parts
        ]
        return meant

    @property
    def parts(self) -> Sequence[Part]:
        """All conditions."""
        return self._parts

    def accepts(self, seen: Seen) -> bool:
        """Whether everything matches. The expensive conditions come last."""
        return all(part.matches(seen) for part in self._parts)

    def accepts_item(self, item: Item, decode: Decode = Details.decoded) -> bool:
        """Whether a recorded invocation or event matches."""
        return self.accepts(Seen.item(item, decode))

    def accepts_function(self, item: Item) -> bool:
        """Whether a recorded one matches ``function=``, or there is no ``function=``."""
        seen = Seen.item(item)
        return all(part.matches(seen) for part in self._function_parts)

    def misses(self, seen: Seen) -> list[Part]:
        """The conditions that do not match, for a message."""
        missed: list[Part] = []
        for part in self._parts:
            # Asked only if all else matches, as in accepts(): it may rely on that.
            if part.name == "where" and missed:
                continue
            try:
                matches = part.matches(seen)
            except Exception:
                if part.name == "where":
                    raise
                # A matcher for payloads of this function may raise at those of another.
                matches = False
            if not matches:
                missed.append(part)
        return missed

    def covers(self, other: Match) -> bool:
        """Whether this ``function=`` matches each function that the other's does."""
        stated = {(part.name, part.expected) for part in self._function_parts}
        return stated <= {(part.name, part.expected) for part in other._function_parts}

    def stated(self, keyword: str) -> object:
        """The value that the test gave for a keyword; ``None`` if it gave none."""
        return self._keywords.get(keyword)
