"""Access patterns run from their declaration alone: on DynamoDB, and the same question in SQL."""
