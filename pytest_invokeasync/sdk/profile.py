"""Reads the profile in use from AWS's files, as botocore does, without importing it.

A conftest.py may have to patch ssl before botocore is imported, for instance with gevent.
"""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Mapping

_Sections = dict[str, dict[str, str]]
# The settings of a profile that are, or lead to, credentials.
_OF_CREDENTIALS = ("aws_access_key_id", "role_arn", "credential_process", "sso_", "login_session")
_CREDENTIAL_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


class Unusable(ValueError):
    """No client can be made with these files, or with the profile that the environment names."""


def has_region(environ: Mapping[str, str]) -> bool:
    """Whether a client that is made now has a region. Raises ``Unusable``."""
    region = environ.get("AWS_DEFAULT_REGION")
    return bool(profile_in_use(environ).get("region") if region is None else region)


def has_credentials(environ: Mapping[str, str]) -> bool:
    """Whether a client has credentials, or knows where to get them. Raises ``Unusable``.

    The metadata service of EC2 does not count: a client asks it if nothing is configured.
    """
    if any(environ.get(name) for name in _CREDENTIAL_VARIABLES):
        return True
    return any(name.startswith(_OF_CREDENTIALS) for name in profile_in_use(environ))


def profile_in_use(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The settings of the profile that clients use; empty if there is none.

    Raises ``Unusable`` if no client could be made.
    """
    profiles = _profiles(_sections(environ.get("AWS_CONFIG_FILE", "~/.aws/config")))
    credentials = environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    for name, settings in _sections(credentials).items():
        profiles[name] = {**profiles.get(name, {}), **settings}
    named = environ.get("AWS_DEFAULT_PROFILE", environ.get("AWS_PROFILE"))
    if named is not None and named not in profiles:
        raise Unusable(f"no profile {named!r}")
    return profiles.get("default" if named is None else named, {})


def _sections(path: str) -> _Sections:
    # As botocore does, and in its order.
    path = os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111 - pathlib raises without home
    if not os.path.isfile(path):  # noqa: PTH113
        return {}
    parser = configparser.RawConfigParser()
    try:
        parser.read([path])
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Unusable(str(error)) from None
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    for settings in sections.values():
        for value in settings.values():
            nested = value.splitlines()[1:] if value.startswith("\n") else []
            if any(line.strip() and "=" not in line for line in nested):
                raise Unusable("a nested setting without =")
    return sections


def _profiles(sections: _Sections) -> _Sections:
    profiles = {}
    for name, settings in sections.items():
        if name == "default":
            profiles[name] = settings
        elif name.startswith("profile"):
            try:
                parts = shlex.split(name)
            except ValueError:  # a quotation mark too many
                continue
            if len(parts) == 2:
                profiles[parts[1]] = settings
    return profiles
