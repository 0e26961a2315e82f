"""Other mocks that replace the same attributes as ours.

While a mock of ours is active, it answers asynchronous invocations, unless the user's own mock
matches the URL. Everything else is for the other mocks.
"""
