"""Takes orders."""

from .invoices import request_invoice
from .jobs import NotQueued, queue


class OrderService:
    """Queues the jobs of each order. Those that Lambda does not accept wait in the outbox."""

    def __init__(self):
        self.outbox = []
        self._placed = set()

    def place(self, order_id, customer, items):
        """Takes an order. Does nothing for the same order again, after a second click."""
        if order_id in self._placed:
            return
        self._placed.add(order_id)
        # Lambda may run a job twice. The function recognises it by its token.
        job = {
            "token": f"order-{order_id}",
            "order": order_id,
            "items": [{"article": article, "count": count} for article, count in items.items()],
        }
        self._hand_on((queue, "ship-order", job))
        self._hand_on((request_invoice, order_id, customer))

    def empty_outbox(self):
        """Queues what waits. What is still not accepted keeps waiting."""
        waiting, self.outbox = self.outbox, []
        for work in waiting:
            self._hand_on(work)

    def _hand_on(self, work):
        hand_on, *arguments = work
        try:
            hand_on(*arguments)
        except NotQueued:
            self.outbox.append(work)
