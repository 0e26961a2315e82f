"""What the installed botocore, and AWS's files, say."""
