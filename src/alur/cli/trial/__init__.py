"""Trial companies: how they are founded, filled and played. Not commands themselves; demo, import, simulate and bench use them."""
