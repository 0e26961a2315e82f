"""One adapter for each client: its request becomes ours, our outcome its response or exception."""
