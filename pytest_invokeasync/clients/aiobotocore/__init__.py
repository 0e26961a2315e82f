"""aiobotocore, and so aioboto3."""
