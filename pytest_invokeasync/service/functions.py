"""The functions that a test has registered: their configuration, and their payloads' schemas."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..scripting.matching import Match, Seen
from ..showing import path_of, shortened, show, told
from . import configuration

if TYPE_CHECKING:
    from ..recording.invocations import Details

# pytest hides this module's frames, so that a wrong schema shows the test's line.
__tracebackhide__ = True

Schema = Mapping[str, Any] | bool
Handler = Callable[[Any, Any], Any]
_LONGEST = 300  # characters of a path or a message


@dataclass(frozen=True, slots=True)
class Function:
    """A registered function, with all its settings: what ``register_function`` returns."""

    name: str
    """The name that was registered: a bare name, a partial ARN or an ARN."""
    schema: Schema | None = None
    """The JSON Schema of its payloads; ``None``: any payload is accepted."""
    handler: Handler | str | None = None
    """What runs its events; ``None``: they wait in the queue."""
    maximum_retry_attempts: int = 2
    """How often an event is retried after a function error: 0 to 2."""
    maximum_event_age: int = 21_600
    """Seconds after which an event is not tried any more: 60 to 21,600."""
    timeout: int = 3
    """Seconds, 1 to 900, from which the context's remaining time counts down."""
    memory_size: int = 128
    """MB, 128 to 10,240, which the context shows."""
    on_success: str | None = None
    """ARN of the destination for events that succeeded; ``None``: there is none."""
    on_failure: str | None = None
    """ARN of the destination for events that failed; ``None``: there is none."""
    dead_letter: str | None = None
    """ARN of the dead-letter queue; ``None``: there is none."""
    _match: Match = field(repr=False, compare=False, kw_only=True)
    _stated: Mapping[str, Any] = field(repr=False, compare=False, kw_only=True)
    _validator: Any = field(default=None, repr=False, compare=False, kw_only=True)

    def is_called_by(self, details: Details) -> bool:
        """Whether a call is for this function."""
        return self._match.accepts(Seen(details, lambda: None))

    def violation(self, payload: object) -> str | None:
        """The words for where and how the payload breaks the schema; ``None`` if it does not."""
        if self._validator is None:
            return None
        import jsonschema.exceptions
        import referencing.exceptions

        try:
            broken = jsonschema.exceptions.best_match(self._validator.iter_errors(payload))
        except referencing.exceptions.Unresolvable as unresolvable:
            raise ValueError(
                f"$ref {unresolvable.ref!r} cannot be resolved: it is looked up in the schema "
                "itself, and nothing is fetched"
            ) from None
        except (ArithmeticError, ValueError) as error:
            # A number that is too long, or too large, for the validator to calculate with.
            return f"at $: it cannot be checked: {shortened(str(error), _LONGEST)}"
        except BaseException as error:
            # The Rust of rpds, which jsonschema uses, panics at a RecursionError.
            if type(error).__name__ not in ("RecursionError", "PanicException"):
                raise
            return "at $: it is nested too deeply to be checked"
        if broken is None:
            return None
        # Shortened, since the message may quote the whole payload.
        path, message = path_of(broken.absolute_path), broken.message
        return f"at {shortened(path, _LONGEST)}: {shortened(message, _LONGEST)}"


class Functions:
    """The registered functions. A later registration changes what it states of an earlier one."""

    def __init__(self, registered: tuple[Function, ...] = ()) -> None:
        self.version = 0
        """Changes with each registration."""
        self._all = registered
        # A cache: each invocation and each run asks, mostly for the same few functions.
        self._found: dict[tuple[object, ...], Function | None] = {}

    def add(self, name: str, match: Match, stated: Mapping[str, Any]) -> Function:
        """Registers a function, and returns it with what it inherits of earlier registrations.

        ``stated``: the settings that the test gave. Raises ``TypeError`` or ``ValueError`` for a
        value that is not allowed.
        """
        checked = configuration.checked(f"register_function({name!r})", stated)
        if "schema" in checked:
            checked["schema"] = _read(name, checked["schema"])
        if checked.get("schema") is not None:
            checked["_validator"] = _validator(name, checked["schema"])
        elif "schema" in checked:
            checked["_validator"] = None
        function = Function(name, **checked, _match=match, _stated=checked)
        self._all = (*self._all, function)
        self._found = {}
        self.version += 1
        return _merged([one for one in self._all if one._match.covers(match)])

    def since(self, count: int) -> tuple[Function, ...]:
        """The functions that were registered after the first ``count``."""
        return self._all[count:]

    def find(self, details: Details) -> Function | None:
        """The function that a call is for, merged from all its registrations."""
        if not self._all:
            return None
        place = details.stated_partition, details.stated_region, details.region, details.account
        key = (details.function, details.qualifier, *place)
        try:
            return self._found[key]
        except KeyError:
            called = [function for function in self._all if function.is_called_by(details)]
            found = self._found[key] = _merged(called) if called else None
            return found


def _merged(registered: Sequence[Function]) -> Function:
    values: dict[str, Any] = {}
    for function in registered:
        values.update(function._stated)
    return replace(registered[-1], **values)


def _read(name: str, schema: Schema | str | os.PathLike[str] | None) -> Any:
    """The schema itself, or the content of its file."""
    if not isinstance(schema, str | os.PathLike):
        return schema
    if isinstance(schema, str) and not schema.lower().endswith(".json"):
        raise ValueError(
            f"register_function({name!r}): the schema is no valid JSON Schema at $: {show(schema)} "
            "is a str, and not the path of a .json file; json.loads() decodes JSON text"
        )
    try:
        return json.loads(Path(schema).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(
            f"register_function({name!r}): the schema {show(os.fspath(schema))} cannot be read: "
            f"{told(error)}"
        ) from None


def _validator(name: str, schema: Schema) -> Any:
    # Imported here, so that a test without schemas does not pay for it.
    import jsonschema.exceptions
    import jsonschema.validators
    import referencing

    declared = schema.get("$schema") if isinstance(schema, Mapping) else None
    draft: Any = jsonschema.validators.Draft202012Validator
    if declared is not None:
        nothing: Any = None
        if isinstance(declared, str):
            draft = jsonschema.validators.validator_for(schema, default=nothing)
        if draft is None or not isinstance(declared, str):
            raise ValueError(
                f"register_function({name!r}): jsonschema knows no draft {declared!r}; "
                "leave $schema out for 2020-12"
            )
    try:
        draft.check_schema(schema)
    except jsonschema.exceptions.SchemaError as error:
        raise ValueError(
            f"register_function({name!r}): the schema is no valid JSON Schema "
            f"at {shortened(path_of(error.absolute_path), _LONGEST)}: "
            f"{shortened(error.message, _LONGEST)}"
        ) from None
    # An empty registry, so that no $ref is fetched over the network.
    return draft(schema, registry=referencing.Registry())


def prepare_schemas() -> None:
    """Imports jsonschema before a test fakes files: when it is imported, it reads its own."""
    import jsonschema.validators  # noqa: F401
