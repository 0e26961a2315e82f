"""What AWS's files say, read without botocore: what botocore itself reads there."""

from __future__ import annotations

import os

import botocore.session
import pytest
from botocore.exceptions import BotoCoreError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_invokeasync.sdk import profile

NAMES = st.sampled_from(["default", "other", "", "o t", "DEFAULT"])
SECTIONS = st.one_of(
    NAMES,
    NAMES.map("profile {}".format),
    st.sampled_from(['profile "o t"', "profile 'o", "profile", "profile a b", "profiled x"]),
)
LINES = st.sampled_from(
    [
        "region = eu-west-1",
        "region: eu-west-2",
        "REGION = eu-north-1",
        "region =",
        "region",
        "  indented = 1",
        "s3 =\n  addressing_style = path",
        "s3 =\n  nonsense",
        "region =\n  a = b",
        "# region = us-east-1",
        "aws_access_key_id = AKID",
        "[broken",
        "region = %(x)s",
    ]
)
FILES = st.none() | st.lists(st.tuples(SECTIONS, st.lists(LINES, max_size=3)), max_size=4).map(
    lambda found: "".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in found)
)
VALUES = st.none() | st.sampled_from(["", "default", "other", "o t", "missing"])


def botocore_s(monkeypatch, environ):
    """What botocore says of the region; ``Unusable`` where it raises."""
    with monkeypatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("AWS_"):
                patch.delenv(name)
        for name, value in environ.items():
            patch.setenv(name, value)
        try:
            return bool(botocore.session.Session().get_config_variable("region"))
        except BotoCoreError:
            return profile.Unusable


def ours(environ):
    try:
        return profile.has_region(environ)
    except profile.Unusable:
        return profile.Unusable


FOUND = st.fixed_dictionaries({"AWS_CONFIG_FILE": FILES, "AWS_SHARED_CREDENTIALS_FILE": FILES})
STATED = st.fixed_dictionaries(
    {
        "AWS_DEFAULT_PROFILE": VALUES,
        "AWS_PROFILE": VALUES,
        "AWS_DEFAULT_REGION": st.none() | st.sampled_from(["", "us-east-1"]),
    }
)


@given(files=FOUND, stated=STATED)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_region_is_configured_where_botocore_says_so(monkeypatch, tmp_path, files, stated):
    environ = {name: value for name, value in stated.items() if value is not None}
    for variable, text in files.items():
        file = tmp_path / variable
        file.unlink(missing_ok=True)
        environ[variable] = str(file)
        if text is not None:
            file.write_text(text)

    assert ours(environ) == botocore_s(monkeypatch, environ)


def test_the_files_of_the_home_directory_are_read(monkeypatch, tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\nregion = eu-west-1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert profile.has_region({})
    assert botocore_s(monkeypatch, {}) is True


@pytest.mark.parametrize("name", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_variables_and_the_home_directory_in_a_path_are_filled_in(monkeypatch, tmp_path, name):
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLACE", str(tmp_path))
    nothing = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)

    for path in ("~/config", "$PLACE/config"):
        environ = {**nothing, name: path}
        assert profile.has_region(environ)
        assert botocore_s(monkeypatch, environ) is True


def test_a_file_that_is_no_text_is_not_usable(tmp_path):
    (tmp_path / "config").write_bytes(b"[default]\nregion = \xff\xfe\n")

    with pytest.raises(profile.Unusable):
        profile.has_region({"AWS_CONFIG_FILE": str(tmp_path / "config")})


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("aws_access_key_id = AKID", True),
        ("role_arn = arn:aws:iam::123456789012:role/r", True),
        ("credential_process = /bin/true", True),
        ("sso_session = x", True),
        ("region = us-east-1", False),
    ],
)
def test_a_profile_has_credentials_or_leads_to_some(tmp_path, setting, expected):
    (tmp_path / "config").write_text(f"[default]\n{setting}\n")
    environ = {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }

    assert profile.has_credentials(environ) is expected


@pytest.mark.parametrize(
    "name",
    ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"],
)
def test_a_variable_may_be_the_credentials(name):
    assert profile.has_credentials({name: "x"})


def test_what_is_no_profile_is_passed_over(tmp_path):
    (tmp_path / "config").write_text(
        "[sso-session mine]\nregion = a\n"
        "[profile two words]\nregion = b\n"
        '[profile "half]\nregion = c\n'
        "[profile mine]\nregion = d\nnested =\n  key = value\n\n"
    )
    environ = {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PROFILE": "mine",
    }

    assert profile.profile_in_use(environ)["region"] == "d"


def test_a_nested_setting_that_is_none_is_not_usable(tmp_path):
    (tmp_path / "config").write_text("[default]\nnested =\n  no setting\n")

    with pytest.raises(profile.Unusable, match="a nested setting without ="):
        profile.has_region({"AWS_CONFIG_FILE": str(tmp_path / "config")})
