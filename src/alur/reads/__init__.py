"""Questions: they never change anything."""
