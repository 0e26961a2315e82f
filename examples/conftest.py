"""Fake credentials, set before the shop is imported.

boto3 looks for credentials when a client is made, over the network too, and the shop needs some to
sign requests by hand. No request with them leaves.
"""

import os

os.environ["AWS_ACCESS_KEY_ID"] = "testing"
os.environ["AWS_SECRET_ACCESS_KEY"] = "testing"
os.environ.pop("AWS_SESSION_TOKEN", None)
