"""Deliver: goods leave, arrive, or come back."""
