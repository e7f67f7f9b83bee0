"""What knows nothing of orders."""
