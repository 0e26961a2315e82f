"""The server that gives a mock a real address, for other processes."""
