"""What is set for a whole run: in the ini file and on the command line. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import Any

import pytest

from .. import options

INI_OPTIONS = pytest.StashKey["dict[str, Any]"]()
"""The options that the ini file sets."""
ERROR_SETS = pytest.StashKey["tuple[str, ...]"]()
"""The sets and codes of errors that the command line names."""
SCHEMAS = pytest.StashKey["dict[str, Any]"]()
"""The schemas that stand in files, by function."""
_PREFIX = "invokeasync_"
_OF_RUN = ("region", "environment_credentials", "schemas", "server_host", "server_port", "guard")
SWEEP = "invokeasync_sweep"
"""The name of the property in which a report tells of a sweep."""


def add(parser: pytest.Parser) -> None:
    """Tells pytest what may be set."""
    for row in options.ROWS.values():
        kind: Any = "bool" if row.is_flag else "string"
        parser.addini(f"invokeasync_{row.name}", row.help, type=kind, default=None)
    parser.addini(
        "invokeasync_region",
        "AWS_DEFAULT_REGION for the run, where no region is configured",
        default=None,
    )
    parser.addini(
        "invokeasync_environment_credentials",
        "keep, or fake: a key of nobody in the environment for the run, where no credentials are "
        "configured (default: keep)",
        default=None,
    )
    parser.addini(
        "invokeasync_schemas",
        "a directory: in every test, orders.json there is the JSON Schema of the function orders",
        default=None,
    )
    parser.addini(
        "invokeasync_server_host",
        "the address at which invokeasync_server listens (default: 127.0.0.1)",
        default=None,
    )
    parser.addini(
        "invokeasync_server_port",
        "the port at which invokeasync_server listens (default: a free one)",
        default=None,
    )
    parser.addini(
        "invokeasync_guard",
        "refuse calls to AWS Lambda outside of any active mock, for the whole run",
        type="bool",
        default=False,
    )
    group = parser.getgroup("invokeasync")
    group.addoption(
        "--invokeasync-errors",
        metavar="WHICH",
        action="append",
        default=[],
        help="run invokeasync_error over these errors by default, rather than over 'documented': "
        f"a set, or a code; several with commas. Sets: {', '.join(options.ERROR_SETS)}",
    )
    group.addoption(
        "--invokeasync-call-sites",
        metavar="FILE",
        help="write the lines that still call InvokeAsync to this file, as JSON; where the ini "
        "option invokeasync_deprecated_calls is not set, it is as if that were 'report'",
    )
    for option, form in (("record", "one line of JSON each"), ("html", "one page")):
        group.addoption(
            f"--invokeasync-{option}",
            metavar="FILE",
            help=f"write every recorded invocation to this file: {form}",
        )


def read(config: pytest.Config) -> None:
    """Reads all but what is for the whole run. ``UsageError`` for what is wrong."""
    _refuse_unknown(config)
    given: list[str] = config.getoption("--invokeasync-errors")
    error_sets = tuple(name.strip() for names in given for name in names.split(","))
    config.stash[ERROR_SETS] = error_sets
    if any(name not in options.ERROR_SETS for name in error_sets):
        from ..scripting.selection import select

        try:
            select(error_sets)
        except ValueError as error:
            raise pytest.UsageError(f"--invokeasync-errors: {error}") from None
    config.stash[SCHEMAS] = _schemas(config)
    config.stash[INI_OPTIONS] = ini_options(config)


def _refuse_unknown(config: pytest.Config) -> None:
    """What pytest warns of at most: a misspelt name would be without effect."""
    private: Any = config
    unknown_names: list[str] = getattr(private, "_get_unknown_ini_keys", list)()
    for name in sorted(unknown_names):
        if name.startswith(_PREFIX):
            from ..suggestions import unknown

            # Without what all have in common, by which each would be near.
            known = (*options.ROWS, *_OF_RUN)
            message = unknown("name", name.removeprefix(_PREFIX), known)
            raise pytest.UsageError(f"the ini option {name}: {message}")


def ini(config: pytest.Config, name: str) -> Any:
    """The value of an ini option; ``None`` where it is not set."""
    try:
        value = config.getini(name)
    except (ValueError, TypeError, pytest.UsageError) as error:
        value = _native(config, name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise pytest.UsageError(f"the ini option {name}: {error}") from None
    # What an option that is not set gives differs between the releases of pytest.
    return None if value in ("", []) else value


def _schemas(config: pytest.Config) -> dict[str, Any]:
    """Read now, before a test fakes files."""
    name = "invokeasync_schemas"
    if (stated := ini(config, name)) is None:
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


def ini_choice(config: pytest.Config, name: str, choices: tuple[str, ...]) -> Any:
    """The value of an ini option that is one of these; ``None`` where it is not set."""
    value = ini(config, name)
    if value is not None and value not in choices:
        from ..suggestions import unknown

        raise pytest.UsageError(f"the ini option {name}: {unknown('value', value, choices)}")
    return value


def _native(config: pytest.Config, name: str) -> object:
    """A number in pytest's own table of TOML, which pytest refuses where text may stand too."""
    private: Any = config
    stated = getattr(private, "_inicfg", {}).get(name)
    return getattr(stated, "value", stated) if getattr(stated, "mode", "") == "toml" else None


def ini_options(config: pytest.Config) -> dict[str, Any]:
    """The options that the ini file sets, each checked."""
    given = {}
    for name, row in options.ROWS.items():
        value = ini(config, f"invokeasync_{name}")
        if value is not None:
            try:
                given[name] = row.from_ini(value)
            except (TypeError, ValueError) as error:
                raise pytest.UsageError(f"the ini option invokeasync_{name}: {error}") from None
    return given


def counts_call_sites(config: pytest.Config) -> bool:
    """Whether the run may have to tell the lines that call InvokeAsync."""
    return bool(
        config.getoption("--invokeasync-call-sites")
        or config.stash[INI_OPTIONS].get("deprecated_calls", "allow") != "allow"
        # The controller of pytest-xdist does not see which markers its workers find.
        or config.getoption("dist", "no") != "no"
    )
