"""The service's contract for requests: the two APIs, paths, names, bodies, signatures."""
