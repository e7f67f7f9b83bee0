"""Goods come back."""
