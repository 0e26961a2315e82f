"""Stand-ins for credentials, before the shop is imported.

boto3 looks for credentials when a client is made, over the network too, and what the shop signs by
hand needs some. No call is answered with these.
"""

import os

os.environ["AWS_ACCESS_KEY_ID"] = "testing"
os.environ["AWS_SECRET_ACCESS_KEY"] = "testing"
os.environ.pop("AWS_SESSION_TOKEN", None)
