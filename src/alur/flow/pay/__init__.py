"""Money comes in and finds what it pays."""
