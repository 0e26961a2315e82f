"""invokeasync_region: a region for the run, where none is configured."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def run_pytest(pytester, monkeypatch):
    """Runs pytest in this process, with invokeasync_region, this plugin and no other.

    No region is configured. The test inside prints the region that a client gets.
    """
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)

    def run(*arguments, conftest="", region="eu-central-1"):
        pytester.makeini(f"[pytest]\ninvokeasync_region = {region}")
        pytester.makeconftest(conftest)
        pytester.makepyfile(
            """
            import boto3

            # A session of its own: the default one remembers what earlier runs configured.
            client = boto3.Session().client("lambda")

            def test_one(invokeasync):
                client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
                print("region:", invokeasync.events[0].region)
            """
        )
        return pytester.runpytest_inprocess("-p", "invokeasync", "-s", *arguments)

    return run


def test_it_is_there_for_clients_made_at_import(run_pytest):
    result = run_pytest()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*region: eu-central-1*"])


def test_it_is_there_for_clients_that_a_conftest_makes(run_pytest):
    result = run_pytest(
        conftest="import boto3\nregion = boto3.Session().client('lambda').meta.region_name\n"
        "print('conftest:', region)"
    )

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*conftest: eu-central-1*"])


def test_without_it_no_client_can_be_made(run_pytest):
    result = run_pytest(region="")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*NoRegionError: You must specify a region."])


def test_a_region_of_the_environment_stays(run_pytest, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")

    result = run_pytest()

    result.stdout.fnmatch_lines(["*region: us-west-2*"])
    assert os.environ["AWS_DEFAULT_REGION"] == "us-west-2"


def test_a_region_of_the_configuration_file_stays(run_pytest, monkeypatch, tmp_path):
    file = tmp_path / "config"
    file.write_text("[default]\nregion = us-west-2\n[profile other]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))

    result = run_pytest()

    result.stdout.fnmatch_lines(["*region: us-west-2*"])
    assert "AWS_DEFAULT_REGION" not in os.environ


def test_a_region_of_the_profile_in_use_stays(run_pytest, monkeypatch, tmp_path):
    file = tmp_path / "config"
    file.write_text("[profile other]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "other")

    result = run_pytest()

    result.stdout.fnmatch_lines(["*region: ap-south-1*"])


def test_a_profile_that_does_not_exist_is_told_to_whoever_makes_a_client(run_pytest, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "missing")

    result = run_pytest()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ProfileNotFound: The config profile (missing) could not be*"])


def test_a_configuration_file_that_cannot_be_read_is_told_to_whoever_makes_a_client(
    run_pytest, monkeypatch, tmp_path
):
    file = tmp_path / "config"
    file.write_text("[broken")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))

    result = run_pytest()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ConfigParseError: Unable to parse config file: *"])


def test_an_empty_variable_is_no_region(run_pytest, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")

    result = run_pytest()

    result.stdout.fnmatch_lines(["*region: eu-central-1*"])
    assert os.environ["AWS_DEFAULT_REGION"] == ""


@pytest.mark.parametrize(
    "conftest",
    [
        pytest.param("", id="passed"),
        pytest.param("1 / 0", id="conftest failed"),
        pytest.param("def pytest_collection(): raise SystemExit(3)", id="exit"),
        pytest.param("import os; os.environ['AWS_DEFAULT_REGION'] = 'us-west-2'", id="changed"),
        pytest.param("import os; del os.environ['AWS_DEFAULT_REGION']", id="removed"),
    ],
)
def test_after_the_run_the_environment_is_what_it_was(run_pytest, conftest):
    before = dict(os.environ)

    result = run_pytest(conftest=conftest)

    result.stderr.no_fnmatch_line("*KeyError*")
    assert {**os.environ, "PYTEST_CURRENT_TEST": ""} == {**before, "PYTEST_CURRENT_TEST": ""}


@pytest.mark.parametrize(
    "ini",
    ["invokeasync_region = eu-central-1", "invokeasync_environment_credentials = fake"],
)
def test_nothing_is_imported_before_the_conftest(pytester, monkeypatch, ini):
    """gevent's patch, at the top of a conftest.py, must come before ssl is imported."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    pytester.makeini(f"[pytest]\n{ini}")
    pytester.makeconftest(
        """
        import sys

        FORBIDDEN = ("ssl", "urllib3", "requests", "botocore", "boto3", "http.client", "asyncio")
        print("there:", *(name for name in FORBIDDEN if name in sys.modules))
        """
    )
    pytester.makepyfile("def test_one(): pass")

    result = pytester.runpytest_subprocess("-s", "-p", "invokeasync")

    result.stdout.fnmatch_lines(["there:"])


# invokeasync_environment_credentials: the same for credentials.


@pytest.fixture
def key_seen(pytester, monkeypatch):
    """Runs pytest with the ini option, and says which key a test sees in the environment."""

    def key_seen(value="fake"):
        pytester.makeini(f"[pytest]\ninvokeasync_environment_credentials = {value}")
        pytester.makepyfile(
            """
            import os

            def test_one():
                key, secret = map(os.environ.get, ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
                print("key:", key, secret)
            """
        )
        result = pytester.runpytest_inprocess("-p", "invokeasync", "-s")
        [line] = [line for line in result.outlines if "key:" in line]
        return line.partition("key: ")[2]

    return key_seen


def test_a_key_of_nobody_is_there_where_none_is_configured(key_seen):
    assert key_seen() == "FAKEINVOKEASYNC fake"
    assert "AWS_ACCESS_KEY_ID" not in os.environ


def test_a_client_finds_it(pytester, monkeypatch):
    pytester.makeini("[pytest]\ninvokeasync_environment_credentials = fake")
    pytester.makepyfile(
        "import boto3\ndef test_one(): assert boto3.Session().get_credentials().method == 'env'\n"
    )

    pytester.runpytest_inprocess("-p", "invokeasync").assert_outcomes(passed=1)


@pytest.mark.parametrize("value", ["keep", ""])
def test_without_it_there_is_none(key_seen, value):
    assert key_seen(value) == "None None"


def test_a_key_of_the_environment_stays(key_seen, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")

    assert key_seen() == "AKID None"


def test_a_key_of_the_files_stays(key_seen, monkeypatch, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = AKID\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))

    assert key_seen() == "None None"


def test_another_value_is_refused(pytester):
    pytester.makeini("[pytest]\ninvokeasync_environment_credentials = fkae")

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().strip() == (
        "ERROR: the ini option invokeasync_environment_credentials: unknown value 'fkae'; "
        "did you mean 'fake'? Allowed: keep, fake."
    )


def test_loaded_too_late_to_see_the_conftest_it_is_there_for_the_tests(pytester, monkeypatch):
    monkeypatch.delenv("PYTEST_ADDOPTS")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    pytester.makeini("[pytest]\ninvokeasync_region = eu-central-1")
    pytester.makeconftest("pytest_plugins = ['pytest_invokeasync.plugin']")
    pytester.makepyfile(
        "import boto3\n"
        "client = boto3.Session().client('lambda')\n"
        "def test_one(invokeasync): assert client.meta.region_name == 'eu-central-1'\n"
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    assert "AWS_DEFAULT_REGION" not in os.environ
