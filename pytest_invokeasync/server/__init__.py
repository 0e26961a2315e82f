"""A real address of a mock, for other processes."""
