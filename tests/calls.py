"""Calls as several tests make them."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import pytest_invokeasync

CALL = """\
def call(name="orders", args=b"{}"):
    client.invoke_async(FunctionName=name, InvokeArgs=args)
"""
"""For a ``PREAMBLE`` that has made a ``client``."""


def make_client(attempts: int = 1, *, mode: str = "standard", **more: Any) -> Any:
    """A client of boto3 that makes so many attempts at the most."""
    config = Config(retries={"mode": mode, "total_max_attempts": attempts})
    return boto3.client("lambda", config=config, **more)


def outcome_of(client: Any, function: str = "orders", payload: object = None) -> int | str:
    """What comes of one call: 202, the code of an error, or the class of another exception."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload)
    try:
        status: int = client.invoke_async(FunctionName=function, InvokeArgs=body)["Status"]
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return code
    except BotoCoreError as error:
        return type(error).__name__
    return status


def in_threads(count: int, work: Callable[[int], Any], *, timeout: float = 60) -> list[Any]:
    """What ``work(0)`` to ``work(count - 1)`` return, each run in a thread, all at once.

    Raises what one of them raised, and ``TimeoutError`` when they take more than so many seconds.
    """
    begun = threading.Barrier(count, timeout=timeout)
    results: dict[int, Any] = {}
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            begun.wait()
            results[number] = work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=[n], daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + timeout
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    if errors:
        raise errors[0]
    if len(results) < count:
        raise TimeoutError(f"{count - len(results)} of {count} threads are still at work")
    return [results[number] for number in range(count)]


def in_slow_motion(work: Callable[[int], Any], *, pause: float = 1e-3) -> Callable[[int], Any]:
    """The same work, with a pause at each line of the package: there others have their turn.

    ``pause``: seconds at the most.
    """
    package = str(Path(pytest_invokeasync.__file__).parent)

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        if not frame.f_code.co_filename.startswith(package):
            return None
        time.sleep(random.random() * pause)
        return trace

    def slowly(number: int) -> Any:
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            return work(number)
        finally:
            sys.settrace(before)

    return slowly


def steps(work: Callable[[], object]) -> int:
    """How many calls of functions it takes: no clock, which a busy machine slows."""
    count = 0

    def note(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
