"""The order service of an online shop.

What follows an order is done later, by Lambda functions. This service queues their jobs, and may
not lose one.
"""
