"""The product: a message in, recommendations with reasons out."""
