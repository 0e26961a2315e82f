"""The words for a name that does not exist: what was given, the nearest, what is allowed."""

from __future__ import annotations

from collections.abc import Iterable


def unknown(kind: str, given: object, allowed: Iterable[str]) -> str:
    """``unknown error code 'ServiceExeption'; did you mean 'ServiceException'? Allowed: …``."""
    # Half of what the plugin would cost a run that does not use it.
    import difflib

    names = list(allowed)
    lower = {name.lower(): name for name in names}
    near = [lower[n] for n in difflib.get_close_matches(str(given).lower(), list(lower))]
    hint = f"; did you mean {_either(near)}?" if near else "."
    return f"unknown {kind} {given!r}{hint} Allowed: {', '.join(names)}."


def _either(names: list[str]) -> str:
    quoted = [repr(name) for name in names]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
