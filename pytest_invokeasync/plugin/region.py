"""``invokeasync_region``: a region for the run, where none is configured. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import functools
import os

import pytest

_SEEN = pytest.StashKey[bool]()
_VARIABLE = "AWS_DEFAULT_REGION"


def set_region(config: pytest.Config, region: str) -> None:
    """Puts the region into the environment, unless one is configured."""
    if _SEEN in config.stash:
        return
    config.stash[_SEEN] = True
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        configured = botocore.session.Session().get_config_variable("region")
    except BotoCoreError:
        # Such as a profile that does not exist: whoever makes a client is told.
        return
    if not configured:
        # Not in pytest_unconfigure, which does not run when a conftest.py fails.
        before = os.environ.get(_VARIABLE)
        config.add_cleanup(functools.partial(_set_variable, before))
        _set_variable(region)


def _set_variable(region: str | None) -> None:
    if region is None:
        os.environ.pop(_VARIABLE, None)
    else:
        os.environ[_VARIABLE] = region
