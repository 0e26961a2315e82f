"""An adapter for each client library: it turns requests into ours, and answers into its own."""
