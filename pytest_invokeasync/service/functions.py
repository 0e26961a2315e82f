"""The functions that a test says exist, and the JSON Schema each one's payload must satisfy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..scripting.matching import Match, Seen

if TYPE_CHECKING:
    from ..recording.invocations import Details

# A wrong schema is told at the user's line: pytest leaves out this module's frames.
__tracebackhide__ = True

Schema = Mapping[str, Any] | bool
_LONGEST = 300
_KEPT = 140


@dataclass(frozen=True, slots=True)
class Function:
    """A function that exists, registered with ``register_function``."""

    name: str
    """As it was given: a bare name, a partial ARN or an ARN."""
    schema: Schema | None = None
    """What its payload must satisfy; ``None``: any payload will do."""
    _match: Match = field(repr=False, compare=False, kw_only=True)
    _validator: Any = field(repr=False, compare=False, kw_only=True)

    def is_called_by(self, details: Details) -> bool:
        """Whether a call is for this function."""
        return self._match.accepts(Seen(details, lambda: None))

    def violation(self, payload: object) -> str | None:
        """Where the payload breaks the schema and how, in words; ``None`` when it does not."""
        if self._validator is None:
            return None
        import jsonschema.exceptions
        import referencing.exceptions

        try:
            broken = jsonschema.exceptions.best_match(self._validator.iter_errors(payload))
        except referencing.exceptions.Unresolvable as unresolvable:
            raise ValueError(
                f"$ref {unresolvable.ref!r} leads nowhere: it is looked up in the schema itself, "
                "and nothing is fetched"
            ) from None
        except (ArithmeticError, ValueError) as error:
            # A number that is too long, or too large, for the validator's own sums.
            return f"at $: it cannot be checked: {error}"
        except BaseException as error:
            # Where rpds, below jsonschema, meets a RecursionError, its Rust panics.
            if type(error).__name__ not in ("RecursionError", "PanicException"):
                raise
            return "at $: it is nested too deeply to be checked"
        return None if broken is None else f"at {_cut(broken.json_path)}: {_cut(broken.message)}"


def _cut(text: str) -> str:
    """A message holds the part of the payload that it is about, which may be all of it."""
    return text if len(text) <= _LONGEST else f"{text[:_KEPT]} … {text[-_KEPT:]}"


def function(name: str, schema: Schema | None, match: Match) -> Function:
    """A function, its schema checked. ``ValueError`` for a schema that is none."""
    return Function(
        name, schema, _match=match, _validator=None if schema is None else _validator(name, schema)
    )


def _validator(name: str, schema: Schema) -> Any:
    # Imported here: a test without schemas must not pay for it.
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
            f"at {error.json_path}: {error.message}"
        ) from None
    # An empty registry: a $ref to elsewhere must not be fetched over the network.
    return draft(schema, registry=referencing.Registry())
