"""Sets a region and a key for the run, if none is configured. PYTEST_DONT_REWRITE

It imports nothing of AWS's libraries, since the user's conftest.py must come first.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping

import pytest

from ..sdk.profile import Unusable, has_credentials, has_region

_SEEN = pytest.StashKey[set[str]]()


def set_region(config: pytest.Config, region: str) -> None:
    """Puts the region into the environment, unless one is configured."""
    _set_unless(config, has_region, {"AWS_DEFAULT_REGION": region})


def set_credentials(config: pytest.Config) -> None:
    """Puts a fake key into the environment, unless credentials are configured."""
    from ..api.signature import FAKE_KEY

    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    _set_unless(config, has_credentials, dict(zip(names, FAKE_KEY, strict=True)))


def _set_unless(
    config: pytest.Config, is_set: Callable[[Mapping[str, str]], bool], variables: dict[str, str]
) -> None:
    seen = config.stash.setdefault(_SEEN, set())
    if seen.issuperset(variables):
        return
    seen.update(variables)
    try:
        if is_set(os.environ):
            return
    except Unusable:
        # Such as a profile that does not exist. botocore says so when a client is made.
        return
    for name, value in variables.items():
        # Not in pytest_unconfigure, which is not called if a conftest.py fails.
        config.add_cleanup(functools.partial(_set_variable, name, os.environ.get(name)))
        _set_variable(name, value)


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
