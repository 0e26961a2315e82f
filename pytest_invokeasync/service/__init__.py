"""A request in, an answer or a failure out."""
