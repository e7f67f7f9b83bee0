"""Alur: sales orders from arrival to the books."""
