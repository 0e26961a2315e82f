"""botocore, and so boto3."""
