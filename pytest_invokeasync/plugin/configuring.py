"""Applies the settings of a whole run. PYTEST_DONT_REWRITE

Imported where something is set: in most runs nothing is.
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from ..suggestions import unknown
from .run_settings import ini, ini_options, read


def before_conftests(config: pytest.Config) -> None:
    """Applies what a ``conftest.py`` needs. ``configure`` reports mistakes in the ini file."""
    with contextlib.suppress(pytest.UsageError):
        _put_in_force(config)


def configure(config: pytest.Config) -> None:
    """Applies all settings. Raises ``UsageError`` for a wrong one."""
    options = read(config).options
    # Here too: with -p or pytest_plugins the plugin may come too late for the conftest.py.
    _put_in_force(config)
    if (
        config.getoption("--invokeasync-call-sites")
        or options.get("deprecated_calls", "allow") != "allow"
        # The controller of pytest-xdist does not see which markers its workers find.
        or config.getoption("dist", "no") != "no"
    ):
        from .call_sites import count

        count(config)
    if config.getoption("--invokeasync-record") or config.getoption("--invokeasync-html"):
        from .record.recorder import register

        register(config)


def _put_in_force(config: pytest.Config) -> None:
    if region := ini(config, "region"):
        from .environment import set_region

        set_region(config, region)
    if _environment_credentials(config) == "fake":
        from .environment import set_credentials

        set_credentials(config)
    if ini(config, "guard"):
        from .guarding import set_guard

        set_guard(config, ini_options(config))


def _environment_credentials(config: pytest.Config) -> Any:
    value, choices = ini(config, "environment_credentials"), ("keep", "fake")
    if value is not None and value not in choices:
        message = unknown("value", value, choices)
        raise pytest.UsageError(f"the ini option invokeasync_environment_credentials: {message}")
    return value
