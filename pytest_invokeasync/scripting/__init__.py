"""What a test scripts: rules, what they match, and sweeps."""
