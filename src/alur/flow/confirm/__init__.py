"""What was verified is confirmed: stock set aside, the queue for more served, a day promised."""
