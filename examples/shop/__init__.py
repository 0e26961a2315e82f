"""The order service of an online shop.

Lambda functions do the rest of the work, later. This service queues their jobs, and must not lose
any.
"""
