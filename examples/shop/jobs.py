"""Queues jobs for Lambda functions."""

import json
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError

client = boto3.client("lambda")

TRIES = 3
PAUSE = 1.0


class NotQueued(Exception):
    """Lambda did not accept the job, or its answer was lost."""


def queue(function, job):
    """Queues one job. Tries again while the function is being deployed, which the SDK does not."""
    for number in range(1, TRIES + 1):
        try:
            client.invoke_async(FunctionName=function, InvokeArgs=json.dumps(job))
        except client.exceptions.ResourceConflictException as error:
            if number == TRIES:
                raise NotQueued(f"{function}: {error}") from error
            time.sleep(PAUSE)
        except (BotoCoreError, ClientError) as error:
            raise NotQueued(f"{function}: {error}") from error
        else:
            return
