"""Takes orders."""

from .invoices import request_invoice
from .jobs import NotQueued, queue


class OrderService:
    """Hands each order on; what Lambda does not take waits in the outbox."""

    def __init__(self):
        self.outbox = []
        self._placed = set()

    def place(self, order_id, customer, items):
        """Takes an order; the same order again, from a second click, is none."""
        if order_id in self._placed:
            return
        self._placed.add(order_id)
        # Lambda may run a job twice: by its token the function knows it again.
        job = {
            "token": f"order-{order_id}",
            "order": order_id,
            "items": [{"article": article, "count": count} for article, count in items.items()],
        }
        self._hand_on((queue, "ship-order", job))
        self._hand_on((request_invoice, order_id, customer))

    def empty_outbox(self):
        """Hands on what waits; what is still not taken keeps waiting."""
        waiting, self.outbox = self.outbox, []
        for work in waiting:
            self._hand_on(work)

    def _hand_on(self, work):
        hand_on, *arguments = work
        try:
            hand_on(*arguments)
        except NotQueued:
            self.outbox.append(work)
