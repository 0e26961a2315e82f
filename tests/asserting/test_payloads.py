"""Payloads of one assertion: decoded once, and not all of them kept."""

from __future__ import annotations

import boto3

from pytest_invokeasync.asserting import payloads

client = boto3.client("lambda")


def test_more_than_can_be_kept_is_decoded_again(invokeasync, monkeypatch):
    monkeypatch.setattr(payloads, "_MOST", 8)
    for number in (1000, 2000, 3000):
        client.invoke_async(FunctionName="orders", InvokeArgs=str(number))
    details = [one._details for one in invokeasync.invocations]
    kept = payloads.Payloads()

    assert [[kept(each) for each in details] for _ in range(2)] == [[1000, 2000, 3000]] * 2
