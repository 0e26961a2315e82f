"""What is asked of the installed botocore."""
