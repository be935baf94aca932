"""What the templates' own Lambda functions run. Python 3.11 and Lambda's boto3, nothing else."""
