"""DynamoDB design and analysis workbench."""
