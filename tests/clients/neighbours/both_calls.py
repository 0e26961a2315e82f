"""Two calls by each client: an event by InvokeAsync, and a synchronous Invoke, not ours."""

from __future__ import annotations

import json

import boto3
import httpx
import requests
import urllib3

HOST = "https://lambda.us-east-1.amazonaws.com"
OURS = f"{HOST}/2014-11-13/functions/orders/invoke-async/"
OTHER = f"{HOST}/2015-03-31/functions/orders/invocations"
client = boto3.client("lambda", aws_access_key_id="AKID", aws_secret_access_key="secret")


def by_boto3(url):
    if url == OURS:
        return client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")["Status"]
    return json.loads(client.invoke(FunctionName="orders", Payload=b"{}")["Payload"].read())


def by_requests(url):
    answer = requests.post(url, data=b"{}", timeout=5)
    return answer.status_code if url == OURS else answer.json()


def by_urllib3(url):
    answer = urllib3.PoolManager().request("POST", url, body=b"{}", retries=False)
    return answer.status if url == OURS else json.loads(answer.data)


def by_httpx(url):
    answer = httpx.post(url, content=b"{}")
    return answer.status_code if url == OURS else answer.json()
