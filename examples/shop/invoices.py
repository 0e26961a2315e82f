"""Asks for invoices: code from before boto3, which signs its requests by hand."""

import json

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from .jobs import NotQueued


def request_invoice(order_id, customer):
    """Queues the making of one invoice."""
    session = boto3.Session()
    region = session.region_name
    url = f"https://lambda.{region}.amazonaws.com/2014-11-13/functions/make-invoice/invoke-async/"
    body = json.dumps({"order": order_id, "customer": customer})
    request = AWSRequest("POST", url, data=body)
    SigV4Auth(session.get_credentials(), "lambda", region).add_auth(request)
    try:
        response = requests.post(url, data=body, headers=dict(request.headers), timeout=5)
    except requests.RequestException as error:
        raise NotQueued(f"make-invoice: {error}") from error
    if response.status_code != requests.codes.accepted:
        reason = response.headers.get("x-amzn-errortype", response.reason)
        raise NotQueued(f"make-invoice: {response.status_code} {reason}")
