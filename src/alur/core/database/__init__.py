"""The Django database backend: PostgreSQL, one company at a time."""
