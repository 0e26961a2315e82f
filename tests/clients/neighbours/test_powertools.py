"""Powertools for AWS Lambda: its idempotency and its batches hold in runs, on moto's DynamoDB."""

from __future__ import annotations

import json

import boto3
import moto
import pytest

idempotency = pytest.importorskip("aws_lambda_powertools.utilities.idempotency")
batch = pytest.importorskip("aws_lambda_powertools.utilities.batch")
time_machine = pytest.importorskip("time_machine")
client = boto3.client("lambda")


def invoke(payload):
    client.invoke(FunctionName="orders", InvocationType="Event", Payload=json.dumps(payload))


@pytest.fixture
def layer():
    """Where the idempotency keeps its records."""
    with moto.mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.create_table(
            TableName="done",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield idempotency.DynamoDBPersistenceLayer(table_name="done", boto3_client=dynamodb)


@pytest.fixture
def shipped(invokeasync, layer):
    """What an idempotent handler ships; the first time it may die before."""
    shipped = []
    config = idempotency.IdempotencyConfig(event_key_jmespath="id")

    @idempotency.idempotent(persistence_store=layer, config=config)
    def handler(event, context):
        if event.get("dies") and context.aws_request_id not in died:
            died.append(context.aws_request_id)
            raise SystemExit
        shipped.append(event["id"])

    died = []
    invokeasync.register_function("orders", handler=handler)
    return shipped


def test_an_idempotent_function_survives(invokeasync, shipped):
    invokeasync.travel_with(time_machine.travel)

    for number, trouble in enumerate(invokeasync.sweep("runs")):
        invoke({"id": number})
        invokeasync.run_until_idle()

        assert shipped.count(number) == 1, trouble


def test_one_that_died_goes_on_in_the_retry_since_time_has_passed(invokeasync, shipped):
    invokeasync.travel_with(time_machine.travel)
    invoke({"id": 42, "dies": True})

    (event,) = invokeasync.run_until_idle()

    assert [run.outcome for run in event.runs] == ["exited", "succeeded"]
    assert shipped == [42]


def test_its_batches_are_processed(invokeasync):
    processor = batch.BatchProcessor(event_type=batch.EventType.SQS)
    done = []

    def handler(event, context):
        return batch.process_partial_response(
            event=event,
            record_handler=lambda record: done.append(record.json_body["id"]),
            processor=processor,
            context=context,
        )

    invokeasync.register_function("orders", handler=handler)
    bodies = [json.dumps({"id": number}) for number in (1, 2)]
    invoke({"Records": [{"messageId": body, "body": body} for body in bodies]})

    (event,) = invokeasync.run_until_idle()

    assert done == [1, 2]
    assert event.runs[0].result == {"batchItemFailures": []}
