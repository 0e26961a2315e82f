"""What a test scripts: rules, whom they match, sweeps."""
