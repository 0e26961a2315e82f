"""The message for an unknown name: what was given, the nearest names, what is allowed."""

from __future__ import annotations

from collections.abc import Iterable


def unknown(kind: str, given: object, allowed: Iterable[str], *, all_in: str = "") -> str:
    """``unknown error code 'ServiceExeption'; did you mean 'ServiceException'? Allowed: …``.

    ``all_in``: where all names are listed, if they are too many for a message. Then the message
    lists the five nearest.
    """
    # Imported here: it is half of what the plugin would cost a run that does not use it.
    import difflib

    names = list(allowed)
    lower = {name.lower(): name for name in names}
    wanted = str(given).lower()
    near = [lower[n] for n in difflib.get_close_matches(wanted, list(lower))]
    # If the nearest are listed anyway, the first is enough.
    hint = f"; did you mean {_either(near[:1] if all_in else near)}?" if near else "."
    text = f"unknown {kind} {_shown(given)}{hint}"
    if not all_in:
        return f"{text} Allowed: {', '.join(names)}."
    nearest = difflib.get_close_matches(wanted, list(lower), n=5, cutoff=0)
    return f"{text} The nearest: {', '.join(lower[n] for n in nearest)}. All: {all_in}."


def _shown(given: object) -> str:
    from .showing import show

    return show(given)


def _either(names: list[str]) -> str:
    quoted = [repr(name) for name in names]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
