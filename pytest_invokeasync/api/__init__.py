"""What the service asks of a request: the API, its path, names, bodies."""
