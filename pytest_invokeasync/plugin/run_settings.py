"""The settings of a whole run, in the ini file and on the command line. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from .. import options
from ..settings import ERROR_SETS, OF_RUN
from ..suggestions import unknown

_PREFIX = "invokeasync_"
_RUN = pytest.StashKey["RunSettings"]()


@dataclass(frozen=True)
class RunSettings:
    """What the ini file and the command line set."""

    options: dict[str, Any] = field(default_factory=dict)
    """The options that the ini file sets."""
    errors: tuple[str, ...] = ()
    """The sets and codes of errors that the command line names."""
    schemas: dict[str, Any] = field(default_factory=dict)
    """The schemas in the directory of ``invokeasync_schemas``, by function."""


def of_run(config: pytest.Config) -> RunSettings:
    """The settings of this run; the defaults if they have not been read yet."""
    return config.stash.get(_RUN, RunSettings())


def read(config: pytest.Config) -> RunSettings:
    """Reads the settings that tests need. Raises ``UsageError`` for a wrong one."""
    _refuse_unknown(config)
    errors = _errors(config)
    schemas = _schemas(config)
    config.stash[_RUN] = RunSettings(ini_options(config), errors, schemas)
    return config.stash[_RUN]


def ini(config: pytest.Config, name: str) -> Any:
    """The value of an ini option of the plugin; ``None`` if it is not set."""
    name = _PREFIX + name
    try:
        value = config.getini(name)
    except (ValueError, TypeError, pytest.UsageError) as error:
        value = _native(config, name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise pytest.UsageError(f"the ini option {name}: {error}") from None
    # The value of an option that is not set differs between releases of pytest.
    return None if value in ("", []) else value


def ini_options(config: pytest.Config) -> dict[str, Any]:
    """The options that the ini file sets, each checked."""
    given = {}
    for name, row in options.ROWS.items():
        value = ini(config, name)
        if value is not None:
            try:
                given[name] = row.from_ini(value)
            except (TypeError, ValueError) as error:
                raise pytest.UsageError(f"the ini option invokeasync_{name}: {error}") from None
    return given


def _refuse_unknown(config: pytest.Config) -> None:
    """Refuses unknown ini options of the plugin: pytest at most warns of a misspelt name."""
    private: Any = config
    unknown_names: list[str] = getattr(private, "_get_unknown_ini_keys", list)()
    ours = sorted(name for name in unknown_names if name.startswith(_PREFIX))
    if ours:
        # Without the prefix, which makes all names look similar.
        known = (*options.ROWS, *OF_RUN)
        message = unknown("name", ours[0].removeprefix(_PREFIX), known)
        raise pytest.UsageError(f"the ini option {ours[0]}: {message}")


def _errors(config: pytest.Config) -> tuple[str, ...]:
    given: list[str] = config.getoption("--invokeasync-errors") or []
    named = tuple(name.strip() for names in given for name in names.split(","))
    if any(name not in ERROR_SETS for name in named):
        from ..scripting.selection import select

        try:
            select(named)
        except ValueError as error:
            raise pytest.UsageError(f"--invokeasync-errors: {error}") from None
    return named


def _schemas(config: pytest.Config) -> dict[str, Any]:
    """The schemas in files, read now, before a test fakes files."""
    name = "invokeasync_schemas"
    if (stated := ini(config, "schemas")) is None:
        return {}
    import json

    top = config.inipath.parent if config.inipath is not None else config.rootpath
    directory = top / stated
    if not directory.is_dir():
        raise pytest.UsageError(f"the ini option {name}: {directory} is not a directory")
    schemas = {}
    for file in sorted(directory.glob("*.json")):
        try:
            schemas[file.stem] = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise pytest.UsageError(f"the ini option {name}: {file}: {error}") from None
    return schemas


def _native(config: pytest.Config, name: str) -> object:
    """A number in pytest's own table of TOML. pytest refuses it, since the option may be text."""
    private: Any = config
    stated = getattr(private, "_inicfg", {}).get(name)
    return getattr(stated, "value", stated) if getattr(stated, "mode", "") == "toml" else None
