"""What the customer will owe, and owes."""
