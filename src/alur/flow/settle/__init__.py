"""What is left is written off or closed."""
