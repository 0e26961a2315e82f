"""Other mocks that stand at the same places as ours.

What must hold: while a mock of ours is active InvokeAsync is ours, unless the user's own mock
matches that very URL; everything else is theirs.
"""
