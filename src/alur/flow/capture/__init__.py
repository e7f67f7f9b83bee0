"""Orders come in, are changed, are given up."""
