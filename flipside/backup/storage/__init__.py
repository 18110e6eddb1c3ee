"""Where a repository lies: a folder, or a bucket of S3's; and who may write there."""
