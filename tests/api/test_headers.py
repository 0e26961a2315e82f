"""Headers that hold credentials: a repr hides them, whoever reads one by name gets it."""

from __future__ import annotations

import copy
import json
import pickle
from pprint import pformat

import httpx
import multidict
import pytest
from botocore.awsrequest import HeadersDict
from requests.structures import CaseInsensitiveDict
from urllib3._collections import HTTPHeaderDict

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


@pytest.mark.parametrize("made_of", [dict, HTTPHeaderDict], ids=["dict", "urllib3"])
def test_what_is_no_text_is_read_as_it_is_sent(made_of):
    """``http.client``, below urllib3, takes bytes and numbers too."""
    headers = Headers(made_of({"X-Number": 5, "X-Bytes": b"\xe9"}))

    assert dict(headers) == {"X-Number": "5", "X-Bytes": "é"}
    assert headers.pairs() == list(headers.items())
    assert headers.get("x-number") == "5"
    assert headers.get("x-other") is None


@made_of
def test_a_client_that_changes_its_own_afterwards_changes_nothing_here(made_of):
    sent = made_of({"X-Mine": "as sent"})
    headers = Headers(sent)

    sent["X-Mine"] = sent["X-Other"] = "later"

    assert dict(headers) == {"X-Mine": "as sent"}


SENT = [("X-Mine", "1"), ("X-Other", "2"), ("X-Mine", "3")]


@pytest.mark.parametrize(
    ("sent", "pairs"),
    [
        (httpx.Headers(SENT), [(name.lower(), value) for name, value in SENT]),
        (multidict.CIMultiDict(SENT), SENT),
        (multidict.CIMultiDictProxy(multidict.CIMultiDict(SENT)), SENT),
        (HeadersDict({"X-Mine": "1, 3", "X-Other": "2"}), [("X-Mine", "1, 3"), ("X-Other", "2")]),
    ],
    ids=["httpx", "aiohttp", "a proxy of aiohttp's", "botocore"],
)
def test_those_of_each_client_are_read_alike(sent, pairs):
    headers = Headers(sent)

    assert (headers["x-mine"], headers["X-OTHER"]) == ("1, 3", "2")
    assert len(headers) == len(list(headers)) == 2
    assert headers.pairs() == pairs


def test_a_name_may_be_bytes_too():
    headers = Headers({b"Authorization": SECRET, b"X-Mine": "text"})

    assert dict(headers) == {"Authorization": SECRET, "X-Mine": "text"}
    assert SECRET not in repr(headers)
    assert headers["x-mine"] == "text"


def test_a_name_of_urllib3_s_that_stands_there_twice_is_there_as_one():
    sent = HTTPHeaderDict({"X-Mine": 1})
    sent.add("x-mine", b"2")

    assert Headers(sent)["X-Mine"] == "1, 2"
