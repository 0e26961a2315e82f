"""Headers that hold credentials: a repr hides them, whoever reads one by name gets it."""

from __future__ import annotations

import copy
import json
import pickle
from pprint import pformat

import pytest
from requests.structures import CaseInsensitiveDict

from pytest_invokeasync.api.messages import Headers

SECRET = "Bearer 123"

hidden = pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "authorization",
        "Proxy-Authorization",
        "proxy-authorization",
        "X-Amz-Security-Token",
        "Cookie",
        "Set-Cookie",
        "X-Api-Key",
        "apikey",
        "X-Auth-Token",
        "X-Client-Secret",
        "X-Password",
        "X-Amz-Credential",
    ],
)
made_of = pytest.mark.parametrize("made_of", [dict, CaseInsensitiveDict], ids=["dict", "requests"])


@hidden
@made_of
@pytest.mark.parametrize("value", [SECRET, SECRET.encode()], ids=["str", "bytes"])
def test_no_repr_shows_it(name, made_of, value):
    headers = Headers(made_of({name: value, "Host": "here"}))

    for shown in (
        repr(headers),
        repr(dict(headers)),
        repr(list(headers.items())),
        repr(list(headers.values())),
        repr(headers[name]),
        repr(headers.get(name)),
        repr({headers[name]}),
        repr({**headers}),
        f"{headers} {dict(headers)}",
        pformat(dict(headers)),
    ):
        assert "123" not in shown
        assert "'<hidden>'" in shown


@hidden
@made_of
def test_it_is_the_text_all_the_same(name, made_of):
    headers = Headers(made_of({name: SECRET}))
    value = headers[name]

    assert value == SECRET
    assert headers == {name: SECRET}
    assert {value: 1}[SECRET] == 1
    assert value.encode() == b"Bearer 123"
    assert (str(value), f"{value}", value[7:]) == (SECRET, SECRET, "123")
    assert json.dumps(dict(headers)) == json.dumps({name: SECRET})
    assert headers[name.upper()] == SECRET


def test_a_copy_hides_it_too():
    value = Headers({"Cookie": SECRET})["Cookie"]

    for same in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert same == SECRET
        assert repr(same) == "'<hidden>'"


@pytest.mark.parametrize("name", ["Content-Type", "X-Amz-Date", "X-Amzn-Trace-Id", "User-Agent"])
def test_any_other_is_shown(name):
    headers = Headers({name: "text"})

    assert repr(headers) == f"Headers({{'{name}': 'text'}})"
    assert type(headers[name]) is str
