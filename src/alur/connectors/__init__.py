"""The outside world as pure translation: no Django, no database, nothing of ours."""
