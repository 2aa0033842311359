"""What is inside an instance, over Bolt: rows in bulk, schema, queries."""
