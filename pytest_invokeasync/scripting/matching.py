"""The one set of match keywords: to script, to query and to assert."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ..api.function_name import GRAMMAR_OF_PAGE, InvalidFunctionName, NameGrammar
from ..api.operations import INVOCATION_TYPES, NAMES, ApiName, InvocationType
from ..recording.invocations import UNPARSED, Details, Item, details_of
from ..showing import show
from ..suggestions import unknown

if TYPE_CHECKING:
    from typing_extensions import TypedDict

    class MatchKeywords(TypedDict, total=False):
        """``**match`` where the function is a parameter of its own."""

        qualifier: str | None
        region: str
        account: str
        api: ApiName
        payload: object
        where: Callable[[Any], object]

    class FunctionMatchKeywords(MatchKeywords, total=False):
        """``**match`` of queries on events."""

        function: str | None

    class RuleMatchKeywords(FunctionMatchKeywords, total=False):
        """``**match`` of the scripting calls."""

        invocation_type: InvocationType

    class InvocationMatchKeywords(FunctionMatchKeywords, total=False):
        """``**match`` of queries on invocations."""

        invocation_type: InvocationType
        error: str | None

    class PlainInvocationMatchKeywords(MatchKeywords, total=False):
        """``**match`` of assertions on invocations."""

        invocation_type: InvocationType
        error: str | None


# A wrong keyword is told at the user's line: pytest leaves out this module's frames.
__tracebackhide__ = True

KEYWORDS = ("function", "qualifier", "region", "account", "api", "payload", "where")
_CHOICES = {"api": NAMES, "invocation_type": INVOCATION_TYPES}
_UNSET: Any = object()
_SHORT = 40  # characters of a value that a message may repeat
_LONG = 160  # characters of one that it tells once


def show_argument(value: object, limit: int = _LONG) -> str:
    """An argument of a call, for a message."""
    # A function's repr says little but its address.
    return value.__name__ if isinstance(value, FunctionType) else show(value, limit)


class Match:
    """The keywords of one call, checked and ready to be held against what was recorded.

    Raises ``TypeError`` for a keyword that does not exist or a value of the wrong type,
    ``ValueError`` for a function name that no function can have. ``parameters``: the other
    keywords of the call, for a message about one that does not exist.
    """

    __slots__ = (
        "_error",
        "_function_parts",
        "_keywords",
        "_parts",
        "_payload",
        "_where",
        "function",
    )

    def __init__(
        self,
        caller: str,
        keywords: Mapping[str, Any],
        *,
        grammar: NameGrammar = GRAMMAR_OF_PAGE,
        with_error: bool,
        with_type: bool = False,
        parameters: Sequence[str] = (),
    ) -> None:
        allowed = KEYWORDS + ("invocation_type",) * (with_type or with_error)
        allowed += ("error",) * with_error
        for keyword in keywords:
            if keyword not in allowed:
                every = dict.fromkeys((*allowed, *parameters))
                hint = " Only invocations have an error, events have none." * (keyword == "error")
                raise TypeError(f"{caller}(): {unknown('keyword', keyword, every)}{hint}")
        self._keywords = dict(keywords)
        self.function: str | None = None
        self._parts: list[tuple[str, str | None]] = []
        self._function_parts: tuple[tuple[str, str | None], ...] = ()
        self._set_function(caller, self._keywords.get("function"), grammar)
        for keyword in ("qualifier", "region", "account"):
            if keyword in self._keywords:
                value = self._keywords[keyword]
                if not isinstance(value, str) and not (keyword == "qualifier" and value is None):
                    raise TypeError(f"{caller}(): {keyword}= is a str, not {value!r}")
                self._parts.append((keyword, value))
        for keyword, values in _CHOICES.items():
            if keyword in self._keywords:
                value = self._keywords[keyword]
                if value not in values:
                    raise ValueError(
                        f"{caller}(): {unknown(f'value of {keyword}=:', value, values)}"
                    )
                self._parts.append((keyword, value))
        if "invocation_type" not in self._keywords:
            # A dry run invokes nothing: only who names it means it.
            self._parts.append(("invocation_type", "Event"))
        self._payload = self._keywords.get("payload", _UNSET)
        self._where = self._keywords.get("where")
        if self._where is not None and not callable(self._where):
            raise TypeError(
                f"{caller}(): where= is a callable that takes the Invocation or Event and says "
                f"whether it matches, not {self._where!r}"
            )
        self._error = self._keywords.get("error", _UNSET)

    def _set_function(self, caller: str, function: object, grammar: NameGrammar) -> None:
        if function is None:
            return
        if not isinstance(function, str):
            raise TypeError(
                f"{caller}(): function= is a name, a partial ARN or an ARN, not {function!r}"
            )
        try:
            name = grammar.parse(function)
        except InvalidFunctionName as error:
            raise ValueError(
                f"{caller}(): no function can be named {function!r}: {error}. Names that newer "
                'regions need are allowed with the option contract="botocore".'
            ) from None
        self.function = name.name
        for part in ("qualifier", "region", "account", "partition"):
            stated = getattr(name, part)
            if stated is not None:
                self._parts.append(("function_region" if part == "region" else part, stated))
        self._function_parts = tuple(self._parts)

    def details(self, *, whole: bool = False) -> str:
        """The keywords but ``function``; of a long value the keyword alone, unless ``whole``."""
        words = []
        for keyword, value in self._keywords.items():
            if keyword != "function":
                text = show_argument(value)
                short = whole or len(text) <= _SHORT
                words.append(f"{keyword}={text}" if short else f"this {keyword}")
        return ", ".join(words)

    @property
    def payload(self) -> object:
        """What was given as ``payload=``."""
        return self._payload

    def accepts(
        self, details: Details, decoded: Callable[[], object], whole: Callable[[], object]
    ) -> bool:
        """Whether everything matches. What costs more is asked last."""
        return (
            (self.function is None or self.function == details.function)
            and all(getattr(details, part) == value for part, value in self._parts)
            and self._payload_matches(decoded)
            and (self._where is None or bool(self._where(whole())))
        )

    def _payload_matches(self, decoded: Callable[[], object]) -> bool:
        if self._payload is _UNSET:
            return True
        payload = decoded()
        # What could not be parsed equals nothing, not even ANY.
        return payload is not UNPARSED and bool(self._payload == payload)

    def accepts_function(self, item: Item) -> bool:
        """Whether a recorded one is of the function that ``function=`` names, or none is named."""
        details = details_of(item)
        return (self.function is None or self.function == details.function) and all(
            getattr(details, part) == value for part, value in self._function_parts
        )

    def accepts_item(self, item: Item) -> bool:
        """Whether a recorded invocation or event matches, an invocation's error included."""
        if self._error is not _UNSET and self._error != getattr(item, "error", None):
            return False
        details = details_of(item)
        return self.accepts(details, details.decoded, lambda: item)

    def misses(self, item: Item) -> list[str]:
        """The keywords that do not match a recorded one, for a message."""
        details = details_of(item)
        missed = []
        if self.function is not None and self.function != details.function:
            missed.append("function")
        missed += [part for part, value in self._parts if getattr(details, part) != value]
        try:
            matches = self._payload_matches(details.decoded)
        except Exception:
            # A matcher was made for payloads of this function, and may choke on those of another.
            matches = False
        if not matches:
            missed.append("payload")
        if self._error is not _UNSET and self._error != getattr(item, "error", None):
            missed.append("error")
        # Asked last and only of what matches else, as accepts() does: it may count on that.
        if self._where is not None and not missed and not self._where(item):
            missed.append("where")
        return missed

    def stated(self, keyword: str) -> object:
        """What the user stated for a keyword, or as a part of ``function=``."""
        return self._keywords.get(keyword) or dict(self._parts).get(keyword)
