"""The record as one self-contained page, with its style, its script and its data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...showing import cut
from .outcomes import Test

LONGEST_SHOWN = 4_000
"""Characters of a payload, and of what a run printed, that the page shows."""
_WIDE = 60
_HERE = Path(__file__).parent


def page(record: str, tests: Mapping[str, Test]) -> str:
    """The page, in ASCII. ``record``: the lines of the record."""
    style = (_HERE / "page.css").read_text("utf-8")
    script = (_HERE / "page.js").read_text("utf-8")
    calls = [_shown(json.loads(line)) for line in record.splitlines()]
    named = dict.fromkeys(call["test"] for call in calls)
    told = [
        {
            "id": nodeid,
            "outcome": (test := tests.get(nodeid, Test())).outcome,
            "failures": [asdict(failure) for failure in test.failures],
        }
        for nodeid in named
    ]
    places = {nodeid: number for number, nodeid in enumerate(named)}
    for call in calls:
        call["test"] = places[call["test"]]
    parts = {
        # Nothing may be loaded, and no other script may run, whatever the data is.
        "policy": f"default-src 'none'; img-src data:; style-src {_hash(style)}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "data": _embedded({"tests": told, "calls": calls}),
    }
    template = (_HERE / "page.html").read_text("utf-8")
    # In one pass, so that a part which looks like a placeholder stays as it is.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(data: object) -> str:
    """JSON for a ``script`` element, in which nothing ends the element or begins another."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _shown(line: dict[str, Any]) -> dict[str, Any]:
    """The part of a line that the page shows. Values are text, since a browser rounds numbers."""
    for name in ("version", "test_outcome", "headers", "account", "recording"):
        del line[name]
    _as_text(line)
    for event in line["events"]:
        if "payload" in event:
            _as_text(event)
        for run in event["runs"]:
            del run["result"]  # the payload says it
            _as_text(run)
            run["log"] = cut(run["log"], LONGEST_SHOWN)
        for sent in [*event["destination_records"], event["dead_letter"]]:
            if sent is not None:
                _as_text(sent)
    return line


def _as_text(holder: dict[str, Any]) -> None:
    payload, text, size = (holder.pop(f"payload{end}", None) for end in ("", "_text", "_bytes"))
    if text is None:
        text = json.dumps(payload, ensure_ascii=False)
        if len(text) > _WIDE:
            text = json.dumps(payload, ensure_ascii=False, indent=2)
        size = len(text)
    else:
        holder["size"] = size
    holder["payload"] = cut(text, LONGEST_SHOWN)
