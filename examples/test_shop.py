"""How the shop's order service is tested with the fixture ``invokeasync``."""

import pytest
from shop import jobs
from shop.orders import OrderService

from pytest_invokeasync import errors, faults

# What the function ship-order expects of its event.
SHIP_ORDER = {
    "type": "object",
    "required": ["token", "order", "items"],
    "additionalProperties": False,
    "properties": {
        "token": {"type": "string", "pattern": "^order-[0-9]+$"},
        "order": {"type": "integer"},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["article", "count"],
                "properties": {
                    "article": {"type": "string"},
                    "count": {"type": "integer", "minimum": 1},
                },
            },
        },
    },
}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    # The shop's own pause; the SDK's waits are skipped by the plugin.
    monkeypatch.setattr(jobs, "PAUSE", 0)


@pytest.fixture
def service():
    return OrderService()


def place_order(service):
    service.place(42, customer="ada", items={"tea": 2})


# The main job


def test_an_order_is_shipped(invokeasync, service):
    place_order(service)

    invokeasync.assert_queued_once(
        "ship-order",
        payload={
            "token": "order-42",
            "order": 42,
            "items": [{"article": "tea", "count": 2}],
        },
    )
    assert service.outbox == []


def test_an_invoice_is_requested_in_the_old_way(invokeasync, service):
    place_order(service)

    invokeasync.assert_queued_once("make-invoice", payload={"order": 42, "customer": "ada"})


def test_shipping_comes_before_the_invoice(invokeasync, service):
    place_order(service)

    invokeasync.assert_sequence(["ship-order", "make-invoice"])


def test_the_job_is_what_the_function_expects(invokeasync, service):
    invokeasync.register_function("ship-order", schema=SHIP_ORDER)

    place_order(service)

    invokeasync.assert_queued_once("ship-order")


# Retries


def test_a_function_that_is_being_deployed_is_tried_again(invokeasync, service):
    invokeasync.add_error("ResourceConflictException", function="ship-order")

    place_order(service)

    # Three tries at most: the first was refused, the second accepted.
    first, second = invokeasync.assert_invoked("ship-order", times=2)
    assert (first.error, second.accepted) == ("ResourceConflictException", True)
    assert service.outbox == []


def test_a_function_that_stays_busy_is_tried_three_times(invokeasync, service):
    invokeasync.add_error("ResourceConflictException", function="ship-order", times=3)

    place_order(service)

    invokeasync.assert_invoked("ship-order", times=3)
    assert len(service.outbox) == 1


def test_a_failure_that_passes_is_left_to_the_sdk(invokeasync, service):
    invokeasync.add_error("ServiceException", function="ship-order", attempts=1)

    place_order(service)

    # One call of the shop, two HTTP requests of boto3.
    invocation = invokeasync.assert_invoked_once("ship-order")
    assert [attempt.status for attempt in invocation.attempts] == [500, 202]


# The fallback


@pytest.mark.parametrize("error", errors.documented(), ids=str)
def test_an_order_that_cannot_be_shipped_now_waits(invokeasync, service, error):
    invokeasync.add_error(error, function="ship-order", times=None)

    place_order(service)

    invokeasync.assert_not_queued("ship-order")
    invokeasync.assert_queued_once("make-invoice")
    assert len(service.outbox) == 1


@pytest.mark.parametrize("error", errors.documented(), ids=str)
def test_an_invoice_that_cannot_be_requested_now_waits(invokeasync, service, error):
    invokeasync.add_error(error, function="make-invoice")

    place_order(service)

    invokeasync.assert_queued_once("ship-order")
    invokeasync.assert_not_queued("make-invoice")
    assert len(service.outbox) == 1


def test_an_order_waits_when_lambda_cannot_be_reached(invokeasync, service):
    invokeasync.add_fault(faults.ConnectTimeout, times=2)

    place_order(service)

    assert invokeasync.events == []
    assert len(service.outbox) == 2


def test_what_waits_is_handed_on_later(invokeasync, service):
    invokeasync.add_error("ServiceException", function="ship-order")
    place_order(service)

    service.empty_outbox()

    invokeasync.assert_queued_once("ship-order")
    assert service.outbox == []


def test_what_is_still_refused_keeps_waiting(invokeasync, service):
    invokeasync.add_error("ServiceException", function="ship-order", times=2)
    place_order(service)

    service.empty_outbox()

    invokeasync.assert_not_queued("ship-order")
    assert len(service.outbox) == 1


# Idempotency


def test_a_second_click_ships_nothing_twice(invokeasync, service):
    place_order(service)
    place_order(service)

    invokeasync.assert_queued_once("ship-order")
    invokeasync.assert_queued_once("make-invoice")


def test_a_job_that_was_queued_twice_can_be_known_by_its_token(invokeasync, service):
    # Lambda took the event, its answer was lost, and so boto3 sends it again.
    invokeasync.add_fault(faults.LostAnswer, function="ship-order")

    place_order(service)

    first, second = invokeasync.assert_queued("ship-order", times=2)
    assert first.payload["token"] == second.payload["token"]
    assert first.request_id != second.request_id
